/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both hosts did in a migration, in one order, as text. */
#include "report/text.h"

#include <string.h>

#include "core/event/qmp.h"
#include "core/picture/sequence.h"
#include "record/kinds.h"
#include "report/words.h"

#define TIME_WIDTH 15

/* Prints a space and the string that follows the key in the monitor's JSON text, if it is there. */
static void print_value(FILE *out, const struct mt_event *event, const char *key)
{
	size_t len = event->text_len < MT_TEXT ? event->text_len : MT_TEXT;
	const char *at = memmem(event->text, len, key, strlen(key));
	char value[MT_TEXT + 1];

	if (!at)
		return;
	fputc(' ', out);
	at += strlen(key);
	snprintf(value, sizeof(value), "%.*s", (int)(event->text + len - at), at);
	value[strcspn(value, "\"")] = '\0';
	print_safe(out, value);
}

static void print_event(FILE *out, const struct mt_event *event)
{
	if (event->kind == MT_MONITOR_SEND) {
		fprintf(out, "> %s", qmp_command(event->monitor.command));
	} else if (event->kind == MT_MONITOR_EVENT) {
		fputc('<', out);
		print_value(out, event, "\"event\": \"");
		print_value(out, event, "\"status\": \"");
	} else {
		fprintf(out, "%s%s", event_kind_name(event->kind),
			event->edge == MT_RETURN ? " done" : "");
	}
	fputc('\n', out);
}

void print_sequence(FILE *out, const struct account *account)
{
	struct sequence_event events[SEQUENCE_MAX];
	size_t count = sequence_of(account, events);
	if (!count)
		return;
	fprintf(out, "\n  Phases, on the %s's clock   (> to QEMU, < from QEMU)\n",
		role_name(account_seen(account)->side->role));
	for (size_t i = 0; i < count; i++) {
		int64_t ns = events[i].src_ns - events[0].src_ns;
		struct quantity since = quantity_exact(ns, "");

		fprintf(out, "  ");
		print_blanks(out, TIME_WIDTH - print_quantity(out, &since));
		fprintf(out, "%-12s", role_name(events[i].role));
		print_event(out, events[i].event);
	}
}
