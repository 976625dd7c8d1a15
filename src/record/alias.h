/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, and what stands for them: the same for the same name, and nothing leads back. */
#ifndef MIGTRACE_RECORD_ALIAS_H
#define MIGTRACE_RECORD_ALIAS_H

#define ALIAS_TEXT 200 /* as long as one can be, with its NUL */

/* What is named. Two that have the same name are still two. */
enum alias_kind {
	ALIAS_DOMAIN,
	ALIAS_HOST,
	ALIAS_FILE,
	ALIAS_THREAD,
	ALIAS_VM_THREAD, /* libvirt's for a domain: only the name behind "vm-" */
	ALIAS_WORD,
	ALIAS_INTERFACE,
	ALIAS_DISK, /* the id of its device in QEMU */
	ALIAS_ERROR,
	ALIAS_UUID,    /* these stay what they are: a UUID, an address, a hash */
	ALIAS_ADDRESS, /* of IPv6, or of IPv4 mapped; loopback stays as it is */
	ALIAS_HASH,
	ALIAS_ETHERNET, /* a hardware address */
};

struct aliases;

/* Returns NULL without memory. aliases_free() frees. */
struct aliases *aliases_new(void);

/* Returns what stands for the name; it is the aliases', and never changes. NULL without memory. */
const char *alias_of(struct aliases *aliases, enum alias_kind kind, const char *name);

/* NULL is none. */
void aliases_free(struct aliases *aliases);

#endif
