/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prometheus is told what a report says, whatever that is: no word of it breaks the format. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "collect/metrics.h"
#include "collect/series.h"

#define REPORT                                                                                     \
	"{\"domain\":{\"uuid\":\"u\",\"name\":\"n\"},\"source\":{\"host\":\"a\"},"                 \
	"\"destination\":{\"host\":\"b\"},\"outcome\":%s,\"flavour\":{\"control\":%s},"            \
	"\"left_on\":%s,\"advice\":%s,\"verdicts\":%s,\"lost_events\":%s,"                         \
	"\"downtime\":{\"lo_ns\":1000000,\"hi_ns\":3000000}}\n"

/* What stands in one report. */
struct words {
	const char *outcome, *control, *left, *advice, *verdicts, *lost;
};

static const struct words usual = {"\"completed\"", "\"p2p\"", "\"destination\"", "[]", "[]", "0"};

/* Counts the migration of a report with these words. */
static void counted(struct metrics *metrics, const struct words *words)
{
	struct migration_row row;
	char *text;

	assert_true(asprintf(&text, REPORT, words->outcome, words->control, words->left,
			     words->advice, words->verdicts, words->lost) > 0);
	assert_true(migration_row_read(text, &row));
	strcpy(row.id, "0123456789abcdef");
	metrics_migration(metrics, &row, 5, 1000);
	free(text);
}

/* The caller's. */
static char *written(const struct metrics *metrics, bool is_open)
{
	const struct counts counts = {.conflicts = 0};
	const struct gauges gauges = {.counts = &counts};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	metrics_write(metrics, &gauges, is_open, out);
	fclose(out);
	return text;
}

static void assert_has(const struct metrics *metrics, const char *line)
{
	char *text = written(metrics, false);

	if (!strstr(text, line))
		fail_msg("no %s in %s", line, text);
	free(text);
}

static bool is_name(char c)
{
	return isalnum(c) || c == '_';
}

/* Returns what is behind NAME="VALUE", or NULL. */
static const char *label_end(const char *at)
{
	while (is_name(*at))
		at++;
	if (strncmp(at, "=\"", 2) != 0)
		return NULL;
	at += 2;
	return strchr(at, '"') && !memchr(at, '\\', strcspn(at, "\"")) ? strchr(at, '"') + 1 : NULL;
}

/* A sample: NAME[{LABEL,...}] NUMBER */
static bool is_sample(const char *at)
{
	char *end;

	while (is_name(*at))
		at++;
	if (*at == '{') {
		do
			at = label_end(at + 1);
		while (at && *at == ',');
		if (!at || *at++ != '}')
			return false;
	}
	if (*at != ' ')
		return false;
	strtod(at + 1, &end);
	return end > at + 1 && !*end;
}

static int text_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each line is a sample or a comment, and each series is there once. Returns the lines. */
static size_t assert_sound(const struct metrics *metrics)
{
	char *text = written(metrics, false), *rest = text, *line, **lines;
	size_t count = 0;

	lines = calloc(strlen(text), sizeof(*lines));
	while ((line = strsep(&rest, "\n"))) {
		if (*line && *line != '#' && !is_sample(line))
			fail_msg("not a sample: %s", line);
		if (*line && *line != '#') {
			*strrchr(line, ' ') = '\0';
			lines[count++] = line;
		}
	}
	qsort(lines, count, sizeof(*lines), text_compare);
	for (size_t i = 1; i < count; i++)
		if (!strcmp(lines[i - 1], lines[i]))
			fail_msg("twice: %s", lines[i]);
	free(lines);
	free(text);
	return count;
}

static void words_of_a_report_are_counted(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	struct words words = usual;

	words.left = "\"both\"";
	words.advice = "[{\"urgent\":false},{\"urgent\":true}]";
	words.verdicts = "[{\"field\":\"downtime\",\"verdict\":\"wrong\"},"
			 "{\"field\":\"downtime\",\"verdict\":\"wrong\"}]";
	words.lost = "7";
	counted(metrics, &usual);
	counted(metrics, &words);
	assert_sound(metrics);
	assert_has(metrics, "\nmigtrace_guests_left_total{on=\"both\"} 1\n");
	assert_has(metrics, "\nmigtrace_guests_left_total{on=\"destination\"} 1\n");
	assert_has(metrics, "\nmigtrace_guests_in_danger_total 1\n");
	assert_has(metrics, "\nmigtrace_migrations_with_losses_total 1\n");
	assert_has(metrics,
		   "\nmigtrace_migrations_total{outcome=\"completed\",flavour=\"p2p\"} 2\n");
	assert_has(metrics, "\nmigtrace_migrations_total{outcome=\"failed\",flavour=\"p2p\"} 0\n");
	assert_has(metrics,
		   "\nmigtrace_libvirt_figures_total{field=\"downtime\",verdict=\"wrong\"} 2\n");
	assert_has(metrics, "_bucket{outcome=\"completed\",flavour=\"p2p\",le=\"0.001\"} 0\n");
	assert_has(metrics, "_bucket{outcome=\"completed\",flavour=\"p2p\",le=\"0.002\"} 2\n");
	metrics_free(metrics);
}

static void hostile_words_break_nothing(void **state)
{
	(void)state;
	static const char *const hostile[] = {
		"\"\\\"} 1\\nevil{a=\\\"\"",
		"\"a\\\\\"",
		"\"a\\u0000b\"",
		"\"\"",
		"\"\\u00e4\"",
		"null",
		"[]",
		"{}",
		"7",
		"[\"urgent\"]",
		"[{}]",
		"[null]",
		"[{\"urgent\":[]}]",
		"\"other\"",
		"1e400",
		"true",
		"[{\"field\":7,\"verdict\":\"\\n\"}]",
	};

	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		struct metrics *metrics = metrics_new();
		const char *word = hostile[i];
		const struct words all = {word, word, word, word, word, word};
		struct words outcome = usual, control = usual;

		outcome.outcome = control.control = word;
		counted(metrics, &all);
		counted(metrics, &outcome);
		counted(metrics, &control);
		assert_sound(metrics);
		metrics_free(metrics);
	}
}

/* Whatever comes: a hostile host cannot fill the memory of who scrapes. */
static void there_are_no_more_series_than_that(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	struct words words = usual;
	size_t lines;
	char outcome[32], control[32];

	words.outcome = outcome;
	words.control = control;
	for (int i = 0; i < 3 * SERIES_MAX; i++) {
		snprintf(outcome, sizeof(outcome), "\"%s%d\"", i % 2 ? "o" : "other", i);
		snprintf(control, sizeof(control), i % 3 ? "\"other\"" : "\"c%d\"", i);
		counted(metrics, &words);
	}
	lines = assert_sound(metrics);
	for (int i = 0; i < SERIES_MAX; i++)
		counted(metrics, &words);
	assert_int_equal(assert_sound(metrics), lines);
	assert_has(metrics, "_total{outcome=\"other\",flavour=\"other\"} ");
	metrics_free(metrics);
}

static void only_open_metrics_has_exemplars(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	char *open;

	counted(metrics, &usual);
	open = written(metrics, true);
	assert_non_null(strstr(
		open, "le=\"0.002\"} 1 # {migration_id=\"0123456789abcdef\"} 0.002 1.000\n"));
	assert_string_equal(open + strlen(open) - strlen("\n# EOF\n"), "\n# EOF\n");
	free(open);
	open = written(metrics, false);
	assert_null(strstr(open, "migration_id"));
	free(open);
	metrics_free(metrics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_a_report_are_counted),
		cmocka_unit_test(hostile_words_break_nothing),
		cmocka_unit_test(there_are_no_more_series_than_that),
		cmocka_unit_test(only_open_metrics_has_exemplars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
