/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest's vCPUs lost while it ran, as text. */
#include "report/text.h"

#include <inttypes.h>
#include <string.h>

#include "report/duration.h"

#define COLUMNS 79
#define LINE	256

static int64_t per_cent(const struct quantity *part, const struct quantity *whole)
{
	return whole->est_ns > 0 ? (int64_t)((double)part->est_ns * 100 / (double)whole->est_ns)
				 : 0;
}

/* Returns the cause that took the most of those that took less than that, or as much and come
 * behind it; or MT_VCPU_TIMES. */
static int cause_next(const struct spent *spent, int before)
{
	static const int causes[] = {MT_VCPU_THROTTLED, MT_VCPU_RUNNABLE, MT_VCPU_FAULT,
				     MT_VCPU_IN_QEMU};
	int next = MT_VCPU_TIMES;

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		int64_t ns = spent->time[causes[i]].est_ns;

		if (before < MT_VCPU_TIMES && ns >= spent->time[before].est_ns)
			continue;
		if (next == MT_VCPU_TIMES || ns > spent->time[next].est_ns)
			next = causes[i];
	}
	return next;
}

/* Adds the cause to the line if there is room for it, and it is not nothing. */
static bool cause_add(const struct spent *spent, int cause, char line[LINE])
{
	static const char *const names[MT_VCPU_TIMES] = {
		[MT_VCPU_THROTTLED] = "throttled",
		[MT_VCPU_RUNNABLE] = "no CPU",
		[MT_VCPU_FAULT] = "page waits",
		[MT_VCPU_IN_QEMU] = "in QEMU",
	};
	int64_t share = per_cent(&spent->time[cause], &spent->watched);
	int64_t quota = spent->quota.known ? per_cent(&spent->quota, &spent->watched) : 0;
	size_t len = strlen(line);
	char quotas[32] = "";

	if (cause == MT_VCPU_RUNNABLE && quota)
		snprintf(quotas, sizeof(quotas), " (quota %" PRId64 " %%)", quota);
	if (!share)
		return false;
	snprintf(line + len, LINE - len, "%s %s %" PRId64 " %%%s", line[len - 1] == ':' ? "" : ",",
		 names[cause], share, quotas);
	if (strlen(line) > COLUMNS) {
		line[len] = '\0';
		return false;
	}
	return true;
}

/* Only where it was something. */
static void print_spent(FILE *out, const char *name, const char *when, const struct spent *spent)
{
	char line[LINE], watched[DURATION_TEXT];
	int cause = MT_VCPU_TIMES;

	if (spent->why_unknown || !per_cent(&spent->lost, &spent->watched))
		return;
	duration_format(&spent->watched, watched, sizeof(watched));
	snprintf(line, sizeof(line), "  %-14s%s %" PRId64 " %% of %s:", name, when,
		 per_cent(&spent->lost, &spent->watched), watched);
	while ((cause = cause_next(spent, cause)) < MT_VCPU_TIMES && cause_add(spent, cause, line))
		;
	if (line[strlen(line) - 1] == ':') /* each is less */
		line[strlen(line) - 1] = '\0';
	fprintf(out, "%s\n", line);
}

void print_brownout(FILE *out, const struct brownout *brownout)
{
	bool is_first = brownout->before.why_unknown ||
			!per_cent(&brownout->before.lost, &brownout->before.watched);

	print_spent(out, "brownout", "before", &brownout->before);
	print_spent(out, is_first ? "brownout" : "", "after", &brownout->after);
}
