// SPDX-License-Identifier: GPL-2.0-or-later
/* Recordings of real migrations without one of their lines: less may be known, nothing else.
 * ROW=name checks one row; EVERY=1 leaves each line out in turn, in place of each third. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "rows.h"
#include "core/standstill/blackout.h"
#include "core/match/correlator.h"
#include "record/read.h"
#include "report/report.h"

#define TOLD_MAX 32
#define WORKERS	 2
#define EVERY	 3

/* What is said of a migration that no clock or name is part of. */
enum answer { OUTCOME, LEFT, CONTROL, OFFLINE, TUNNELLED, POSTCOPY, ANSWERS };

static const char *const answer_names[ANSWERS] = {
	[OUTCOME] = "outcome", [LEFT] = "left",		  [CONTROL] = "control",
	[OFFLINE] = "offline", [TUNNELLED] = "tunnelled", [POSTCOPY] = "postcopy",
};

#define QUANTITIES (FIGURES + 4)

/* Instants of one clock: what is not sure of them has nothing to do with clocks. */
enum moment {
	START,
	STOPPED,
	SENT,
	HALTED,
	RESUMED,
	GUEST_STOP,
	RECEIVED,
	DONE,
	GUEST_START,
	MOMENTS
};

static const char *const moment_names[MOMENTS] = {
	[START] = "start",	 [STOPPED] = "stopped", [SENT] = "sent",
	[HALTED] = "halted",	 [RESUMED] = "resumed", [GUEST_STOP] = "guest's stop",
	[RECEIVED] = "received", [DONE] = "done",	[GUEST_START] = "guest's start",
};

/* A side of a migration, to find it by in another pass. */
struct side_seen {
	bool is_there;
	uint32_t pid;
	uint64_t first_ns, last_ns;
	const char *recording;
};

struct seen {
	struct side_seen role[2];
	int answer[ANSWERS]; /* 0: unknown */
	struct quantity quantity[QUANTITIES];
	struct instant moment[MOMENTS];
};

struct replayed {
	struct seen told[TOLD_MAX];
	size_t count;
};

static struct side_seen side_of(const struct side *side)
{
	if (!side)
		return (struct side_seen){0};
	return (struct side_seen){true, side->events[0]->tgid, side->events[0]->ktime_ns,
				  side->events[side->count - 1]->ktime_ns, side->recording->name};
}

static struct quantity stalls_quantity(const struct stalls *stalls)
{
	return stalls->known ? quantity_exact(stalls->total_ns, "")
			     : quantity_unknown(stalls->why_unknown);
}

static void moments_take(const struct migration *m, struct instant *moment)
{
	static struct blackout blackout;

	if (m->source) {
		moment[START] = m->source->src.start.i;
		moment[STOPPED] = m->source->src.stopped.i;
		moment[SENT] = m->source->src.sent.i;
		moment[HALTED] = m->source->src.halted.i;
		moment[RESUMED] = m->source->src.resumed.i;
	}
	if (m->destination) {
		moment[RECEIVED] = m->destination->dst.received.i;
		moment[DONE] = m->destination->dst.done.i;
	}
	blackout_find(m, &blackout);
	moment[GUEST_STOP] = blackout.stop.i;
	moment[GUEST_START] = blackout.start;
}

static void take(void *arg, const struct migration *migrations, size_t count)
{
	struct replayed *pass = arg;

	for (size_t i = 0; i < count; i++) {
		const struct migration *m = &migrations[i];
		struct figures figures = figures_of(m);
		struct seen *told = &pass->told[pass->count++];

		assert_in_range(pass->count, 1, TOLD_MAX);
		*told = (struct seen){
			.role = {side_of(m->source), side_of(m->destination)},
			.answer =
				{
					[OUTCOME] = (int)migration_outcome(m),
					[LEFT] = (int)migration_left(m),
					[CONTROL] = (int)migration_control(m),
					[OFFLINE] = (int)migration_is_offline(m),
					[TUNNELLED] = (int)migration_is_tunnelled(m),
					[POSTCOPY] = (int)migration_is_postcopy(m),
				},
		};
		for (size_t j = 0; j < FIGURES; j++)
			told->quantity[j] = *figure_get(&figures, (enum figure)j);
		told->quantity[FIGURES] = figures.clocks.offset;
		told->quantity[FIGURES + 1] = figures.announced;
		told->quantity[FIGURES + 2] = figures.overlap.load;
		told->quantity[FIGURES + 3] = stalls_quantity(&figures.stalls);
		moments_take(m, told->moment);
	}
}

static const char *quantity_label(size_t index)
{
	static const char *const others[] = {"offset", "announced", "load", "stalls"};

	return index < FIGURES ? figure_name(index) : others[index - FIGURES];
}

static void file_pass(struct correlator *correlator, const struct text *text, const char *name,
		      size_t without)
{
	struct recording *recording = correlator_add(correlator, name);
	struct reader *reader;

	assert_non_null(recording);
	reader = reader_open(recording);
	assert_non_null(reader);
	for (size_t i = 0; i < text->count; i++)
		if (i != without)
			assert_int_equal(
				reader_line(reader, text->lines[i], strlen(text->lines[i])), 0);
	reader_close(reader);
}

/* Fills pass with what is reported of the row without that line of that file. */
static void row_pass(const struct row *row, size_t file, size_t without, struct replayed *pass)
{
	static const char *const names[FILES_MAX] = {"0", "1", "2", "3", "4", "5", "6", "7"};
	struct correlator *correlator = correlator_new(SIZE_MAX, SIZE_MAX, take, pass);

	assert_non_null(correlator);
	pass->count = 0;
	for (size_t i = 0; i < row->count; i++)
		file_pass(correlator, &row->text[i], names[i], i == file ? without : SIZE_MAX);
	assert_int_equal(correlator_end(correlator), 0);
	correlator_free(correlator);
}

static bool is_same_side(const struct side_seen *a, const struct side_seen *b)
{
	return a->is_there && b->is_there && a->pid == b->pid && a->recording == b->recording &&
	       a->first_ns <= b->last_ns && b->first_ns <= a->last_ns;
}

/* Returns the migration of the whole that this one is, or is a part of; NULL for none. */
static const struct seen *whole_of(const struct replayed *whole, const struct seen *part)
{
	for (size_t i = 0; i < whole->count; i++) {
		const struct seen *told = &whole->told[i];

		if ((!part->role[0].is_there || is_same_side(&part->role[0], &told->role[0])) &&
		    (!part->role[1].is_there || is_same_side(&part->role[1], &told->role[1])))
			return told;
	}
	return NULL;
}

static size_t violations;

/*
 * The truth is in the whole's interval, so that the part's has to have some of it, and all where it
 * is a point. It need not have all of a wide one: what is left out may have widened it, as a rate
 * of the clocks that was higher at that time.
 */
static bool is_kept(const struct quantity *whole, const struct quantity *part)
{
	if (!whole->known || !part->known)
		return true;
	return part->lo_ns <= whole->hi_ns && part->hi_ns >= whole->lo_ns;
}

/* On one clock less is never surer. */
static bool is_within(const struct instant *whole, const struct instant *part)
{
	if (!whole->known || !part->known)
		return true;
	return part->ns <= whole->ns && part->ns + part->late_ns >= whole->ns + whole->late_ns;
}

/* That its end was not seen is no other answer. */
static bool is_same_answer(enum answer answer, int whole, int part)
{
	return !part || part == whole ||
	       (answer == OUTCOME && part == OUTCOME_UNFINISHED && whole == OUTCOME_UNKNOWN);
}

/* A line that was left out, for what is said of it. */
struct left_out {
	const struct row *row;
	size_t file, line;
};

static void violation(const struct left_out *place, const char *what, const char *detail)
{
	violations++;
	print_error("%s:%zu:%zu: %s %s: %.300s\n", place->row->name, place->file + 1,
		    place->line + 1, what, detail,
		    place->row->text[place->file].lines[place->line]);
}

static void answers_check(const struct left_out *place, const struct seen *whole,
			  const struct seen *part)
{
	char detail[64];

	for (size_t i = 0; i < ANSWERS; i++) {
		if (is_same_answer((enum answer)i, whole->answer[i], part->answer[i]))
			continue;
		snprintf(detail, sizeof(detail), "is %d, was %d", part->answer[i],
			 whole->answer[i]);
		violation(place, answer_names[i], detail);
	}
}

static void quantities_check(const struct left_out *place, const struct seen *whole,
			     const struct seen *part)
{
	char detail[128];

	for (size_t i = 0; i < QUANTITIES; i++) {
		const struct quantity *w = &whole->quantity[i], *p = &part->quantity[i];

		if (is_kept(w, p))
			continue;
		snprintf(detail, sizeof(detail),
			 "is [%" PRId64 ", %" PRId64 "], was [%" PRId64 ", %" PRId64 "]", p->lo_ns,
			 p->hi_ns, w->lo_ns, w->hi_ns);
		violation(place, quantity_label(i), detail);
	}
}

static void moments_check(const struct left_out *place, const struct seen *whole,
			  const struct seen *part)
{
	char detail[128];

	for (size_t i = 0; i < MOMENTS; i++) {
		const struct instant *w = &whole->moment[i], *p = &part->moment[i];

		if (is_within(w, p))
			continue;
		snprintf(detail, sizeof(detail),
			 "is %" PRId64 " to +%" PRId64 ", was +%" PRId64 " to +%" PRId64, p->ns,
			 p->late_ns, w->ns - p->ns, w->ns - p->ns + w->late_ns);
		violation(place, moment_names[i], detail);
	}
}

/* A migration that the whole does not have is one of sides that do not belong together. */
static void pass_check(const struct left_out *place, const struct replayed *whole,
		       const struct replayed *part)
{
	for (size_t i = 0; i < part->count; i++) {
		const struct seen *one = &part->told[i], *of = whole_of(whole, one);

		if (!of) {
			violation(place, "migration", "that was not there");
			continue;
		}
		answers_check(place, of, one);
		quantities_check(place, of, one);
		moments_check(place, of, one);
	}
}

static size_t row_check(const struct row *row)
{
	static struct replayed whole, part;
	const char *sample = getenv("EVERY");
	size_t passes = 0, every = sample ? strtoul(sample, NULL, 10) : EVERY;

	assert_true(every > 0);

	row_pass(row, SIZE_MAX, SIZE_MAX, &whole);
	for (size_t file = 0; file < row->count; file++) {
		for (size_t line = 1 + file % every; line < row->text[file].count;
		     line += every, passes++) {
			row_pass(row, file, line, &part);
			pass_check(&(struct left_out){row, file, line}, &whole, &part);
		}
	}
	return passes;
}

/* Made of p2p, a day later: with what tells them apart left out nothing is left that does. */
static bool is_made_up(const char *row)
{
	return !strcmp(row, "another-day");
}

struct count {
	size_t passes, violations;
};

/* Checks every row of the worker's share. */
static struct count share_check(size_t worker, struct dirent **rows, int count)
{
	const char *only = getenv("ROW");
	size_t passes = 0;

	for (int i = 0; i < count; i++) {
		struct row row;

		if ((size_t)i % WORKERS != worker ||
		    (only ? strcmp(only, rows[i]->d_name) : is_made_up(rows[i]->d_name)))
			continue;
		row = row_read(rows[i]->d_name);
		passes += row_check(&row);
		row_free(&row);
	}
	return (struct count){passes, violations};
}

/* Starts a process that checks the worker's share and writes its count to *result.
 * Returns its pid. */
static pid_t worker_start(size_t worker, struct dirent **rows, int count, int *result)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct count counted = share_check(worker, rows, count);

		_exit(write(ends[1], &counted, sizeof(counted)) != sizeof(counted));
	}
	close(ends[1]);
	*result = ends[0];
	return pid;
}

static void without_a_line_less_is_known_and_nothing_else(void **state)
{
	struct dirent **rows;
	int count = scandir(REPLAY, &rows, is_row, alphasort), result[WORKERS], status;
	struct count one, all = {0};
	pid_t pid[WORKERS];

	(void)state;
	assert_true(count > 0);
	for (size_t i = 0; i < WORKERS; i++)
		pid[i] = worker_start(i, rows, count, &result[i]);
	for (size_t i = 0; i < WORKERS; i++) {
		assert_int_equal(read(result[i], &one, sizeof(one)), sizeof(one));
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
		close(result[i]);
		all.passes += one.passes;
		all.violations += one.violations;
	}
	for (int i = 0; i < count; i++)
		free(rows[i]);
	free(rows);
	print_message("# %zu recordings without a line, %zu violations\n", all.passes,
		      all.violations);
	assert_int_equal(all.violations, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_line_less_is_known_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
