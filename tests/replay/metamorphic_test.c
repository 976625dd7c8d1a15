// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recordings of real migrations, changed in ways of which it is known what becomes of the report:
 * the same, or less is known. ROW=name checks one row; EVERY=1 changes each row in each way, in
 * place of each third, and SEEDS is how often in those ways that are drawn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "edit.h"
#include "seen.h"
#include "simulation.h"
#include "core/match/outcome.h"
#include "core/match/place_left.h"

#define EVERY	 3
#define SEEDS	 2
#define SHIFT_NS INT64_C(123456789012)
#define TWIN_NS	 INT64_C(1700000) /* in the midst of what the other one does */

/* A change of a row, and what is to be told of it then. */
struct change {
	const struct row *row;
	const char *how;
	uint64_t seed;
	size_t violations;
};

static void violation(void *arg, const char *what, const char *detail)
{
	struct change *change = arg;

	change->violations++;
	print_error("%s, %s, seed %d: %s %s\n", change->row->name, change->how, (int)change->seed,
		    what, detail);
}

/* A row of two hosts has files of a and of b in turn. */
static bool is_of_b(const struct row *row, size_t file)
{
	return row->count % 2 == 0 && file % 2;
}

static bool is_of_file(const struct side_seen *side, const struct row *row, size_t b)
{
	for (size_t i = 0; i < row->count; i++)
		if (!strcmp(side->recording, row->text[i].name))
			return is_of_b(row, i) == b;
	return false;
}

static void instant_shift(struct instant *instant)
{
	instant->ns += SHIFT_NS;
}

/* Of a migration whose source, or destination, has the clock that was shifted. */
static void seen_shift(struct seen *seen, const struct row *row)
{
	struct quantity *offset = &seen->quantity[OFFSET];
	bool src = seen->role[0].is_there && is_of_file(&seen->role[0], row, true);
	bool dst = seen->role[1].is_there && is_of_file(&seen->role[1], row, true);

	bool is_back = outcome_has_not_worked((enum outcome)seen->answer[OUTCOME]) &&
		       (seen->answer[LEFT] == LEFT_ON_SOURCE || seen->answer[LEFT] == LEFT_ON_BOTH);

	for (size_t i = 0; i < MOMENTS; i++) {
		bool is_dst = i == RECEIVED || i == DONE || (i == GUEST_START && !is_back);

		if (seen->moment[i].known && (is_dst ? dst : src))
			instant_shift(&seen->moment[i]);
	}
	offset->lo_ns += SHIFT_NS * (dst - src);
	offset->hi_ns += SHIFT_NS * (dst - src);
}

/* By whatever host b's clock is ahead: the offset alone is another. */
static void shifted(struct change *change, const struct replayed *whole)
{
	static const struct edit shift = {.later_ns = SHIFT_NS, .other_boot = true}, none;
	static struct replayed expected, got;
	struct row row = row_begin(change->row);

	if (change->row->count % 2)
		return;
	for (size_t i = 0; i < row.count; i++)
		text_edit(&change->row->text[i], is_of_b(change->row, i) ? &shift : &none,
			  &row.text[i]);
	expected = *whole;
	for (size_t i = 0; i < expected.count; i++)
		seen_shift(&expected.told[i], change->row);
	row_pass(&row, SIZE_MAX, SIZE_MAX, &got);
	seen_check_equal(&expected, &got, violation, change);
	row_free(&row);
}

static void renamed(struct change *change, const struct replayed *whole)
{
	static const struct edit rename = {
		.pids = 100000, .ports = 7, .other_uuids = true, .other_hashes = true};
	static struct replayed got;
	struct row row = row_begin(change->row);

	for (size_t i = 0; i < row.count; i++)
		text_edit(&change->row->text[i], &rename, &row.text[i]);
	row_pass(&row, SIZE_MAX, SIZE_MAX, &got);
	seen_check_equal(whole, &got, violation, change);
	row_free(&row);
}

/* All that any host has recorded, one behind the other, in one file. */
static void concatenated(struct change *change, const struct replayed *whole)
{
	static struct replayed got;
	struct row row = row_begin(change->row);
	FILE *out = text_begin(&row.text[0], &change->row->text[0]);

	for (size_t i = 0; i < change->row->count; i++)
		for (size_t j = 0; j < change->row->text[i].count; j++)
			fprintf(out, "%s\n", change->row->text[i].lines[j]);
	text_end(&row.text[0], out);
	row.count = 1;
	row_pass(&row, SIZE_MAX, SIZE_MAX, &got);
	seen_check_equal(whole, &got, violation, change);
	row_free(&row);
}

/* Whether the line is one that may be there twice, or not at all. */
static bool is_loose(const char *line)
{
	return !line_is(line, "header") && !line_is(line, "end");
}

/* Writes each line so many times as the function says; what was lost until then may be counted. */
static void multiplied(struct change *change, const struct replayed *whole,
		       int (*times)(struct change *change, const char *line, uint64_t *rng),
		       bool is_counted, bool is_less)
{
	static struct replayed got;
	struct row row = row_begin(change->row);
	uint64_t rng = change->seed;

	for (size_t i = 0; i < row.count; i++) {
		const struct text *text = &change->row->text[i];
		FILE *out = text_begin(&row.text[i], text);
		struct edit edit = {0};

		for (size_t j = 0; j < text->count; j++) {
			int count = times(change, text->lines[j], &rng);

			edit.lost += is_counted && !count;
			for (; count > 0; count--)
				edit_line(out, text->lines[j], &edit);
		}
		text_end(&row.text[i], out);
	}
	row_pass(&row, SIZE_MAX, SIZE_MAX, &got);
	if (is_less)
		seen_check_figures(whole, &got, violation, change);
	else
		seen_check_kept(whole, &got, violation, change);
	row_free(&row);
}

static int twice(struct change *change, const char *line, uint64_t *rng)
{
	(void)change, (void)rng;
	return is_loose(line) ? 2 : 1;
}

static int sometimes_twice(struct change *change, const char *line, uint64_t *rng)
{
	(void)change;
	return is_loose(line) && random_next(rng) % 8 == 0 ? 2 : 1;
}

static int mostly(struct change *change, const char *line, uint64_t *rng)
{
	(void)change;
	return !is_loose(line) || random_next(rng) % 16 != 0;
}

static int sometimes(struct change *change, const char *line, uint64_t *rng)
{
	(void)change;
	return !line_is(line, "event") || random_next(rng) % 2;
}

static void doubled(struct change *change, const struct replayed *whole)
{
	multiplied(change, whole, twice, false, false);
}

static void partly_doubled(struct change *change, const struct replayed *whole)
{
	multiplied(change, whole, sometimes_twice, false, false);
}

static void thinned(struct change *change, const struct replayed *whole)
{
	multiplied(change, whole, mostly, false, true);
}

static void halved(struct change *change, const struct replayed *whole)
{
	multiplied(change, whole, sometimes, true, true);
}

/* As a recorder that was killed, or a file of which the end was lost, leaves it. */
static void cut(struct change *change, const struct replayed *whole)
{
	static struct replayed got;
	struct row row = *change->row;
	uint64_t rng = change->seed;
	size_t file = random_next(&rng) % row.count;

	row.text[file].count = 1 + random_next(&rng) % (row.text[file].count - 1);
	row_pass(&row, SIZE_MAX, SIZE_MAX, &got);
	seen_check_figures(whole, &got, violation, change);
}

/* All events of a span of time, as of a buffer that was full: how many is counted. */
static void holed(struct change *change, const struct replayed *whole)
{
	static struct replayed got;
	struct row row = row_begin(change->row);
	uint64_t rng = change->seed;
	size_t file = random_next(&rng) % row.count, lines = change->row->text[file].count;
	size_t from = random_next(&rng) % lines, to = from + random_next(&rng) % (lines - from);

	for (size_t i = 0; i < row.count; i++) {
		const struct text *text = &change->row->text[i];
		FILE *out = text_begin(&row.text[i], text);

		struct edit edit = {0};

		for (size_t j = 0; j < text->count; j++)
			if (i != file || j < from || j >= to || !line_is(text->lines[j], "event"))
				edit_line(out, text->lines[j], &edit);
			else
				edit.lost++;
		text_end(&row.text[i], out);
	}
	row_pass(&row, SIZE_MAX, SIZE_MAX, &got);
	seen_check_figures(whole, &got, violation, change);
	row_free(&row);
}

static void replayed_add(struct replayed *to, const struct replayed *more)
{
	assert_true(to->count + more->count <= TOLD_MAX);
	memcpy(&to->told[to->count], more->told, more->count * sizeof(*more->told));
	to->count += more->count;
}

static void both_check(struct change *change, const struct replayed *both, const struct row *row)
{
	static struct replayed got;

	row_pass(row, SIZE_MAX, SIZE_MAX, &got);
	if (got.count != both->count)
		violation(change, "migrations", "more or fewer");
	seen_check_kept(both, &got, violation, change);
}

/* Another guest migrates between the same daemons at the same time, and does just the same. */
static void twinned(struct change *change, const struct replayed *whole)
{
	struct edit edit = {.later_ns = TWIN_NS,
			    .pids = 100000,
			    .ports = 7,
			    .serials = 5000,
			    .other_uuids = true,
			    .other_hashes = true};
	struct row row = row_begin(change->row), alone = row_begin(change->row);
	static struct replayed both, twin;

	edit_daemons(change->row, &edit);
	edit_domains(change->row, &edit);
	for (size_t i = 0; i < row.count; i++) {
		struct text own;

		text_copy(&change->row->text[i], &edit, false, &alone.text[i]);
		text_copy(&change->row->text[i], &edit, true, &own);
		text_mix(&change->row->text[i], &own, &row.text[i]);
		free(own.bytes);
		free(own.lines);
	}
	row_pass(&alone, SIZE_MAX, SIZE_MAX, &twin);
	both = *whole;
	replayed_add(&both, &twin);
	both_check(change, &both, &row);
	row_free(&alone);
	row_free(&row);
}

/* Rows that were made of others have their recordings, by the ids in their headers. */
static bool have_a_file_in_common(const struct row *a, const struct row *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t j = 0; j < b->count; j++)
			if (!strcmp(a->text[i].lines[0], b->text[j].lines[0]))
				return true;
	return false;
}

/* The files of another row beside it. */
static void merged(struct change *change, const struct replayed *whole)
{
	static const char *const others[] = {"p2p", "direct", "postcopy", "cancelled"};
	struct row other = row_read(others[change->seed % 4]), row = *change->row;
	static struct replayed both, of_other;

	row_pass(&other, SIZE_MAX, SIZE_MAX, &of_other);
	both = *whole;
	replayed_add(&both, &of_other);
	assert_true(row.count + other.count <= FILES_MAX);
	for (size_t i = 0; i < other.count; i++)
		row.text[row.count++] = other.text[i];
	if (!have_a_file_in_common(change->row, &other))
		both_check(change, &both, &row);
	row_free(&other);
}

static const struct {
	const char *how;
	void (*check)(struct change *change, const struct replayed *whole);
	bool is_drawn; /* by the seed */
} changes[] = {
	{"the clock of host b shifted", shifted, false},
	{"UUIDs, pids and ports renamed", renamed, false},
	{"all hosts in one file", concatenated, false},
	{"all lines doubled", doubled, false},
	{"some lines doubled", partly_doubled, true},
	{"few lines dropped", thinned, true},
	{"half of the events lost", halved, true},
	{"cut off", cut, true},
	{"a hole", holed, true},
	{"with a twin", twinned, false},
	{"with another migration", merged, true},
};

static size_t passes, violations;

static void row_check(const struct row *row, size_t number, size_t every, size_t seeds)
{
	static struct replayed whole;

	row_pass(row, SIZE_MAX, SIZE_MAX, &whole);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		if ((number + i) % every)
			continue;
		for (uint64_t seed = 1; seed <= (changes[i].is_drawn ? seeds : 1); seed++) {
			struct change change = {row, changes[i].how, seed, 0};

			changes[i].check(&change, &whole);
			passes++;
			violations += change.violations;
		}
	}
}

static size_t number_of(const char *name, size_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

static void what_is_changed_says_the_same_or_less(void **state)
{
	const char *only = getenv("ROW");
	struct dirent **rows;
	int count = scandir(REPLAY, &rows, is_row, alphasort);

	(void)state;
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		if (!only || !strcmp(only, rows[i]->d_name)) {
			struct row row = row_read(rows[i]->d_name);

			row_check(&row, (size_t)i, only ? 1 : number_of("EVERY", EVERY),
				  number_of("SEEDS", SEEDS));
			row_free(&row);
		}
		free(rows[i]);
	}
	free(rows);
	print_message("# %zu changed recordings, %zu violations\n", passes, violations);
	assert_int_equal(violations, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_changed_says_the_same_or_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
