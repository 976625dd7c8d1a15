// SPDX-License-Identifier: GPL-2.0-or-later
/* What is reported of recordings, to be compared with what is reported of them once they were
 * changed. */
#include "seen.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/standstill/blackout.h"
#include "core/match/correlator.h"
#include "core/match/flavour.h"
#include "core/match/outcome.h"
#include "core/match/place_left.h"
#include "record/read.h"

static const char *const answer_names[ANSWERS] = {
	[OUTCOME] = "outcome", [LEFT] = "left",		  [CONTROL] = "control",
	[OFFLINE] = "offline", [TUNNELLED] = "tunnelled", [POSTCOPY] = "postcopy",
};

static const char *const moment_names[MOMENTS] = {
	[START] = "start",	 [STOPPED] = "stopped", [SENT] = "sent",
	[HALTED] = "halted",	 [RESUMED] = "resumed", [GUEST_STOP] = "guest's stop",
	[RECEIVED] = "received", [DONE] = "done",	[GUEST_START] = "guest's start",
};

static struct side_seen side_of(const struct side *side)
{
	struct side_seen seen = {0};

	if (!side)
		return seen;
	seen = (struct side_seen){
		.is_there = true,
		.pid = side->events[0]->tgid,
		.first_ns = side->events[0]->ktime_ns,
		.last_ns = side->events[side->count - 1]->ktime_ns,
		.recording = side->recording->name,
	};
	memcpy(seen.uuid, side_uuid(side), MT_UUID);
	return seen;
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
		told->quantity[OFFSET] = figures.clocks.offset;
		told->quantity[ANNOUNCED] = figures.announced;
		told->quantity[LOAD] = figures.overlap.load;
		told->quantity[STALLS] = stalls_quantity(&figures.stalls);
		moments_take(m, told->moment);
	}
}

static const char *quantity_label(size_t index)
{
	static const char *const others[] = {"offset", "announced", "load", "stalls"};

	return index < FIGURES ? figure_name(index) : others[index - FIGURES];
}

/* A file may hold several recordings, one behind the other. */
static void file_pass(struct correlator *correlator, const struct text *text, size_t without)
{
	struct recording *recording = correlator_add(correlator, text->name);
	struct reader *reader;

	assert_non_null(recording);
	reader = reader_open(recording);
	assert_non_null(reader);
	for (size_t i = 0; i < text->count; i++) {
		size_t len = strlen(text->lines[i]);
		int err = i == without ? 0 : reader_line(reader, text->lines[i], len);

		if (err == READER_OTHER) {
			reader = reader_next(reader, correlator_add(correlator, text->name));
			assert_non_null(reader);
			err = reader_line(reader, text->lines[i], len);
		}
		assert_int_equal(err, 0);
	}
	reader_close(reader);
}

void row_pass(const struct row *row, size_t file, size_t without, struct replayed *pass)
{
	struct correlator *correlator = correlator_new(SIZE_MAX, SIZE_MAX, take, pass);

	assert_non_null(correlator);
	pass->count = 0;
	for (size_t i = 0; i < row->count; i++)
		file_pass(correlator, &row->text[i], i == file ? without : SIZE_MAX);
	assert_int_equal(correlator_end(correlator), 0);
	correlator_free(correlator);
}

static bool is_same_side(const struct side_seen *a, const struct side_seen *b)
{
	return a->is_there && b->is_there && a->pid == b->pid &&
	       !memcmp(a->uuid, b->uuid, MT_UUID) && !strcmp(a->recording, b->recording) &&
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
	return !part || part == whole || (answer == OUTCOME && part == OUTCOME_UNFINISHED);
}

/* Who is told of what is not as it was. */
struct listener {
	violation_fn *fn;
	void *arg;
};

static void answers_check(const struct listener *to, const struct seen *whole,
			  const struct seen *part, bool is_equal)
{
	char detail[64];

	for (size_t i = 0; i < ANSWERS; i++) {
		if (is_equal ? whole->answer[i] == part->answer[i]
			     : is_same_answer((enum answer)i, whole->answer[i], part->answer[i]))
			continue;
		snprintf(detail, sizeof(detail), "is %d, was %d", part->answer[i],
			 whole->answer[i]);
		to->fn(to->arg, answer_names[i], detail);
	}
}

static bool is_equal_quantity(const struct quantity *a, const struct quantity *b)
{
	return a->known == b->known &&
	       (!a->known || (a->lo_ns == b->lo_ns && a->hi_ns == b->hi_ns));
}

static void quantities_check(const struct listener *to, const struct seen *whole,
			     const struct seen *part, bool is_equal)
{
	char detail[160];

	for (size_t i = 0; i < QUANTITIES; i++) {
		const struct quantity *w = &whole->quantity[i], *p = &part->quantity[i];

		if (is_equal ? is_equal_quantity(w, p) : is_kept(w, p))
			continue;
		snprintf(detail, sizeof(detail),
			 "is %d [%" PRId64 ", %" PRId64 "], was %d [%" PRId64 ", %" PRId64 "]",
			 p->known, p->lo_ns, p->hi_ns, w->known, w->lo_ns, w->hi_ns);
		to->fn(to->arg, quantity_label(i), detail);
	}
}

static bool is_equal_instant(const struct instant *a, const struct instant *b)
{
	return a->known == b->known && (!a->known || (a->ns == b->ns && a->late_ns == b->late_ns));
}

static void moments_check(const struct listener *to, const struct seen *whole,
			  const struct seen *part, bool is_equal)
{
	char detail[160];

	for (size_t i = 0; i < MOMENTS; i++) {
		const struct instant *w = &whole->moment[i], *p = &part->moment[i];

		if (is_equal ? is_equal_instant(w, p) : is_within(w, p))
			continue;
		snprintf(detail, sizeof(detail),
			 "is %d %" PRId64 " to +%" PRId64 ", was %d +%" PRId64 " to +%" PRId64,
			 p->known, p->ns, p->late_ns, w->known, w->ns - p->ns,
			 w->ns - p->ns + w->late_ns);
		to->fn(to->arg, moment_names[i], detail);
	}
}

static void one_check(const struct listener *to, const struct seen *whole, const struct seen *part,
		      bool is_equal)
{
	answers_check(to, whole, part, is_equal);
	quantities_check(to, whole, part, is_equal);
	moments_check(to, whole, part, is_equal);
}

/* A migration that the whole does not have is one of sides that do not belong together. */
void seen_check_kept(const struct replayed *whole, const struct replayed *part, violation_fn *fn,
		     void *arg)
{
	for (size_t i = 0; i < part->count; i++) {
		const struct seen *one = &part->told[i], *of = whole_of(whole, one);

		if (of)
			one_check(&(struct listener){fn, arg}, of, one, false);
		else
			fn(arg, "migration", "that was not there");
	}
}

void seen_check_figures(const struct replayed *whole, const struct replayed *part, violation_fn *fn,
			void *arg)
{
	for (size_t i = 0; i < part->count; i++) {
		const struct seen *one = &part->told[i], *of = whole_of(whole, one);

		if (of)
			quantities_check(&(struct listener){fn, arg}, of, one, false);
	}
}

void seen_check_equal(const struct replayed *whole, const struct replayed *other, violation_fn *fn,
		      void *arg)
{
	if (whole->count != other->count)
		fn(arg, "migrations", "more or fewer");
	for (size_t i = 0; i < whole->count && i < other->count; i++)
		one_check(&(struct listener){fn, arg}, &whole->told[i], &other->told[i], true);
}
