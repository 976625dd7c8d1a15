/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has said it: a key for each host, which the collector makes of one of its own. */
#include "fleet/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/diag.h"
#include "sandbox/user_file.h"

#define FOR_HOST "migtrace host " /* what a host's key is made of, before its name */

static void hex_write(const uint8_t *bytes, size_t count, char *text)
{
	for (size_t i = 0; i < count; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
}

static int digit_value(char digit)
{
	const char *digits = "0123456789abcdef", *at = digit ? strchr(digits, digit) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Returns whether the text is that many bytes, and nothing else but the end of a line. */
static bool hex_read(const char *text, uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int high = digit_value(text[2 * i]);
		int low = high < 0 ? -1 : digit_value(text[2 * i + 1]);

		if (low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return !text[2 * count] || !strcmp(text + 2 * count, "\n");
}

static int complain(const char *path, const char *why, int err)
{
	diag("%s: %s", path, why);
	return err;
}

bool secret_is_private(const char *path, const struct stat *st)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	size_t length = credentials ? strlen(credentials) : 0;
	bool is_credential = length && !strncmp(path, credentials, length) && path[length] == '/';

	return !(st->st_mode & (is_credential ? S_IRWXO | S_IWGRP : S_IRWXG | S_IRWXO));
}

int key_read(const char *path, struct key *key)
{
	char text[2 * KEY_BYTES + 3] = "";
	int fd = user_file_open(path, O_NOFOLLOW);
	struct stat st;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st)) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		return complain(path, strerror(-err), err);
	}
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (!secret_is_private(path, &st))
		return complain(path, "others may read this key: chmod 600", -EPERM);
	if (got < 0 || !hex_read(text, key->bytes, KEY_BYTES))
		return complain(path, "is no key of migtrace", -EINVAL);
	return 0;
}

int key_write(const char *path, const struct key *key)
{
	char text[2 * KEY_BYTES + 2];
	int fd = user_file_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
	int err = 0;

	if (fd < 0)
		return complain(path, strerror(errno), -errno);
	hex_write(key->bytes, KEY_BYTES, text);
	strcat(text, "\n");
	if (fchmod(fd, S_IRUSR | S_IWUSR) ||
	    write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fsync(fd))
		err = complain(path, strerror(errno), -errno);
	close(fd);
	return err;
}

int key_new(struct key *key)
{
	return getrandom(key->bytes, KEY_BYTES, 0) == KEY_BYTES ? 0 : -errno;
}

static void hmac(const struct key *key, const void *bytes, size_t size, uint8_t out[KEY_BYTES])
{
	unsigned int length = KEY_BYTES;

	HMAC(EVP_sha256(), key->bytes, KEY_BYTES, bytes, size, out, &length);
}

void key_of_host(const struct key *collector, const char *host, struct key *key)
{
	char of[sizeof(FOR_HOST) + 256];
	int length = snprintf(of, sizeof(of), FOR_HOST "%.255s", host);

	hmac(collector, of, (size_t)length, key->bytes);
}

void key_sign(const struct key *key, const void *bytes, size_t size, char mac[SHA256_TEXT])
{
	uint8_t out[KEY_BYTES];

	hmac(key, bytes, size, out);
	hex_write(out, KEY_BYTES, mac);
}

void sha256_text(const void *bytes, size_t size, char text[SHA256_TEXT])
{
	uint8_t out[KEY_BYTES];
	unsigned int length = KEY_BYTES;

	EVP_Digest(bytes, size, out, &length, EVP_sha256(), NULL);
	hex_write(out, KEY_BYTES, text);
}

int nonce_new(char nonce[NONCE_TEXT])
{
	uint8_t bytes[(NONCE_TEXT - 1) / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -errno;
	hex_write(bytes, sizeof(bytes), nonce);
	return 0;
}
