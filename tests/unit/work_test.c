/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What threads did in a part of the standstill: cut by the part, with bounds that hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/standstill/places.h"
#include "simulation.h"

#define MS	   INT64_C(1000000)
#define DAEMON	   100
#define QEMU	   1000
#define MIGRATION  1001
#define RETURN	   1002
#define BEGIN	   (1000 * MS) /* of watching */
#define END	   (1400 * MS)
#define EVENTS_MAX 8192
#define SEEDS	   2000

static struct recording recording;
static struct mt_event events[EVENTS_MAX], end;
static const struct mt_event *own[1];
static struct side side;
static struct spans spans;

static struct mt_event *event_add(uint32_t pid, uint32_t tid, int64_t at, enum mt_kind kind)
{
	struct mt_event *event = &events[recording.event_count++];

	assert_true(recording.event_count < EVENTS_MAX);
	*event = (struct mt_event){
		.kind = kind, .ktime_ns = (uint64_t)at, .tgid = pid, .tid = tid, .comm = "thread"};
	return event;
}

/* A source's side that began before all else, with a QEMU of its own. */
static int begin(void **state)
{
	(void)state;
	recording = (struct recording){.events = events};
	own[0] = event_add(DAEMON, DAEMON, BEGIN - MS, MT_PERFORM);
	event_add(QEMU, QEMU, BEGIN - 1, MT_QEMU_RUN_STATE);
	side = (struct side){
		.role = ROLE_SOURCE, .recording = &recording, .events = own, .count = 1};
	return 0;
}

/* The thread went off its CPU, was woken and got one. */
static struct mt_event *off(uint32_t tid, int64_t off, int64_t woken, int64_t on)
{
	struct mt_event *event = event_add(QEMU, tid, on, MT_SCHED);

	event->sched.slept_ns = (uint64_t)(woken - off);
	event->sched.runnable_ns = (uint64_t)(on - woken);
	event->sched.watched_ns = (uint64_t)(on - BEGIN);
	return event;
}

static struct mt_event *where(struct mt_event *event, const char *text)
{
	event->text_len = (uint16_t)snprintf(event->text, MT_TEXT, "%s", text);
	return event;
}

/* What was done in that time, which a step of the thread ended. */
static struct work work_of(uint32_t tid, int64_t from, int64_t to)
{
	end = (struct mt_event){.tgid = QEMU, .tid = tid, .ktime_ns = (uint64_t)to};
	off(0, END, END, END);
	side_spans_find(&side, &spans);
	return work_in(&spans, &(struct stretch){from, to, &end});
}

static void assert_exact(const struct quantity *quantity, int64_t ns)
{
	assert_true(quantity->known);
	assert_int_equal(quantity->lo_ns, ns);
	assert_int_equal(quantity->hi_ns, ns);
}

static void assert_between(const struct quantity *quantity, int64_t lo, int64_t hi)
{
	assert_true(quantity->known);
	assert_int_equal(quantity->lo_ns, lo);
	assert_int_equal(quantity->hi_ns, hi);
	assert_in_range(quantity->est_ns, lo, hi);
}

static void what_is_off_is_cut_by_the_part(void **state)
{
	int64_t t = BEGIN + 100 * MS;
	struct work work;

	(void)state;
	where(off(MIGRATION, t - 10 * MS, t + 5 * MS, t + 8 * MS), "poll_schedule_timeout do_poll");
	off(MIGRATION, t + 18 * MS, t + 18 * MS, t + 40 * MS);
	work = work_of(MIGRATION, t, t + 20 * MS);
	assert_exact(&work.on_cpu, 10 * MS);
	assert_exact(&work.runnable, 5 * MS);
	assert_int_equal(work.slept_count, 1);
	assert_exact(&work.slept[0].duration, 5 * MS);
	assert_string_equal(work.slept[0].in, "do_poll");
	assert_string_equal(work.slept[0].thread, "thread");
	assert_string_equal(work.starved, "thread");
}

static void one_that_was_never_off_was_on_a_cpu(void **state)
{
	struct work work;

	(void)state;
	off(RETURN, BEGIN, BEGIN + 90 * MS, BEGIN + 90 * MS);
	work = work_of(MIGRATION, BEGIN + 10 * MS, BEGIN + 60 * MS);
	assert_int_equal(work.slept_count, 1);
	assert_string_equal(work.slept[0].in, "short sleeps");
	assert_int_equal(work.on_cpu.hi_ns, 50 * MS);
	assert_true(work.on_cpu.lo_ns >= 46 * MS);
	assert_string_equal(work.starved, "");
}

/* The migration's thread waits for the return path's, which has no CPU at first, then waits for
 * the network. */
static void who_wakes_a_sleeper_counts_in_its_place(void **state)
{
	int64_t t = BEGIN + 100 * MS;
	struct mt_event *sleeper;
	struct work work;

	(void)state;
	where(off(RETURN, t - MS, t, t + 30 * MS), "futex_do_wait");
	where(off(RETURN, t + 31 * MS, t + 38 * MS, t + 38 * MS), "wait_woken sk_wait_data");
	sleeper = where(off(MIGRATION, t, t + 40 * MS, t + 40 * MS), "futex_do_wait");
	sleeper->sched.waker_pid = QEMU;
	sleeper->sched.waker_tid = RETURN;
	off(RETURN, t + 50 * MS, t + 50 * MS, t + 50 * MS);
	work = work_of(MIGRATION, t, t + 41 * MS);
	assert_int_equal(work.runnable.lo_ns, 30 * MS);
	assert_string_equal(work.slept[0].in, "sk_wait_data");
	assert_int_equal(work.slept[0].duration.lo_ns, 7 * MS);
	assert_true(work.on_cpu.hi_ns <= 4 * MS);
	sleeper->sched.waker_pid = sleeper->sched.waker_tid = 7; /* of another process: nobody's */
	work = work_of(MIGRATION, t, t + 41 * MS);
	assert_string_equal(work.slept[0].in, "futex_do_wait");
	assert_int_equal(work.slept[0].duration.lo_ns, 40 * MS);
}

static void two_that_wait_for_each_other_end(void **state)
{
	int64_t t = BEGIN + 100 * MS;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct mt_event *event = off(MIGRATION + (uint32_t)i, t, t + 9 * MS, t + 9 * MS);

		event->sched.waker_pid = QEMU;
		event->sched.waker_tid = MIGRATION + (uint32_t)!i;
	}
	assert_int_equal(work_of(MIGRATION, t, t + 9 * MS).slept[0].duration.lo_ns, 9 * MS);
}

static void short_spans_are_exact_where_all_are_in_the_part(void **state)
{
	int64_t t = BEGIN + 100 * MS;
	struct mt_event *last;
	struct work work;

	(void)state;
	off(MIGRATION, t, t + MS, t + MS);
	last = off(MIGRATION, t + 9 * MS, t + 10 * MS, t + 10 * MS);
	last->sched.short_slept_ns = 300000;
	last->sched.short_runnable_ns = 100000;
	work = work_of(MIGRATION, t, t + 10 * MS);
	assert_exact(&work.on_cpu, 8 * MS - 400000);
	assert_exact(&work.runnable, 100000);
	assert_exact(&work.slept[1].duration, 300000);
	work = work_of(MIGRATION, t + 2 * MS, t + 10 * MS);
	assert_between(&work.on_cpu, 7 * MS - 400000, 7 * MS);
	assert_between(&work.runnable, 0, 100000);
}

static void throttling_is_no_more_than_was_waited(void **state)
{
	int64_t t = BEGIN + 100 * MS;
	struct mt_event *event;
	struct work work;

	(void)state;
	event = off(MIGRATION, t, t, t + 10 * MS);
	event->sched.throttled_ns = 50 * (uint64_t)MS; /* of two CPUs */
	work = work_of(MIGRATION, t, t + 10 * MS);
	assert_between(&work.throttled, 0, 10 * MS);
	assert_int_equal(work.throttled.est_ns, 10 * MS);
	event->sched.throttled_ns = 0;
	work = work_of(MIGRATION, t, t + 10 * MS);
	assert_exact(&work.throttled, 0);
	event->sched.throttled_ns = UINT64_MAX;
	assert_false(work_of(MIGRATION, t, t + 10 * MS).throttled.known);
}

static void stopped_by_a_signal_is_not_without_a_cpu(void **state)
{
	int64_t t = BEGIN + 100 * MS;
	struct work work;

	(void)state;
	where(off(MIGRATION, t, t + 50 * MS, t + 50 * MS), "do_signal_stop get_signal");
	work = work_of(MIGRATION, t, t + 50 * MS);
	assert_exact(&work.runnable, 0);
	assert_string_equal(place_meaning(work.slept[0].in), "was stopped by a signal");
	assert_null(place_meaning("futex_do_wait"));
}

static void assert_unknown(const struct work *work, bool is_recorded, const char *why)
{
	assert_int_equal(work->is_recorded, is_recorded);
	assert_false(work->on_cpu.known);
	assert_string_equal(work->on_cpu.why_unknown, why);
	assert_int_equal(work->slept_count, 0);
}

static void what_was_not_watched_is_unknown(void **state)
{
	int64_t t = BEGIN + 100 * MS;
	struct stretch stretch = {t, t + MS, NULL};
	struct work work;

	(void)state;
	end = (struct mt_event){.tgid = QEMU, .tid = MIGRATION};
	side_spans_find(&side, &spans);
	work = work_in(&spans, &stretch);
	assert_unknown(&work, false, "was not recorded");
	off(RETURN, t, t, END);
	work = work_of(MIGRATION, BEGIN - MS, t);
	assert_unknown(&work, true, "not all switches of that time were recorded");
	work = work_of(MIGRATION, t, END + MS);
	assert_unknown(&work, true, "not all switches of that time were recorded");
	work = work_in(&spans, &stretch);
	assert_unknown(&work, true, "it was not seen which thread ended it");
	end.tgid = DAEMON;
	stretch.end = &end;
	work = work_in(&spans, &stretch);
	assert_unknown(&work, true, "its thread was not watched");
}

static void too_many_are_unknown(void **state)
{
	struct work work;

	(void)state;
	for (int i = 0; i < SPANS_MAX; i++)
		off(MIGRATION, BEGIN, BEGIN + i, BEGIN + i);
	work = work_of(MIGRATION, BEGIN, BEGIN + MS);
	assert_unknown(&work, true, "there were too many switches");
}

static void assert_place(const char *text, const char *expected)
{
	struct mt_event event = {0};
	char in[SLEPT_PLACE];

	place_name_of(where(&event, text), in);
	assert_string_equal(in, expected);
}

static void a_place_is_who_knows_what_is_waited_for(void **state)
{
	struct mt_event full = {.text_len = MT_TEXT};
	char in[SLEPT_PLACE];

	(void)state;
	assert_place("poll_schedule_timeout.constprop.0 do_sys_poll __x64_sys_poll", "do_sys_poll");
	assert_place("wait_woken sk_stream_wait_memory", "sk_stream_wait_memory");
	assert_place("jbd2_log_wait_commit [jbd2] ext4_sync_file", "jbd2_log_wait_commit");
	assert_place("folio_wait_bit_common __folio_lock_or_retry do_swap_page", "do_swap_page");
	assert_place("folio_wait_bit_common filemap_read ext4_file_read", "folio_wait_bit_common");
	assert_place("io_schedule handle_userfault.isra.0 do_anonymous_page", "handle_userfault");
	assert_place("wait_woken", "unknown");
	assert_place("", "unknown");
	assert_place("  x", "unknown");
	memset(full.text, 'x', MT_TEXT);
	place_name_of(&full, in);
	assert_int_equal(strlen(in), SLEPT_PLACE - 1);
}

/* What a simulated thread really did in [from, to). */
struct truth_of {
	int64_t on_cpu, runnable, slept;
};

static int64_t common(int64_t a, int64_t b, int64_t from, int64_t to)
{
	int64_t lo = a > from ? a : from, hi = b < to ? b : to;

	return hi > lo ? hi - lo : 0;
}

/* One thread goes on and off its CPU, of which a recorder reports what it does. */
static struct truth_of simulate(uint64_t *rng, int64_t from, int64_t to)
{
	int64_t at = BEGIN, slept = 0, runnable = 0;
	struct truth_of truth = {0};

	while (at < END - 10 * MS) {
		bool is_long = !random_between(rng, 0, 3);
		int64_t most = is_long ? 3 * MS : MT_SCHED_SHORT_NS / 3;
		int64_t gone = at + random_between(rng, 1, 2 * MS);
		int64_t woken = gone + random_between(rng, 0, most);
		int64_t on = woken + random_between(rng, 0, most);

		truth.on_cpu += common(at, gone, from, to);
		truth.slept += common(gone, woken, from, to);
		truth.runnable += common(woken, on, from, to);
		if (on - gone >= MT_SCHED_SHORT_NS || slept + runnable >= MT_SCHED_SUM_NS) {
			struct mt_event *event = off(MIGRATION, gone, woken, on);

			event->sched.short_slept_ns = (uint64_t)slept;
			event->sched.short_runnable_ns = (uint64_t)runnable;
			slept = runnable = 0;
		} else {
			slept += woken - gone;
			runnable += on - woken;
		}
		at = on;
	}
	truth.on_cpu += common(at, END, from, to);
	return truth;
}

static void assert_holds(const struct quantity *quantity, int64_t truth)
{
	assert_true(quantity->known);
	assert_true(quantity->lo_ns <= truth && truth <= quantity->hi_ns);
	assert_in_range(quantity->est_ns, quantity->lo_ns, quantity->hi_ns);
}

/* A part ends where its thread is on a CPU, or wherever else what ends it is cut. */
static void the_truth_is_within_the_bounds(void **state)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint64_t rng = seed;
		int64_t from = random_between(&rng, BEGIN, END - 100 * MS);
		int64_t to = from + random_between(&rng, 1, 80 * MS);
		struct quantity slept = {true, 0, 0, 0, NULL, NULL};
		struct truth_of truth;
		struct work work;

		begin(state);
		truth = simulate(&rng, from, to);
		work = work_of(MIGRATION, from, to);
		for (size_t i = 0; i < work.slept_count; i++) {
			slept.lo_ns += work.slept[i].duration.lo_ns;
			slept.hi_ns += work.slept[i].duration.hi_ns;
		}
		slept.est_ns = slept.lo_ns;
		assert_holds(&work.on_cpu, truth.on_cpu);
		assert_holds(&work.runnable, truth.runnable);
		assert_holds(&slept, truth.slept);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_off_is_cut_by_the_part),
		TEST(one_that_was_never_off_was_on_a_cpu),
		TEST(who_wakes_a_sleeper_counts_in_its_place),
		TEST(two_that_wait_for_each_other_end),
		TEST(short_spans_are_exact_where_all_are_in_the_part),
		TEST(throttling_is_no_more_than_was_waited),
		TEST(stopped_by_a_signal_is_not_without_a_cpu),
		TEST(what_was_not_watched_is_unknown),
		TEST(too_many_are_unknown),
		TEST(a_place_is_who_knows_what_is_waited_for),
		TEST(the_truth_is_within_the_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
