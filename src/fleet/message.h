/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What hosts and collectors say to each other, the same by every way: a line of JSON, its signature
 * on a line of its own, and a half's bytes as the store has them.
 */
#ifndef MIGTRACE_FLEET_MESSAGE_H
#define MIGTRACE_FLEET_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "core/recording/recording.h"
#include "fleet/key.h"
#include "store/half.h"

#define MESSAGE_HEAD_MAX 4096
#define MESSAGE_BODY_MAX (8u << 20)
#define MESSAGE_MAX	 (MESSAGE_HEAD_MAX + MESSAGE_BODY_MAX)
#define SENDER_TEXT	 NONCE_TEXT /* of a store: it is another one when it was lost */
#define RANGES_MAX	 32
#define PARTITIONS	 64 /* for ever: both halves of a migration meet in one */

enum message_kind {
	MESSAGE_HALF,  /* a host's: the half with that number */
	MESSAGE_GONE,  /* that number has no half any more: it was too old, or is damaged */
	MESSAGE_ASK,   /* what the collector has, of numbers up to this one */
	MESSAGE_STATE, /* the collector's answer */
	MESSAGE_KINDS,
};

/* Numbers, the last one included. */
struct range {
	int64_t first, last;
};

struct message {
	enum message_kind kind;
	char host[HOST_NAME];		       /* of whom it is, or for whom */
	char store[SENDER_TEXT];	       /* whose numbers they are */
	char nonce[NONCE_TEXT];		       /* an answer has the question's */
	int64_t number;			       /* of a state: all up to this one are kept */
	char id[HALF_ID], sha256[SHA256_TEXT]; /* of a half */
	struct range missing[RANGES_MAX]; /* of a state: what is not, as far as there is room */
	size_t missing_count;
	const void *body; /* a half's bytes, the caller's */
	size_t size;
};

/* Why a message is dropped. */
enum message_fault {
	MESSAGE_OK,
	MESSAGE_OVERSIZED,
	MESSAGE_MALFORMED,
	MESSAGE_OTHER_VERSION,
	MESSAGE_UNSIGNED, /* or by another key */
	MESSAGE_DAMAGED,  /* its bytes are not those of the hash */
	MESSAGE_FOREIGN,  /* of another host than who may send it */
	MESSAGE_FAULTS,
};

/* Return a word for it, static. */
const char *message_fault_name(enum message_fault fault);
const char *message_kind_name(enum message_kind kind);

/*
 * Makes the message's bytes, which the caller frees; the hash of a half's body is put in there.
 * Returns 0 or -errno.
 */
int message_write(const struct message *message, const struct key *key, char **bytes, size_t *size);

/* Writes the key by which that host signs. */
typedef void message_key_fn(void *arg, const char *host, struct key *key);

/*
 * Reads the message, whose body stays where it is. Nothing of it is to be used unless MESSAGE_OK is
 * returned.
 */
enum message_fault message_read(const void *bytes, size_t size, message_key_fn *key, void *arg,
				struct message *message);

/* Returns whether it can be a host's name: nothing in it separates words of any way. */
bool message_host_is_valid(const char *host);

/* Returns the partition of the half with that id, by its domain: 0 to PARTITIONS - 1. */
unsigned int message_partition(const char *id);

#endif
