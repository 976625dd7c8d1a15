/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Prometheus is told. No label names a guest or a host: there are too many of them. */
#include "collect/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collect/series.h"
#include "report/words.h"

/* 1-2-5, each where its values lie. What clouds publish and promise of downtime is 1 ms to 60 s. */
static const double downtime_s[] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2,
				    0.5,   1,	  2,	 5,    10,   20,   60};
static const double width_s[] = {1e-5,	2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 0.001, 0.002,
				 0.005, 0.01, 0.02, 0.05, 0.1,	0.2,  0.5,   1};
static const double elapsed_s[] = {0.1, 0.2, 0.5, 1,   2,    5,	   10,	20,
				   50,	100, 200, 500, 1000, 2000, 5000};

enum histogram_of {
	DOWNTIME,
	DOWNTIME_WIDTH,
	ELAPSED,
	LAG,
	STORE_DELAY,
	HISTOGRAMS,
};

#define BOUNDS(array) array, sizeof(array) / sizeof((array)[0])

static const struct histogram histograms[HISTOGRAMS] = {
	[DOWNTIME] = {"migtrace_guest_downtime_seconds",
		      "Downtime of a guest's migration, the middle of its proven bounds.",
		      BOUNDS(downtime_s)},
	[DOWNTIME_WIDTH] = {"migtrace_guest_downtime_bounds_seconds",
			    "Distance of a downtime's proven bounds.", BOUNDS(width_s)},
	[ELAPSED] = {"migtrace_migration_elapsed_seconds",
		     "Time that a migration took, the middle of its proven bounds.",
		     BOUNDS(elapsed_s)},
	[LAG] = {"migtrace_collector_lag_seconds",
		 "Time from a migration's end, by its host's wall clock, until it was stored.",
		 BOUNDS(elapsed_s)},
	[STORE_DELAY] = {"migtrace_collector_store_delay_seconds",
			 "Time from when a migration's last half came until it was stored.",
			 BOUNDS(downtime_s)},
};

struct metrics {
	struct family histogram[HISTOGRAMS];
	struct family migrations; /* their count alone */
	uint64_t left[LEFTS], figures[REPORTED_FIELDS][VERDICT_KINDS];
	uint64_t in_danger, unknown, alone, lossy;
};

/* A rate sees no rise from nothing: with one outcome of a flavour all others are there, at 0. */
static void flavour_begin(struct metrics *metrics, const char *flavour)
{
	for (int i = OUTCOME_UNKNOWN; i <= OUTCOME_UNFINISHED; i++)
		series_get(&metrics->migrations, outcome_name((enum outcome)i), flavour);
	for (int i = DOWNTIME; i <= ELAPSED; i++)
		series_get(&metrics->histogram[i], outcome_name(OUTCOME_COMPLETED), flavour);
}

struct metrics *metrics_new(void)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (metrics) {
		flavour_begin(metrics, control_name(CONTROL_P2P));
		flavour_begin(metrics, control_name(CONTROL_DIRECT));
		series_get(&metrics->histogram[LAG], "", "");
		series_get(&metrics->histogram[STORE_DELAY], "", "");
	}
	return metrics;
}

void metrics_free(struct metrics *metrics)
{
	free(metrics);
}

static bool is_known(const struct row_bounds *bounds)
{
	return bounds->lo.type == VALUE_NUMBER && bounds->hi.type == VALUE_NUMBER;
}

static double middle_s(const struct row_bounds *bounds)
{
	return ((double)bounds->lo.number + (double)bounds->hi.number) / 2e9;
}

static void migration_count(struct metrics *metrics, const struct migration_row *row)
{
	flavour_begin(metrics, row->flavour);
	series_get(&metrics->migrations, row->outcome, row->flavour)->count++;
	metrics->left[row->left]++;
	metrics->in_danger += row->is_in_danger;
	metrics->alone += row->halves < 2;
	metrics->unknown += !is_known(&row->downtime);
	metrics->lossy += row->lost_events > 0;
	for (size_t field = 0; field < REPORTED_FIELDS; field++)
		for (size_t kind = 0; kind < VERDICT_KINDS; kind++)
			metrics->figures[field][kind] += row->verdicts[field][kind];
}

void metrics_migration(struct metrics *metrics, const struct migration_row *row, int64_t delay_ms,
		       int64_t now_ms)
{
	struct exemplar of = {.at_ms = now_ms};
	double value_s[HISTOGRAMS] = {[STORE_DELAY] = (double)delay_ms / 1e3};
	bool is_there[HISTOGRAMS] = {[DOWNTIME] = is_known(&row->downtime),
				     [DOWNTIME_WIDTH] = is_known(&row->downtime),
				     [ELAPSED] = is_known(&row->elapsed),
				     [LAG] = is_known(&row->elapsed) && row->started_ns,
				     [STORE_DELAY] = true};

	strcpy(of.id, row->id);
	migration_count(metrics, row);
	value_s[DOWNTIME] = middle_s(&row->downtime);
	value_s[DOWNTIME_WIDTH] =
		((double)row->downtime.hi.number - (double)row->downtime.lo.number) / 1e9;
	value_s[ELAPSED] = middle_s(&row->elapsed);
	value_s[LAG] = (double)now_ms / 1e3 - (double)row->started_ns / 1e9 - value_s[ELAPSED];
	for (size_t i = 0; i < HISTOGRAMS; i++) {
		bool is_of_all = i == LAG || i == STORE_DELAY;

		/* Clocks of several hosts: a later one may be behind. */
		if (is_there[i])
			series_observe(series_get(&metrics->histogram[i],
						  is_of_all ? "" : row->outcome,
						  is_of_all ? "" : row->flavour),
				       &histograms[i], &of, value_s[i] > 0 ? value_s[i] : 0);
	}
}

/* In OpenMetrics a counter's family is called without _total. */
static void counter_head(FILE *out, const char *name, const char *help, bool is_open)
{
	char family[128];

	snprintf(family, sizeof(family), "%s%s", name, is_open ? "" : "_total");
	family_head(out, family, "counter", help);
}

static void counter_write(FILE *out, const char *name, const char *help, uint64_t count,
			  bool is_open)
{
	counter_head(out, name, help, is_open);
	fprintf(out, "%s_total %" PRIu64 "\n", name, count);
}

static void figures_write(const struct metrics *metrics, bool is_open, FILE *out)
{
	counter_head(out, "migtrace_libvirt_figures",
		     "Numbers of libvirt's own that were compared with what was measured.",
		     is_open);
	for (size_t field = 0; field < REPORTED_FIELDS; field++)
		for (size_t kind = 0; kind < VERDICT_KINDS; kind++)
			fprintf(out,
				"migtrace_libvirt_figures_total{field=\"%s\",verdict=\"%s\"} "
				"%" PRIu64 "\n",
				reported_name((enum reported_field)field),
				verdict_name((enum verdict_kind)kind),
				metrics->figures[field][kind]);
}

static void migrations_write(const struct metrics *metrics, bool is_open, FILE *out)
{
	counter_head(out, "migtrace_migrations", "Migrations that were stored.", is_open);
	for (size_t i = 0; i < metrics->migrations.count; i++) {
		fprintf(out, "migtrace_migrations_total");
		series_labels(out, &metrics->migrations.series[i], "");
		fprintf(out, " %" PRIu64 "\n", metrics->migrations.series[i].count);
	}
	counter_head(out, "migtrace_guests_left", "Where guests were left by their migrations.",
		     is_open);
	for (size_t i = 0; i < LEFTS; i++)
		fprintf(out, "migtrace_guests_left_total{on=\"%s\"} %" PRIu64 "\n",
			left_name((enum place_left)i), metrics->left[i]);
	counter_write(out, "migtrace_guests_in_danger",
		      "Guests that are lost, or their disks will be, unless somebody acts.",
		      metrics->in_danger, is_open);
	counter_write(out, "migtrace_migrations_downtime_unknown",
		      "Migrations whose downtime has no upper bound.", metrics->unknown, is_open);
	counter_write(out, "migtrace_migrations_of_one_half",
		      "Migrations of which one host's half has not come in time.", metrics->alone,
		      is_open);
	counter_write(out, "migtrace_migrations_with_losses",
		      "Migrations of whose events a recorder has lost some.", metrics->lossy,
		      is_open);
}

static void traces_write(const struct counts *counts, bool is_open, FILE *out)
{
	static const char *const results[TRACE_RESULTS] = {
		[TRACE_ACCEPTED] = "accepted",
		[TRACE_PARTIAL] = "partial",
		[TRACE_REFUSED] = "refused",
		[TRACE_DROPPED] = "dropped",
	};

	counter_head(out, "migtrace_collector_traces",
		     "Migrations whose traces were sent, or will not be.", is_open);
	for (size_t i = 0; i < TRACE_RESULTS; i++)
		fprintf(out, "migtrace_collector_traces_total{result=\"%s\"} %" PRIu64 "\n",
			results[i], counts->traces[i]);
}

static void counts_write(const struct counts *counts, bool is_open, FILE *out)
{
	counter_head(out, "migtrace_collector_messages", "Messages of hosts.", is_open);
	for (unsigned int i = 0; i < MESSAGE_KINDS; i++)
		if (i != MESSAGE_STATE)
			fprintf(out, "migtrace_collector_messages_total{kind=\"%s\"} %" PRIu64 "\n",
				message_kind_name(i), counts->messages[i]);
	counter_head(out, "migtrace_collector_dropped", "Messages that were dropped.", is_open);
	for (unsigned int i = MESSAGE_OK + 1; i < MESSAGE_FAULTS; i++)
		fprintf(out, "migtrace_collector_dropped_total{reason=\"%s\"} %" PRIu64 "\n",
			message_fault_name(i), counts->dropped[i]);
	counter_write(out, "migtrace_collector_conflicts",
		      "Halves whose number was another half's already.", counts->conflicts,
		      is_open);
	counter_write(out, "migtrace_collector_repeated", "Halves that had come before.",
		      counts->repeated, is_open);
	counter_write(out, "migtrace_collector_refused",
		      "Halves that were no recordings, or another host's.", counts->refused,
		      is_open);
}

static void gauge_write(FILE *out, const char *name, const char *help, double value)
{
	family_head(out, name, "gauge", help);
	fprintf(out, "%s %.9g\n", name, value);
}

int gauges_note(void *arg, const struct value *columns, size_t count)
{
	struct gauges *gauges = arg;

	(void)count;
	gauges->senders = columns[0].number;
	gauges->unread = columns[1].number;
	gauges->unread_ms = columns[2].number;
	gauges->waiting = columns[3].number;
	gauges->missing = columns[4].number;
	gauges->traces = columns[5].number;
	gauges->is_read = true;
	return 0;
}

static void gauges_write(const struct gauges *gauges, FILE *out)
{
	gauge_write(out, "migtrace_collector_partitions",
		    "Partitions that this collector looks after.", (double)gauges->partitions);
	gauge_write(out, "migtrace_database_up", "Whether the database answers.", gauges->is_read);
	if (!gauges->is_read)
		return;
	gauge_write(out, "migtrace_database_senders", "Hosts' stores that halves came from.",
		    (double)gauges->senders);
	gauge_write(out, "migtrace_database_halves_unread",
		    "Halves that no collector has looked at.", (double)gauges->unread);
	gauge_write(out, "migtrace_database_oldest_unread_seconds",
		    "Since when the oldest one of them has been there.",
		    gauges->unread_ms > 0 ? (double)gauges->unread_ms / 1e3 : 0);
	gauge_write(out, "migtrace_database_halves_waiting",
		    "Halves that wait for their other halves.", (double)gauges->waiting);
	gauge_write(out, "migtrace_database_numbers_missing",
		    "Numbers of hosts' halves that were left out, and later ones have come.",
		    (double)gauges->missing);
	gauge_write(out, "migtrace_database_traces_waiting",
		    "Migrations whose traces are to be sent.", (double)gauges->traces);
}

void metrics_write(const struct metrics *metrics, const struct gauges *gauges, bool is_open,
		   FILE *out)
{
	for (size_t i = 0; i < HISTOGRAMS; i++)
		histogram_write(out, &histograms[i], &metrics->histogram[i], is_open);
	migrations_write(metrics, is_open, out);
	figures_write(metrics, is_open, out);
	counts_write(gauges->counts, is_open, out);
	traces_write(gauges->counts, is_open, out);
	gauges_write(gauges, out);
	if (is_open)
		fprintf(out, "# EOF\n");
}
