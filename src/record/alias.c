/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, and what stands for them: the same for the same name, and nothing leads back. */
#include "record/alias.h"

#include <inttypes.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <uuid/uuid.h>

#include "core/event/ethernet.h"
#include "migtrace_event.h"

#define ERRORS_NEAR 64 /* of one migration, which quote each other */

struct alias {
	enum alias_kind kind;
	char *name;
	char text[ALIAS_TEXT];
};

struct aliases {
	void *tree;		/* of struct alias, by kind and name */
	uint32_t count;		/* of all, so that no two are the same */
	unsigned char salt[16]; /* other files have others: theirs are not ours */
	const struct alias *error[ERRORS_NEAR];
	size_t errors;
};

struct aliases *aliases_new(void)
{
	struct aliases *aliases = calloc(1, sizeof(*aliases));

	if (aliases)
		uuid_generate_random(aliases->salt);
	return aliases;
}

static int by_name(const void *a, const void *b)
{
	const struct alias *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->name, y->name);
}

static void numbered(const struct aliases *aliases, const char *word, struct alias *alias)
{
	snprintf(alias->text, sizeof(alias->text), "%s%" PRIu32, word, aliases->count);
}

/* What is no UUID stays none, and a domain that is not known stays unknown. */
static void uuid_stand_for(const struct aliases *aliases, struct alias *alias)
{
	uuid_t uuid;

	if (uuid_parse(alias->name, uuid)) {
		numbered(aliases, "no-uuid-", alias);
		return;
	}
	if (!uuid_is_null(uuid)) {
		memcpy(uuid, aliases->salt, sizeof(uuid));
		memcpy(uuid + sizeof(uuid) - sizeof(aliases->count), &aliases->count,
		       sizeof(aliases->count));
	}
	uuid_unparse_lower(uuid, alias->text);
}

static bool is_own(const uint8_t *address, bool is_mapped)
{
	return is_mapped ? address[12] == 127
			 : IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)address);
}

/* In nets that are nobody's: 198.18.0.0/15 (RFC 2544) and 2001:db8::/32 (RFC 3849). */
static void address_stand_for(const struct aliases *aliases, struct alias *alias)
{
	uint8_t address[16];
	uint32_t number = aliases->count;
	bool is_mapped;

	if (inet_pton(AF_INET6, alias->name, address) != 1) {
		numbered(aliases, "no-address-", alias);
		return;
	}
	is_mapped = IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)address);
	if (is_own(address, is_mapped) || IN6_IS_ADDR_UNSPECIFIED((const struct in6_addr *)address))
		snprintf(alias->text, sizeof(alias->text), "%s", alias->name);
	else if (is_mapped && number < 1u << 17)
		snprintf(alias->text, sizeof(alias->text), "::ffff:198.%u.%u.%u",
			 18 + (number >> 16), number >> 8 & 0xff, number & 0xff);
	else
		snprintf(alias->text, sizeof(alias->text), "2001:db8::%x:%x", number >> 16,
			 number & 0xffff);
}

/* Locally administered ones, which are no maker's. What is no address stays none. */
static void ethernet_stand_for(const struct aliases *aliases, struct alias *alias)
{
	uint8_t address[MT_ETHERNET];

	if (!ethernet_parse(alias->name, address)) {
		numbered(aliases, "no-address-", alias);
		return;
	}
	memcpy(address, "\2", 2);
	memcpy(address + 2, &aliases->count, sizeof(aliases->count));
	ethernet_format(address, alias->text);
}

static void hash_stand_for(const struct aliases *aliases, struct alias *alias)
{
	size_t digits = strspn(alias->name, "0123456789abcdef");
	uint32_t salt;

	memcpy(&salt, aliases->salt, sizeof(salt));
	if (digits != 16 || alias->name[digits])
		numbered(aliases, "no-hash-", alias);
	else if (strspn(alias->name, "0") == digits)
		strcpy(alias->text, alias->name); /* none */
	else
		snprintf(alias->text, sizeof(alias->text), "%08" PRIx32 "%08" PRIx32, salt,
			 aliases->count);
}

/*
 * libvirt passes on what its peer or QEMU says, with words of its own around it, and a report has
 * it once: what quotes another one does so still, and what is quoted is the same.
 */
static void error_stand_for(struct aliases *aliases, struct alias *alias)
{
	size_t near = aliases->errors < ERRORS_NEAR ? aliases->errors : ERRORS_NEAR;
	int len;

	for (size_t i = 0; i < near; i++)
		if (strstr(aliases->error[i]->name, alias->name)) {
			strcpy(alias->text, aliases->error[i]->text);
			return;
		}
	len = snprintf(alias->text, sizeof(alias->text), "error %" PRIu32 ".", aliases->count);
	for (size_t i = 0; i < near; i++) {
		const struct alias *other = aliases->error[i];

		if (strstr(alias->name, other->name) && !strstr(alias->text, other->text) &&
		    (size_t)len + 2 + strlen(other->text) < sizeof(alias->text))
			len += snprintf(alias->text + len, sizeof(alias->text) - (size_t)len,
					": %s", other->text);
	}
	aliases->error[aliases->errors++ % ERRORS_NEAR] = alias;
}

static void stand_for(struct aliases *aliases, struct alias *alias)
{
	static const char *const words[] = {
		[ALIAS_DOMAIN] = "domain-",	  [ALIAS_HOST] = "host-",    [ALIAS_FILE] = "file-",
		[ALIAS_THREAD] = "thread-",	  [ALIAS_VM_THREAD] = "vm-", [ALIAS_WORD] = "word-",
		[ALIAS_INTERFACE] = "interface-", [ALIAS_DISK] = "disk-",
	};

	switch (alias->kind) {
	case ALIAS_UUID:
		uuid_stand_for(aliases, alias);
		break;
	case ALIAS_ADDRESS:
		address_stand_for(aliases, alias);
		break;
	case ALIAS_HASH:
		hash_stand_for(aliases, alias);
		break;
	case ALIAS_ETHERNET:
		ethernet_stand_for(aliases, alias);
		break;
	case ALIAS_ERROR:
		error_stand_for(aliases, alias);
		break;
	default:
		numbered(aliases, words[alias->kind], alias);
	}
}

static void alias_free(void *arg)
{
	struct alias *alias = arg;

	free(alias->name);
	free(alias);
}

static struct alias *alias_new(struct aliases *aliases, enum alias_kind kind, const char *name)
{
	struct alias *alias = calloc(1, sizeof(*alias));

	if (!alias)
		return NULL;
	alias->kind = kind;
	alias->name = strdup(name);
	if (alias->name && tsearch(alias, &aliases->tree, by_name)) {
		aliases->count++;
		stand_for(aliases, alias);
		return alias;
	}
	alias_free(alias);
	return NULL;
}

const char *alias_of(struct aliases *aliases, enum alias_kind kind, const char *name)
{
	const struct alias sought = {.kind = kind, .name = (char *)name};
	struct alias *const *found = tfind(&sought, &aliases->tree, by_name);
	const struct alias *alias;

	if (!*name)
		return "";
	alias = found ? *found : alias_new(aliases, kind, name);
	return alias ? alias->text : NULL;
}

void aliases_free(struct aliases *aliases)
{
	if (!aliases)
		return;
	tdestroy(aliases->tree, alias_free);
	free(aliases);
}
