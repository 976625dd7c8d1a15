/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which call held what a thread waited for: named where all of the evidence is there, and only
 * then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/standstill/held.h"
#include "simulation.h"

#define MS	   INT64_C(1000000)
#define DAEMON	   100
#define WAITER	   101
#define HOLDER	   102
#define OTHER	   103
#define QEMU	   1000
#define T	   (2000 * MS) /* the part begins */
#define END	   (T + 400 * MS)
#define EVENTS_MAX 64
#define REMOTE	   0x20008086
#define BLOCK_INFO 194
#define ABORT_JOB  164

static struct recording recording;
static struct mt_event events[EVENTS_MAX], end;
static const struct mt_event *own[1];
static struct side side;
static struct spans spans;

static struct mt_event *event_add(uint32_t tid, int64_t at, enum mt_kind kind)
{
	struct mt_event *event = &events[recording.event_count++];

	assert_true(recording.event_count < EVENTS_MAX);
	*event = (struct mt_event){.kind = kind,
				   .ktime_ns = (uint64_t)at,
				   .tgid = DAEMON,
				   .tid = tid,
				   .comm = "rpc-libvirtd"};
	return event;
}

static int begin(void **state)
{
	(void)state;
	recording = (struct recording){.events = events};
	own[0] = event_add(DAEMON, T - MS, MT_PERFORM);
	side = (struct side){
		.role = ROLE_SOURCE, .recording = &recording, .events = own, .count = 1};
	return 0;
}

/* The thread slept in a lock until that one woke it, and had a CPU at once. */
static struct mt_event *slept(uint32_t tid, int64_t off, int64_t on, uint32_t waker)
{
	struct mt_event *event = event_add(tid, on, MT_SCHED);

	event->sched.slept_ns = (uint64_t)(on - off);
	event->sched.watched_ns = (uint64_t)(on - T + MS);
	event->sched.waker_pid = DAEMON;
	event->sched.waker_tid = waker;
	event->text_len = (uint16_t)snprintf(event->text, MT_TEXT, "futex_do_wait futex_wait");
	return event;
}

/* The thread's call: dispatched, the first waking in it, and its reply. */
static struct mt_event *call(uint32_t tid, uint64_t proc, int64_t from, int64_t woke, int64_t reply)
{
	struct mt_event *event = event_add(tid, reply, MT_HOLDER);

	event->earlier_ns = (uint64_t)woke;
	event->holder.program = REMOTE;
	event->holder.proc = proc;
	event->holder.dispatched_ns = (uint64_t)from;
	return event;
}

static int by_time(const void *a, const void *b)
{
	const struct mt_event *one = a, *other = b;

	return (one->ktime_ns > other->ktime_ns) - (one->ktime_ns < other->ktime_ns);
}

/* What was done until the waiter did something, 100 ms after the part's begin. */
static struct work work_found(void)
{
	struct work work;

	slept(0, END, END, 0);
	qsort(events, recording.event_count, sizeof(events[0]), by_time);
	side_spans_find(&side, &spans);
	end = (struct mt_event){.tgid = DAEMON, .tid = WAITER, .ktime_ns = T + 100 * MS};
	work = work_in(&spans, &(struct stretch){T, T + 100 * MS, &end});
	assert_true(work.on_cpu.known);
	return work;
}

static void assert_held(const struct held *held, uint64_t proc, int64_t ns)
{
	assert_int_equal(held->program, REMOTE);
	assert_int_equal(held->proc, proc);
	assert_true(held->duration.known);
	assert_int_equal(held->duration.lo_ns, ns);
	assert_int_equal(held->duration.hi_ns, ns);
}

static void who_ends_the_wait_has_held_it(void **state)
{
	struct work work;

	(void)state;
	slept(WAITER, T - 10 * MS, T + 80 * MS, HOLDER);
	call(HOLDER, BLOCK_INFO, T - 20 * MS, T + 80 * MS, T + 81 * MS);
	work = work_found();
	assert_int_equal(work.held_count, 1);
	assert_held(&work.held[0], BLOCK_INFO, 80 * MS);
	assert_string_equal(work.slept[0].in, "futex_do_wait");
}

static void a_call_holds_nothing_before_it_begins(void **state)
{
	(void)state;
	slept(WAITER, T, T + 80 * MS, HOLDER);
	call(HOLDER, BLOCK_INFO, T + 30 * MS, T + 80 * MS, T + 81 * MS);
	assert_held(&work_found().held[0], BLOCK_INFO, 50 * MS);
}

/* It had waited itself for most of the time: what it waited for then is what held them both. */
static void who_waits_itself_holds_nothing(void **state)
{
	struct work work;

	(void)state;
	slept(WAITER, T, T + 80 * MS, HOLDER);
	slept(HOLDER, T + 10 * MS, T + 70 * MS, OTHER);
	call(HOLDER, 16, T - MS, T + 80 * MS, T + 81 * MS);
	call(OTHER, BLOCK_INFO, T - MS, T + 70 * MS, T + 71 * MS);
	work = work_found();
	assert_int_equal(work.held_count, 2);
	assert_held(&work.held[0], 16, 20 * MS);
	assert_held(&work.held[1], BLOCK_INFO, 60 * MS);
}

static void what_a_holder_does_counts_in_the_sleepers_place(void **state)
{
	struct mt_event *disk;
	struct work work;

	(void)state;
	slept(WAITER, T, T + 80 * MS, HOLDER);
	disk = slept(HOLDER, T + 10 * MS, T + 70 * MS, 0);
	disk->sched.waker_pid = 0;
	disk->text_len = (uint16_t)snprintf(disk->text, MT_TEXT, "io_schedule rq_qos_wait");
	call(HOLDER, BLOCK_INFO, T - MS, T + 80 * MS, T + 81 * MS);
	work = work_found();
	assert_int_equal(work.held_count, 1);
	assert_held(&work.held[0], BLOCK_INFO, 80 * MS);
	assert_string_equal(work.slept[0].in, "rq_qos_wait");
	assert_int_equal(work.slept[0].duration.lo_ns, 60 * MS);
}

static void two_waits_for_one_call_are_added_up(void **state)
{
	struct work work;

	(void)state;
	slept(WAITER, T, T + 20 * MS, HOLDER);
	slept(WAITER, T + 30 * MS, T + 60 * MS, HOLDER);
	call(HOLDER, BLOCK_INFO, T - MS, T + 20 * MS, T + 61 * MS);
	work = work_found();
	assert_int_equal(work.held_count, 1);
	assert_held(&work.held[0], BLOCK_INFO, 50 * MS);
}

static void assert_nobody(void)
{
	assert_int_equal(work_found().held_count, 0);
	begin(NULL);
}

/* No reply, one before the waking or of a later call, of another thread or another process. */
static void without_evidence_nobody_is_named(void **state)
{
	struct mt_event *event;

	(void)state;
	slept(WAITER, T, T + 80 * MS, HOLDER);
	assert_nobody();
	slept(WAITER, T, T + 80 * MS, HOLDER);
	call(HOLDER, BLOCK_INFO, T - MS, T + 10 * MS, T + 79 * MS);
	call(HOLDER, BLOCK_INFO, T - MS, T + 82 * MS, T + 83 * MS);
	call(OTHER, BLOCK_INFO, T - MS, T + 10 * MS, T + 83 * MS);
	assert_nobody();
	slept(WAITER, T, T + 80 * MS, HOLDER);
	call(HOLDER, BLOCK_INFO, T - MS, 0, T + 81 * MS);
	assert_nobody();
	slept(WAITER, T, T + 80 * MS, HOLDER);
	call(HOLDER, BLOCK_INFO, 0, T + 80 * MS, T + 81 * MS);
	assert_nobody();
	slept(WAITER, T, T + 80 * MS, HOLDER)->sched.waker_pid = QEMU;
	call(HOLDER, BLOCK_INFO, T - MS, T + 80 * MS, T + 81 * MS);
	assert_nobody();
	slept(WAITER, T, T + 80 * MS, HOLDER);
	event = call(HOLDER, BLOCK_INFO, T - MS, T + 80 * MS, T + 81 * MS);
	event->tgid = QEMU;
	assert_nobody();
}

/* It waited for no lock, it is not known for what, or it is only told to end what it does. */
static void who_wakes_otherwise_has_held_nothing(void **state)
{
	(void)state;
	slept(WAITER, T, T + 80 * MS, HOLDER)->text_len = 0;
	call(HOLDER, BLOCK_INFO, T - MS, T + 80 * MS, T + 81 * MS);
	assert_nobody();
	memcpy(slept(WAITER, T, T + 80 * MS, HOLDER)->text, "do_wait", 7);
	call(HOLDER, BLOCK_INFO, T - MS, T + 80 * MS, T + 81 * MS);
	assert_nobody();
	slept(WAITER, T, T + 80 * MS, HOLDER);
	call(HOLDER, ABORT_JOB, T - MS, T + 80 * MS, T + 81 * MS);
	assert_nobody();
}

static void calls_beyond_the_room_are_left_out(void **state)
{
	struct work work;

	(void)state;
	for (uint32_t i = 0; i < HELD_CALLS + 2; i++) {
		int64_t at = T + (int64_t)i * 10 * MS;

		slept(WAITER, at, at + 5 * MS, HOLDER + i);
		call(HOLDER + i, 14 + i, T - MS, at + 5 * MS, at + 6 * MS);
	}
	work = work_found();
	assert_int_equal(work.held_count, HELD_CALLS);
	for (size_t i = 0; i < HELD_CALLS; i++)
		assert_held(&work.held[i], 14 + i, 5 * MS);
}

static void assert_name(uint64_t program, uint64_t proc, const char *expected)
{
	char text[HELD_TEXT];

	held_name(&(struct held){.program = program, .proc = proc}, text);
	assert_string_equal(text, expected);
}

static void calls_have_names_or_numbers(void **state)
{
	(void)state;
	assert_name(REMOTE, BLOCK_INFO, "domain-get-block-info");
	assert_name(REMOTE, 344, "connect-get-all-domain-stats");
	assert_name(REMOTE + 1, 1, "qemu-domain-monitor-command");
	assert_name(REMOTE, 0, "procedure 0");
	assert_name(REMOTE, UINT64_MAX, "procedure 18446744073709551615");
	assert_name(REMOTE + 2, 1, "procedure 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(who_ends_the_wait_has_held_it, begin),
		cmocka_unit_test_setup(a_call_holds_nothing_before_it_begins, begin),
		cmocka_unit_test_setup(who_waits_itself_holds_nothing, begin),
		cmocka_unit_test_setup(what_a_holder_does_counts_in_the_sleepers_place, begin),
		cmocka_unit_test_setup(two_waits_for_one_call_are_added_up, begin),
		cmocka_unit_test_setup(without_evidence_nobody_is_named, begin),
		cmocka_unit_test_setup(who_wakes_otherwise_has_held_nothing, begin),
		cmocka_unit_test_setup(calls_beyond_the_room_are_left_out, begin),
		cmocka_unit_test(calls_have_names_or_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
