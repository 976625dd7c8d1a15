/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has said it: a key for each host, which the collector makes of one of its own. */
#ifndef MIGTRACE_FLEET_KEY_H
#define MIGTRACE_FLEET_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_BYTES   32
#define SHA256_TEXT 65 /* in hex, and its closing NUL */
#define NONCE_TEXT  33

struct key {
	uint8_t bytes[KEY_BYTES];
};

/*
 * Reads a key of 64 hex digits. A file that others may read is refused. Returns 0, or -errno with a
 * line on stderr.
 */
int key_read(const char *path, struct key *key);

/*
 * Returns whether that file, which fstat(2) has looked at, is its user's alone to read. One of
 * systemd's credentials may have its user in an ACL, which its mode shows as its group's.
 */
struct stat;
bool secret_is_private(const char *path, const struct stat *st);

/* Writes a key to a new file that only its user reads. Returns as key_read(). */
int key_write(const char *path, const struct key *key);

/* Makes one of the kernel's random numbers. Returns 0 or -errno. */
int key_new(struct key *key);

/* The key of the host: who has it can say nothing in the name of another one. */
void key_of_host(const struct key *collector, const char *host, struct key *key);

/* Both write hex digits: HMAC-SHA256 (RFC 2104) by the key, and SHA-256. */
void key_sign(const struct key *key, const void *bytes, size_t size, char mac[SHA256_TEXT]);
void sha256_text(const void *bytes, size_t size, char text[SHA256_TEXT]);

/* Writes a number that was never used before, as text. Returns 0 or -errno. */
int nonce_new(char nonce[NONCE_TEXT]);

#endif
