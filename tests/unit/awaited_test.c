/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the destination's loading thread did while the source waited: told only where it is known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/side/domain.h"
#include "core/standstill/awaited.h"
#include "core/standstill/part_names.h"

#define MS	   INT64_C(1000000)
#define DAEMON	   100
#define QEMU	   1000
#define AHEAD	   (7000 * MS) /* of the destination's clock */
#define EVENTS_MAX 256

static struct mt_event events[EVENTS_MAX];
static struct recording recording;
static const struct mt_event *own_events[2];
static struct side source, destination;
static struct migration migration;
static struct quantity transfer;
static struct spans spans;

static struct mt_event *event_add(uint32_t pid, int64_t at, enum mt_kind kind)
{
	struct mt_event *event = &events[recording.event_count++];

	assert_true(recording.event_count < EVENTS_MAX);
	*event = (struct mt_event){
		.kind = kind, .ktime_ns = (uint64_t)(at + AHEAD), .tgid = pid, .tid = pid};
	strcpy(event->comm, "loader");
	return event;
}

/* All times are of the true one: the source sent all at 2000 ms, which came 1 ms later. */
static int begin(void **state)
{
	(void)state;
	recording = (struct recording){.events = events};
	own_events[0] = event_add(DAEMON, 100 * MS, MT_PREPARE);
	event_add(QEMU, 200 * MS, MT_QEMU_STEP)->step.step = MT_STEP_LOAD;
	source = (struct side){.role = ROLE_SOURCE};
	source.src.sent.known = true;
	source.src.sent.at.v = 2000 * MS;
	destination = (struct side){.role = ROLE_DESTINATION,
				    .recording = &recording,
				    .events = own_events,
				    .count = 1};
	destination.dst.received.known = true;
	destination.dst.received.at.v = 2001 * MS + AHEAD;
	migration = (struct migration){.source = &source, .destination = &destination};
	transfer = quantity_between(MS / 2, MS * 3 / 2, "test");
	transfer.est_ns = MS;
	return 0;
}

/* It slept for that share of each 32 ms until then. */
static void waits_add(int64_t from, int64_t until, int64_t per_cent, const char *where)
{
	for (int64_t at = from; at < until; at += MT_SCHED_LOADER_NS) {
		struct mt_event *event = event_add(QEMU, at + MT_SCHED_LOADER_NS, MT_SCHED);

		event->sched.slept_ns = (uint64_t)(MT_SCHED_LOADER_NS / 100 * per_cent);
		event->text_len = (uint16_t)snprintf(event->text, MT_TEXT, "%s", where);
	}
}

/* All of it was seen since then. */
static void loaded_add(int64_t at, int64_t since)
{
	event_add(QEMU, at, MT_SCHED)->sched.alone_ns = (uint64_t)(at - since);
	event_add(QEMU, at, MT_QEMU_STEP)->step.step = MT_STEP_LOADED;
}

static struct work work_of(const char *part, int64_t from, int64_t to)
{
	const struct work own = work_unknown(true, "its own");
	const struct awaited awaited = {&migration, &transfer, &spans};
	const struct mt_event **sorted;
	struct work work;

	if (destination.count == 1)
		own_events[destination.count++] = event_add(DAEMON, 2001 * MS, MT_FINISH);
	sorted = domains_sort(&recording);
	destination.domain = domain_of(sorted, recording.event_count, destination.events[0]->uuid);
	spans_find(&destination, &spans);
	work = awaited_work(&awaited, part, &(struct stretch){from, to, NULL}, &own);
	free(sorted);
	return work;
}

static void waits_of_who_loads_are_told(void **state)
{
	int64_t truth = 744 * MS; /* three quarters of 992 ms */

	(void)state;
	waits_add(984 * MS, 1976 * MS, 75, "io_schedule do_swap_page");
	loaded_add(1976 * MS, 200 * MS);
	struct work work = work_of(PART_LOAD_AWAITED, 984 * MS, 1999 * MS);

	assert_true(work.is_loaders);
	assert_string_equal(work.slept[0].in, "do_swap_page");
	assert_string_equal(work.slept[0].thread, "loader");
	assert_in_range(truth, work.slept[0].duration.lo_ns, work.slept[0].duration.hi_ns);
	assert_in_range(work.slept[0].duration.hi_ns - work.slept[0].duration.lo_ns,
			2 * MT_SCHED_LOADER_NS, 2 * MT_SCHED_LOADER_NS + 4 * MS);
}

static void what_waits_for_the_stream_is_no_reason(void **state)
{
	(void)state;
	waits_add(984 * MS, 1976 * MS, 40, "io_schedule do_swap_page");
	loaded_add(1976 * MS, 200 * MS);
	assert_false(work_of(PART_LOAD_AWAITED, 984 * MS, 1999 * MS).is_loaders);
}

static void what_was_not_all_seen_is_not_told(void **state)
{
	(void)state;
	waits_add(984 * MS, 1976 * MS, 75, "io_schedule do_swap_page");
	loaded_add(1976 * MS, 1200 * MS);
	assert_false(work_of(PART_LOAD_AWAITED, 984 * MS, 1999 * MS).is_loaders);
	assert_true(work_of(PART_LOAD_AWAITED, 1240 * MS, 1999 * MS).is_loaders);
}

static void nothing_is_awaited_in_other_parts_or_behind_it(void **state)
{
	(void)state;
	waits_add(984 * MS, 1976 * MS, 75, "io_schedule do_swap_page");
	loaded_add(1976 * MS, 200 * MS);
	assert_true(work_of(PART_LAST_RAM, 984 * MS, 1999 * MS).is_loaders);
	assert_false(work_of(PART_DEVICE_STATE, 984 * MS, 1999 * MS).is_loaders);
	assert_false(work_of(PART_LOAD_AWAITED, 1990 * MS, 1999 * MS).is_loaders);
	transfer = quantity_unknown("test");
	assert_false(work_of(PART_LOAD_AWAITED, 984 * MS, 1999 * MS).is_loaders);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(waits_of_who_loads_are_told, begin),
		cmocka_unit_test_setup(what_waits_for_the_stream_is_no_reason, begin),
		cmocka_unit_test_setup(what_was_not_all_seen_is_not_told, begin),
		cmocka_unit_test_setup(nothing_is_awaited_in_other_parts_or_behind_it, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
