/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and helpers that all report formats share. */
#include "report/report.h"

#include <string.h>

#include "base/text.h"

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

static void print_host(FILE *out, const struct account_side *side, const char *unseen)
{
	print_safe(out, side->side ? side->host : unseen);
}

void print_who(FILE *out, const struct account *account)
{
	print_safe(out, account->name[0] ? account->name : "(name not seen)");
	fprintf(out, "  %s\n", account->uuid);
	print_host(out, &account->side[ROLE_SOURCE], "(source not seen)");
	fprintf(out, " -> ");
	print_host(out, &account->side[ROLE_DESTINATION], "(destination not seen)");
}
