/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all migrations of a session come to: how many, how they ended, their downtimes. */
#include "live/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "report/duration.h"
#include "report/words.h"

#define DOWNTIMES_MAX 65536 /* of which the median is taken: the last ones */

int summary_init(struct summary *summary)
{
	*summary = (struct summary){
		.downtimes = malloc(DOWNTIMES_MAX * sizeof(*summary->downtimes)),
	};
	return summary->downtimes ? 0 : -ENOMEM;
}

void summary_free(struct summary *summary)
{
	free(summary->downtimes);
}

static int by_ns(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Returns how many downtimes there are, in order now. */
static size_t summary_sort(struct summary *summary)
{
	size_t count =
		summary->downtime_count < DOWNTIMES_MAX ? summary->downtime_count : DOWNTIMES_MAX;

	qsort(summary->downtimes, count, sizeof(*summary->downtimes), by_ns);
	return count;
}

/* Returns the smallest downtime that so many percent of them do not exceed; count > 0, in order. */
static int64_t percentile_ns(const struct summary *summary, size_t count, size_t percent)
{
	return summary->downtimes[(count * percent + 99) / 100 - 1];
}

static size_t total_of(const struct summary *summary)
{
	size_t total = 0;

	for (size_t i = 0; i < sizeof(summary->counts) / sizeof(summary->counts[0]); i++)
		total += summary->counts[i];
	return total;
}

struct json_object *summary_json(struct summary *summary, uint64_t lost, size_t going)
{
	size_t count = summary_sort(summary);
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "schema", json_object_new_string("migtrace.summary/1"));
	json_object_object_add(object, "migrations", json_object_new_uint64(total_of(summary)));
	for (int i = 0; i <= OUTCOME_UNFINISHED; i++)
		json_object_object_add(object, outcome_name((enum outcome)i),
				       json_object_new_uint64(summary->counts[i]));
	json_object_object_add(object, "going_on", json_object_new_uint64(going));
	json_object_object_add(object, "downtimes", json_object_new_uint64(count));
	if (count) {
		json_object_object_add(object, "median_ns",
				       json_object_new_int64(percentile_ns(summary, count, 50)));
		json_object_object_add(object, "p95_ns",
				       json_object_new_int64(percentile_ns(summary, count, 95)));
		json_object_object_add(object, "worst_ns",
				       json_object_new_int64(summary->worst.est_ns));
	}
	json_object_object_add(object, "of_one_host", json_object_new_boolean(summary->are_parts));
	json_object_object_add(object, "lost_events", json_object_new_uint64(lost));
	return object;
}

static void row_add_counts(const struct summary *summary, char *row)
{
	size_t total = total_of(summary);
	const char *before = ": ";

	row_add(row, "%zu migration%s", total, total == 1 ? "" : "s");
	for (int i = 0; i <= OUTCOME_UNFINISHED; i++) {
		if (!summary->counts[i])
			continue;
		row_add(row, "%s%zu %s", before, summary->counts[i], outcome_name((enum outcome)i));
		before = ", ";
	}
}

static void row_add_downtimes(const struct summary *summary, char *row, size_t count)
{
	struct quantity median = quantity_exact(percentile_ns(summary, count, 50), "");
	struct quantity p95 = quantity_exact(percentile_ns(summary, count, 95), "");
	int room;

	row_add(row, "downtime%s: ", summary->are_parts ? " here" : "");
	row_add_duration(row, "median ", &median);
	row_add_duration(row, ", p95 ", &p95);
	row_add_duration(row, ", worst ", &summary->worst);
	room = LINE_WIDTH - text_columns(row) - 3;
	if (summary->worst_name[0] && room > 0) {
		row_add(row, " (");
		row_add_safe(row, summary->worst_name, room < NAME_WIDTH ? room : NAME_WIDTH);
		row_add(row, ")");
	}
}

void summary_add(struct summary *summary, const struct account *account)
{
	const struct quantity *downtime = &account->downtime_seen;
	const struct verdicts *verdicts = &account->verdicts;

	summary->counts[account->outcome]++;
	for (size_t i = 0; i < verdicts->count; i++)
		summary->wrong += verdicts->verdict[i].kind != VERDICT_AGREES;
	summary->verdicts += verdicts->count;
	if (!downtime->known)
		return;
	summary->are_parts |= !account_has_both(account);
	summary->downtimes[summary->downtime_count++ % DOWNTIMES_MAX] = downtime->est_ns;
	if (!summary->worst.known || downtime->est_ns > summary->worst.est_ns) {
		summary->worst = *downtime;
		memcpy(summary->worst_name, account->name, sizeof(summary->worst_name));
	}
}

size_t summary_rows(struct summary *summary, uint64_t lost, size_t going,
		    char rows[SUMMARY_ROWS][ROW])
{
	size_t downtimes = summary_sort(summary), count = 0;

	memset(rows, 0, SUMMARY_ROWS * sizeof(rows[0]));
	row_add_counts(summary, rows[count]);
	if (going)
		row_add(rows[count], "; %zu going on", going);
	row_add(rows[count++], "; %" PRIu64 " events lost", lost);
	if (downtimes)
		row_add_downtimes(summary, rows[count++], downtimes);
	if (summary->verdicts)
		row_add(rows[count++], "libvirt's numbers: %zu, %zu of them do not agree",
			summary->verdicts, summary->wrong);
	return count;
}
