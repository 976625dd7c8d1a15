/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts as JUnit's XML: a suite for each migration, a case for each number of libvirt's. */
#include "report/verify.h"

#include <errno.h>
#include <inttypes.h>

#include "report/duration.h"
#include "report/words.h"

static int begin(FILE *out)
{
	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	return ferror(out) ? -EIO : 0;
}

/* What XML cannot carry at all becomes a question mark. */
static void print_escaped(FILE *out, const char *text)
{
	for (size_t size; *text; text += size) {
		size = 1;
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			print_character(out, text, &size);
		}
	}
}

static void print_case(FILE *out, const char *uuid, const struct verdict *verdict)
{
	const char *element = verdict_is_wrong(verdict->kind) ? "failure" : "skipped";
	char truth[DURATION_TEXT];

	fprintf(out, "    <testcase classname=\"%s\" name=\"%s %s\"", uuid,
		role_name(verdict->role), reported_name(verdict->field));
	if (verdict->kind == VERDICT_AGREES) {
		fprintf(out, "/>\n");
		return;
	}
	fprintf(out, "><%s message=\"%s: ", element, verdict_name(verdict->kind));
	print_escaped(out, verdict->explanation);
	fprintf(out, "\"");
	if (verdict_is_wrong(verdict->kind)) {
		duration_format(&verdict->truth, truth, sizeof(truth));
		fprintf(out, " type=\"%s\">libvirt: ", verdict_name(verdict->kind));
		if (verdict->is_there)
			fprintf(out, "%" PRId64 " ms", verdict->ms);
		else
			fprintf(out, "nothing");
		fprintf(out, ", migtrace: %s</failure></testcase>\n", truth);
	} else {
		fprintf(out, "/></testcase>\n");
	}
}

static int migration_junit(FILE *out, const struct account *account)
{
	const struct verdicts *verdicts = &account->verdicts;
	size_t wrong = 0, skipped = 0;

	for (size_t i = 0; i < verdicts->count; i++) {
		wrong += verdict_is_wrong(verdicts->verdict[i].kind);
		skipped += !verdict_is_wrong(verdicts->verdict[i].kind) &&
			   verdicts->verdict[i].kind != VERDICT_AGREES;
	}
	fprintf(out, "  <testsuite name=\"");
	print_escaped(out, account->name[0] ? account->name : account->uuid);
	fprintf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\">\n",
		verdicts->count, wrong, skipped);
	for (size_t i = 0; i < verdicts->count; i++)
		print_case(out, account->uuid, &verdicts->verdict[i]);
	fprintf(out, "  </testsuite>\n");
	return fflush(out) ? -errno : 0;
}

static int end(FILE *out, const struct verify_counts *counts)
{
	(void)counts;
	fprintf(out, "</testsuites>\n");
	return fflush(out) ? -errno : 0;
}

const struct verify_format verify_junit = {begin, migration_junit, end};
