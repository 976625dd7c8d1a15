/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to say of a migration, with what helps; and the page of each finding. */
#include "report/finding_page.h"

#include <string.h>

#include "report/duration.h"
#include "report/text.h"

#define FINDING_TEXT   256
#define FINDINGS_SHOWN 2

static void print_advice(FILE *out, const struct finding *finding, const char *command)
{
	const char *label = "to do";
	char text[FINDING_TEXT];

	snprintf(text, sizeof(text), "%s%s", finding->advice, finding->command ? ":" : "");
	print_long(out, &label, text);
	if (finding->command)
		print_line(out, &label, "%s", command);
}

/* What is about no time says the outcome, or the cause, in its words. */
static void print_finding(FILE *out, const struct found *found)
{
	const struct finding *finding = found->finding;
	const char *label = "finding";
	char share[DURATION_TEXT];

	duration_format(&found->share, share, sizeof(share));
	print_line(out, &label, "%s %s%s%s", finding->code, finding->name,
		   found->share.known ? ", " : "", found->share.known ? share : "");
	if (found->share.known)
		print_long(out, &label, finding->text);
}

void print_findings(FILE *out, const struct account *account)
{
	const char *label = "to do";
	char command[COMMAND_TEXT];

	for (size_t i = 0; i < account->found_count && i < FINDINGS_SHOWN; i++) {
		const struct finding *finding = account->found[i].finding;

		print_finding(out, &account->found[i]);
		command_format(finding->command, account->uuid, command);
		print_advice(out, finding, command);
	}
	if (!account->found_count)
		print_line(out, &label, "nothing");
}

static void print_topic(FILE *out, const char *topic, const char *text)
{
	print_long(out, &topic, text);
}

void finding_page(FILE *out, const struct finding *finding)
{
	char command[COMMAND_TEXT];

	fprintf(out, "%s %s (%s)\n\n", finding->code, finding->name,
		finding_kind_name(finding->kind));
	print_topic(out, "means", finding->text);
	print_topic(out, "found by", finding->seen);
	print_topic(out, "limits", finding->is_not);
	command_format(finding->command, "DOMAIN", command);
	print_advice(out, finding, command);
}

void finding_list(FILE *out)
{
	const struct finding *finding;

	for (size_t i = 0; (finding = finding_at(i)); i++)
		fprintf(out, "%s  %-24s  %s\n", finding->code, finding->name,
			finding_kind_name(finding->kind));
}
