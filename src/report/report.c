/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and helpers that all report formats share. */
#include "report/report.h"

#include <string.h>
#include <uuid/uuid.h>

#include "core/event/cookie.h"
#include "core/side/window.h"
#include "record/text.h"

static const struct daemon *side_daemon(const struct side *side)
{
	return recording_daemon(side->recording, side->events[0]->tgid,
				(int64_t)side->events[0]->ktime_ns);
}

const char *side_host(const struct side *side)
{
	const struct daemon *daemon = side_daemon(side);

	if (daemon && daemon->host[0])
		return daemon->host;
	if (side->host[0])
		return side->host;
	return daemon ? "(name not seen)" : side->recording->host;
}

const char *side_hostuuid(const struct side *side)
{
	const struct daemon *daemon = side_daemon(side);

	return daemon ? daemon->hostuuid : "";
}

uint32_t side_impostor(const struct side *side)
{
	const struct mt_event *event = side ? window_next_impostor(side, NULL) : NULL;

	return event ? event->tgid : 0;
}

/* Returns the first event of the side that has a cookie's head, or NULL. */
static const struct mt_event *head_first(const struct side *side)
{
	for (size_t i = 0; side && i < side->count; i++)
		if (cookie_is_in(side->events[i]))
			return side->events[i];
	return NULL;
}

/* The source's cookie has the name that the domain had; --dname gives it another on arrival. */
void migration_name(const struct migration *migration, char *name, size_t size)
{
	const struct mt_event *head = head_first(migration->source);

	if (!head)
		head = head_first(migration->destination);
	name[0] = '\0';
	if (head)
		cookie_name(head, name, size);
}

struct verdicts report_verdicts(const struct report *report)
{
	struct verdicts verdicts = verdicts_of(report->migration, &report->figures, &report->source,
					       &report->destination, 0);
	size_t count = 0;

	for (size_t i = 0; i < verdicts.count; i++)
		if (verdicts.verdict[i].field < REPORTED_FIGURES)
			verdicts.verdict[count++] = verdicts.verdict[i];
	verdicts.count = count;
	return verdicts;
}

static size_t sources_add(const struct evidence *evidence, const char *names[CLOCK_SOURCES],
			  size_t count)
{
	for (size_t i = 0; i < evidence->count && count < CLOCK_SOURCES; i++) {
		size_t known = 0;

		while (known < count && strcmp(names[known], evidence->message[i].source) != 0)
			known++;
		if (known == count)
			names[count++] = evidence->message[i].source;
	}
	return count;
}

size_t clock_sources(const struct clocks *clocks, const char *names[CLOCK_SOURCES])
{
	if (clocks->are_one) {
		names[0] = "one clock";
		return 1;
	}
	return sources_add(&clocks->upper, names, sources_add(&clocks->lower, names, 0));
}

void print_character(FILE *out, const char *text, size_t *size)
{
	bool is_shown = text_step(text, size);

	fwrite(is_shown ? text : "?", 1, is_shown ? *size : 1, out);
}

void print_safe(FILE *out, const char *text)
{
	for (size_t size; *text; text += size)
		print_character(out, text, &size);
}

void print_who(FILE *out, const struct migration *migration)
{
	char uuid[UUID_TEXT], name[MT_TEXT];

	uuid_unparse_lower(migration_uuid(migration), uuid);
	migration_name(migration, name, sizeof(name));
	print_safe(out, name[0] ? name : "(name not seen)");
	fprintf(out, "  %s\n", uuid);
	print_safe(out, migration->source ? side_host(migration->source) : "(source not seen)");
	fprintf(out, " -> ");
	print_safe(out, migration->destination ? side_host(migration->destination)
					       : "(destination not seen)");
}
