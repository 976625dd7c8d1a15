/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of libvirt and QEMU with only that in them which names nobody. */
#include "record/anonymous_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/event/qmp.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static int alias_write(struct aliases *aliases, enum alias_kind kind, const char *name, size_t len,
		       FILE *out)
{
	char *copy = strndup(name, len);
	const char *alias = copy ? alias_of(aliases, kind, copy) : NULL;

	if (alias)
		fputs(alias, out);
	free(copy);
	return alias ? 0 : -ENOMEM;
}

/* What is read of it (core/event/cookie.h), as far as it is whole. */
int anonymous_cookie(struct aliases *aliases, const char *text, FILE *out)
{
	static const struct {
		const char *open, *close;
		enum alias_kind kind;
	} elements[] = {
		{"<name>", "</name>", ALIAS_DOMAIN},
		{"<uuid>", "</uuid>", ALIAS_UUID},
		{"<hostname>", "</hostname>", ALIAS_HOST},
		{"<hostuuid>", "</hostuuid>", ALIAS_UUID},
	};
	int err = 0;

	if (*text)
		fputs("<qemu-migration>\n", out);
	for (size_t i = 0; !err && i < COUNT(elements); i++) {
		const char *at = strstr(text, elements[i].open), *end;

		at = at ? at + strlen(elements[i].open) : "";
		end = strstr(at, elements[i].close);
		if (!end)
			continue;
		fprintf(out, "  %s", elements[i].open);
		err = alias_write(aliases, elements[i].kind, at, (size_t)(end - at), out);
		fprintf(out, "%s\n", elements[i].close);
	}
	return err;
}

int anonymous_statistics(struct aliases *aliases, const char *text, FILE *out)
{
	bool is_tag = false;

	(void)aliases;
	for (; *text; text++) {
		if (is_tag ? !islower(*text) && !strchr("_/>", *text)
			   : !isdigit(*text) && !strchr("-< \n", *text))
			return 0; /* nothing behind it is sure to be a number */
		is_tag = *text == '<' || (is_tag && *text != '>');
		fputc(*text, out);
	}
	return 0;
}

/* Of QEMU's qapi/{migration,run-state}.json, beside the names of the events that are recorded. */
static const char *const words[] = {
	"timestamp",
	"seconds",
	"microseconds",
	"event",
	"data",
	"status",
	"pass",
	"guest",
	"reason",
	"action",
	"info",
	"type",
	/* MigrationStatus */
	"none",
	"setup",
	"cancelling",
	"cancelled",
	"active",
	"postcopy-active",
	"postcopy-paused",
	"postcopy-recover",
	"postcopy-recover-setup",
	"completed",
	"failed",
	"colo",
	"pre-switchover",
	"device",
	"wait-unplug",
	/* ShutdownCause */
	"host-error",
	"host-qmp-quit",
	"host-qmp-system-reset",
	"host-signal",
	"host-ui",
	"guest-shutdown",
	"guest-reset",
	"guest-panic",
	"subsystem-reset",
	"snapshot-load",
	/* GuestPanicAction, WatchdogAction, GuestPanicInformationType */
	"pause",
	"poweroff",
	"run",
	"reset",
	"shutdown",
	"debug",
	"inject-nmi",
	"hyper-v",
	"s390",
};

static bool is_word(const char *text, size_t len, bool is_whole)
{
	const char *name;

	for (size_t i = 0; i < COUNT(words); i++)
		if (!strncmp(words[i], text, len) && (!is_whole || !words[i][len]))
			return true;
	for (uint16_t i = 1; (name = qmp_event(i)); i++)
		if (!strncmp(name, text, len) && (!is_whole || !name[len]))
			return true;
	return false;
}

/* Writes the string that begins at the quote. Returns what is behind it; NULL without memory. */
static const char *string_write(struct aliases *aliases, const char *text, FILE *out)
{
	size_t len = strcspn(++text, "\"\\");

	while (text[len] == '\\' && text[len + 1])
		len += 2 + strcspn(text + len + 2, "\"\\");
	fputc('"', out);
	if (is_word(text, len, text[len] == '"'))
		fwrite(text, 1, len, out);
	else if (text[len] == '"' && alias_write(aliases, ALIAS_WORD, text, len, out))
		return NULL;
	if (text[len] != '"')
		return ""; /* it was cut off */
	fputc('"', out);
	return text + len + 1;
}

/* Returns how long what is no string, and names nothing, is there. */
static size_t plain_length(const char *text)
{
	static const char *const literals[] = {"true", "false", "null"};

	for (size_t i = 0; i < COUNT(literals); i++)
		if (!strncmp(text, literals[i], strlen(literals[i])))
			return strlen(literals[i]);
	return strspn(text, "{}[]:,.-0123456789 ");
}

int anonymous_monitor(struct aliases *aliases, const char *text, FILE *out)
{
	while (*text) {
		size_t len = plain_length(text);

		fwrite(text, 1, len, out);
		text += len;
		if (*text == '"')
			text = string_write(aliases, text, out);
		else if (!len)
			return 0; /* no JSON any more */
		if (!text)
			return -ENOMEM;
	}
	return 0;
}

int anonymous_thread(struct aliases *aliases, const char *text, FILE *out)
{
	static const char *const own[] = {
		"rpc-",		 "prio-rpc-",	   "libvirtd",	 "virtqemud",  "virtproxyd",
		"qemu-system-",	 "qemu-kvm",	   "qemu-event", "CPU ",       "mig/",
		"live_migratio", "migration",	   "multifd",	 "postcopy/",  "IO ",
		"worker",	 "call_rcu",	   "kworker/",	 "ksoftirqd",  "swapper/",
		"migration/",	 "vhost-",	   "kvm-",	 "nodedev-",   "daemon-",
		"return path",	 "qemu-mig-tunne", "udev-",	 "vnc_worker",
	};
	static const char vm[] = "vm-";

	if (!strncmp(text, vm, strlen(vm)))
		return alias_write(aliases, ALIAS_VM_THREAD, text, strlen(text), out);
	for (size_t i = 0; i < COUNT(own); i++)
		if (!strncmp(text, own[i], strlen(own[i]))) {
			fputs(text, out);
			return 0;
		}
	return alias_write(aliases, ALIAS_THREAD, text, strlen(text), out);
}
