/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What matching and figures claim: the right sides, truth inside every bound, no guess. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/event/cookie.h"
#include "core/figures/figures.h"
#include "core/recording/join.h"
#include "core/recording/store.h"
#include "core/match/migration.h"
#include "core/match/flavour.h"
#include "core/match/outcome.h"
#include "core/picture/sequence.h"
#include "simulation.h"

#define SEEDS 2000
#define MS    INT64_C(1000000)

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void assert_exactly(const char *what, const struct quantity *q, int64_t truth_ns)
{
	/* Rates of 90 ppm move a span of half a second by less than 50 us. */
	if (!q->known || q->lo_ns != q->hi_ns || q->est_ns < truth_ns - 50000 ||
	    q->est_ns > truth_ns + 50000)
		fail_msg("%s: expected %ld, got %ld known %d %s", what, truth_ns, q->est_ns,
			 q->known, q->known ? "" : q->why_unknown);
}

static void assert_contains(const char *what, uint64_t seed, const struct quantity *q,
			    int64_t truth_ns, int64_t slack_ns)
{
	if (!q->known || q->lo_ns - slack_ns > truth_ns || q->hi_ns + slack_ns < truth_ns ||
	    q->est_ns < q->lo_ns || q->est_ns > q->hi_ns)
		fail_msg("seed %lu: %s: expected %ld in bounds, got [%ld, %ld] %s", seed, what,
			 truth_ns, q->lo_ns, q->hi_ns, q->known ? "" : q->why_unknown);
}

/* Spans on the source's clock are true here, as its rate is 0. */
static void figures_contain_truth_whatever_the_clocks_show(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint64_t rng = seed;
		struct scene w;

		scene_init(&w, random_between(&rng, -100000000000 * MS, 100000000000 * MS),
			   random_between(&rng, -90000, 90000));
		struct truth t = simulate_p2p(&w.a, &w.b, &rng, 1000 * MS, 7);

		scene_snapshots(&w, t.performed + MS);
		for (int i = 0; i < 4; i++)
			w.b.snapshots[i].raw_ns =
				w.b.snapshots[1].mono_before_ns + (i - 1) * (t.performed + MS);
		scene_correlate(&w);
		assert_int_equal(w.migrations.count, 1);
		assert_string_equal(w.migrations.migration[0].matched, "cookie");
		struct figures f = figures_of(&w.migrations.migration[0]);
		int64_t offset = host_clock(&w.b, t.received) - host_clock(&w.a, t.received);

		assert_int_equal(f.clocks.verdict, CLOCK_BOUNDED);
		assert_contains("offset", seed, &f.clocks.offset, offset, 1);
		assert_contains("transfer", seed, &f.transfer, t.received - t.sent, 1);
		assert_contains("downtime", seed, &f.downtime, t.done - t.stopped, 1);
		assert_contains("elapsed", seed, &f.elapsed, t.done - t.start, 1);
		assert_exactly("downtime_net", &f.downtime_net,
			       t.sent - t.stopped + t.done - t.received);
		assert_exactly("elapsed_net", &f.elapsed_net,
			       t.sent - t.start + t.done - t.received);
		/* No wider than the RPC of Finish and the drift allow. */
		assert_true(f.clocks.offset.hi_ns - f.clocks.offset.lo_ns <
			    900000 + 400 * MS / 1000);
		scene_free(&w);
	}
}

/* From its start on there the destination takes 20 s more, by a clock that is fast by that much. */
static struct truth make_slow_start(struct scene *w, int64_t ppb)
{
	uint64_t rng = 7;
	struct truth t;

	scene_init(w, 7300 * MS, ppb);
	t = simulate_p2p(&w->a, &w->b, &rng, 1000 * MS, 7);
	for (size_t i = 0; i < w->a.recording.event_count; i++)
		if ((int64_t)w->a.events[i].ktime_ns > host_clock(&w->a, t.received))
			w->a.events[i].ktime_ns += 20000 * MS;
	for (size_t i = 0; i < w->b.recording.event_count; i++)
		if ((int64_t)w->b.events[i].ktime_ns >= host_clock(&w->b, t.done))
			w->b.events[i].ktime_ns += 20000 * MS + 20 * ppb;
	t.done += 20000 * MS;
	t.performed += 20000 * MS;
	scene_snapshots(w, t.performed + MS);
	scene_correlate(w);
	return t;
}

/* 8 ms of the 20 s are the clock's. */
static void drift_that_the_messages_show_is_in_the_bounds(void **state)
{
	struct scene w;
	struct truth t = make_slow_start(&w, 400000);
	struct figures f = figures_of(&w.migrations.migration[0]);

	(void)state;
	assert_contains("downtime", 0, &f.downtime, t.done - t.stopped, 1);
	assert_contains("elapsed", 0, &f.elapsed, t.done - t.start, 1);
	assert_true(f.clocks.drift_lo_ppb > 300000 && f.clocks.drift_lo_ppb <= 400000);
	/* Nothing that the source sent came after those 20 s: by the limit on the rates. */
	assert_int_equal(f.clocks.drift_hi_ppb, f.clocks.rate_ppb);
	assert_true(f.downtime.hi_ns - f.downtime.lo_ns < 22 * MS);
	scene_free(&w);
}

static void drift_that_no_clock_has_gives_no_figure_across_hosts(void **state)
{
	struct scene w;
	struct figures f;

	(void)state;
	make_slow_start(&w, 1200000);
	f = figures_of(&w.migrations.migration[0]);
	assert_int_equal(f.clocks.verdict, CLOCK_INCONSISTENT);
	assert_false(f.downtime.known);
	assert_true(f.downtime_net.known);
	scene_free(&w);
}

static void parts_add_up_to_downtime(void **state)
{
	(void)state;
	uint64_t rng = 42;
	struct scene w;
	int64_t sum = 0;

	scene_init(&w, 7300 * MS, 0);
	simulate_p2p(&w.a, &w.b, &rng, 1000 * MS, 7);
	scene_correlate(&w);
	struct figures f = figures_of(&w.migrations.migration[0]);

	assert_true(f.downtime.known);
	assert_true(f.breakdown.count >= 3);
	for (size_t i = 0; i < f.breakdown.count; i++) {
		assert_true(f.breakdown.part[i].duration.known);
		assert_true(f.breakdown.part[i].is_downtime);
		sum += f.breakdown.part[i].duration.est_ns;
	}
	assert_int_equal(sum, f.downtime.est_ns);
	scene_free(&w);
}

static void sequence_is_in_the_true_order(void **state)
{
	(void)state;
	uint64_t rng = 43;
	struct sequence_event events[SEQUENCE_MAX];
	struct account account;
	struct scene w;
	static const struct {
		enum mt_kind kind;
		enum mt_edge edge;
	} expected[] = {
		{MT_PERFORM, MT_ENTER}, {MT_PREPARE, MT_ENTER},	      {MT_PREPARE, MT_RETURN},
		{MT_RUN, MT_ENTER},	{MT_MONITOR_EVENT, MT_ENTER}, {MT_RUN, MT_RETURN},
		{MT_FINISH, MT_ENTER},	{MT_START_CPUS, MT_ENTER},    {MT_START_CPUS, MT_RETURN},
		{MT_FINISH, MT_RETURN}, {MT_PERFORM, MT_RETURN},
	};

	scene_init(&w, -7300 * MS, 0);
	struct truth t = simulate_p2p(&w.a, &w.b, &rng, 1000 * MS, 7);

	scene_snapshots(&w, t.performed + MS);
	scene_correlate(&w);
	account_make(&w.migrations.migration[0], &(struct account_request){0}, &account);
	size_t count = sequence_of(&account, events);

	assert_int_equal(count, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(events[i].event->kind, expected[i].kind);
		assert_int_equal(events[i].event->edge, expected[i].edge);
	}
	scene_free(&w);
}

static void kernel_clock(struct scene *w)
{
	strcpy(w->a.recording.boot_id, "boot");
	strcpy(w->b.recording.boot_id, "boot");
	w->a.recording.is_kernel_clock = w->b.recording.is_kernel_clock = true;
}

/* Two recorders on one kernel: nothing has to be bound. */
static void one_clock_is_exact(void **state)
{
	(void)state;
	uint64_t rng = 53;
	struct scene w;

	scene_init(&w, 0, 0);
	kernel_clock(&w);
	struct truth t = simulate_p2p(&w.a, &w.b, &rng, 1000 * MS, 7);

	scene_correlate(&w);
	struct figures f = figures_of(&w.migrations.migration[0]);

	assert_true(f.clocks.are_one);
	assert_int_equal(f.clocks.offset.lo_ns, 0);
	assert_int_equal(f.clocks.offset.hi_ns, 0);
	assert_int_equal(f.transfer.lo_ns, t.received - t.sent);
	assert_int_equal(f.transfer.hi_ns, t.received - t.sent);
	assert_int_equal(f.downtime.lo_ns, t.done - t.stopped);
	assert_int_equal(f.downtime.hi_ns, t.done - t.stopped);
	assert_int_equal(f.elapsed.lo_ns, t.done - t.start);
	assert_int_equal(f.elapsed.hi_ns, t.done - t.start);
	scene_free(&w);
}

/* A recorder that tests give another clock, or kernels that only say that they are one. */
static void what_is_not_one_clock_is_not_taken_for_one(void **state)
{
	(void)state;
	for (int is_said = 0; is_said < 2; is_said++) {
		uint64_t rng = 53;
		struct scene w;

		scene_init(&w, -7300 * MS, 0);
		kernel_clock(&w);
		w.b.recording.is_kernel_clock = is_said;
		simulate_p2p(&w.a, &w.b, &rng, 1000 * MS, 7);
		scene_correlate(&w);
		struct figures f = figures_of(&w.migrations.migration[0]);

		assert_int_equal(f.clocks.verdict, is_said ? CLOCK_INCONSISTENT : CLOCK_BOUNDED);
		assert_int_equal(f.downtime.known, !is_said);
		scene_free(&w);
	}
}

/* A recorder in each pod has the pids of the pod: that two have the same makes them no one daemon.
 */
static void pods_of_one_kernel_may_have_one_pid(void **state)
{
	(void)state;
	for (int are_known = 0; are_known < 2; are_known++) {
		uint64_t rng = 54;
		struct scene w;

		scene_init(&w, 0, 0);
		w.b.pid = w.a.pid;
		kernel_clock(&w);
		simulate_p2p(&w.a, &w.b, &rng, 1000 * MS, 7);
		struct daemon of_a = {.pid = w.a.pid, .host = "pod-a"};
		struct daemon of_b = {.pid = w.b.pid, .host = "pod-b"};

		w.a.recording.daemons = &of_a;
		w.b.recording.daemons = &of_b;
		w.a.recording.daemon_count = w.b.recording.daemon_count = (size_t)are_known;
		scene_correlate(&w);
		assert_int_equal(w.migrations.count, are_known ? 1 : 2);
		w.a.recording.daemons = w.b.recording.daemons = NULL;
		scene_free(&w);
	}
}

static void there_and_back_are_two_migrations_each_way_right(void **state)
{
	(void)state;
	uint64_t rng = 44;
	struct scene w;
	struct truth t[6];

	scene_init(&w, 7300 * MS, 20000);
	for (int i = 0; i < 6; i++)
		t[i] = simulate_p2p(i % 2 ? &w.b : &w.a, i % 2 ? &w.a : &w.b, &rng,
				    i ? t[i - 1].performed + MS : MS, 7);
	scene_correlate(&w);
	assert_int_equal(w.migrations.count, 6);
	for (size_t i = 0; i < 6; i++) {
		const struct migration *m = &w.migrations.migration[i];
		struct figures f = figures_of(m);
		bool found = false;

		assert_non_null(m->source);
		assert_non_null(m->destination);
		assert_ptr_not_equal(m->source->recording, m->destination->recording);
		for (int j = 0; j < 6; j++)
			found |= f.downtime.known &&
				 llabs(f.downtime_net.est_ns - (t[j].sent - t[j].stopped +
								t[j].done - t[j].received)) < 20000;
		assert_true(found);
		assert_int_equal(migration_outcome(m), OUTCOME_COMPLETED);
		assert_int_equal(migration_control(m), CONTROL_P2P);
	}
	scene_free(&w);
}

static void concurrent_domains_do_not_mix(void **state)
{
	(void)state;
	uint64_t rng = 45;
	struct scene w;
	struct truth t[4];

	scene_init(&w, 0, 0);
	for (int i = 0; i < 4; i++)
		t[i] = simulate_p2p(&w.a, &w.b, &rng, MS + i * 1000, (uint8_t)(i + 1));
	scene_correlate(&w);
	assert_int_equal(w.migrations.count, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct migration *m = &w.migrations.migration[i];
		const struct truth *truth = &t[migration_uuid(m)[0] - 1];
		struct figures f = figures_of(m);

		assert_int_equal(f.downtime_net.est_ns,
				 truth->sent - truth->stopped + truth->done - truth->received);
	}
	scene_free(&w);
}

static void one_half_alone_gives_no_figure(void **state)
{
	(void)state;
	uint64_t rng = 46;
	struct scene w;

	scene_init(&w, 0, 0);
	simulate_p2p(&w.a, &w.b, &rng, MS, 7);
	w.b.recording.event_count = 0;
	scene_correlate(&w);
	assert_int_equal(w.migrations.count, 1);
	struct figures f = figures_of(&w.migrations.migration[0]);

	assert_null(w.migrations.migration[0].destination);
	assert_null(w.migrations.migration[0].matched);
	assert_false(f.downtime.known);
	assert_false(f.downtime_net.known);
	assert_false(f.clocks.offset.known);
	assert_string_equal(f.downtime.why_unknown, "the destination's side was not seen");
	assert_int_equal(migration_outcome(&w.migrations.migration[0]), OUTCOME_COMPLETED);
	scene_free(&w);
}

static void the_same_side_twice_is_not_paired(void **state)
{
	(void)state;
	uint64_t rng = 47;
	struct scene w;

	scene_init(&w, 0, 0);
	simulate_p2p(&w.a, &w.b, &rng, MS, 7);
	memcpy(w.b.events, w.a.events, sizeof(w.b.events));
	w.b.recording.event_count = w.a.recording.event_count;
	scene_correlate(&w);
	assert_int_equal(w.migrations.count, 2);
	assert_null(w.migrations.migration[0].duplicate_of);
	assert_ptr_equal(w.migrations.migration[1].duplicate_of, w.migrations.migration[0].source);
	for (size_t i = 0; i < 2; i++) {
		assert_true(w.migrations.migration[i].is_doubled);
		assert_null(w.migrations.migration[i].destination);
		assert_false(figures_of(&w.migrations.migration[i]).downtime.known);
	}
	scene_free(&w);
}

static void lost_events_make_figures_unknown(void **state)
{
	(void)state;
	uint64_t rng = 48;
	struct scene w;

	scene_init(&w, 0, 0);
	host_snapshot(&w.a, 0, 5);
	struct truth t = simulate_p2p(&w.a, &w.b, &rng, MS, 7);

	host_snapshot(&w.a, t.performed + 2 * MS, 8);
	scene_correlate(&w);
	struct figures f = figures_of(&w.migrations.migration[0]);

	assert_int_equal(f.lost_events, 3);
	assert_false(f.downtime.known);
	assert_false(f.downtime_net.known);
	scene_free(&w);
}

/* Between the start and the STOP another attempt could have begun, but none after the STOP. */
static void lost_events_spoil_only_what_they_can_change(void **state)
{
	(void)state;
	uint64_t rng = 52;
	struct scene w;

	scene_init(&w, 0, 0);
	host_snapshot(&w.a, 0, 0);
	host_snapshot(&w.b, 0, 0);
	struct truth t = simulate_p2p(&w.a, &w.b, &rng, MS, 7);

	host_snapshot(&w.a, t.stopped - 2, 3);
	host_snapshot(&w.a, t.performed + 2 * MS, 3);
	host_snapshot(&w.b, t.performed + 2 * MS, 0);
	scene_correlate(&w);
	struct figures f = figures_of(&w.migrations.migration[0]);

	assert_int_equal(f.lost_events, 3);
	assert_string_equal(f.hole, "events were lost while it ran");
	assert_false(f.elapsed.known);
	assert_string_equal(f.elapsed.why_unknown, "events were lost while it ran");
	assert_true(f.downtime_net.known);
	scene_free(&w);
}

static struct recording recording_of(const char *host, uint32_t pid, int64_t from_ns)
{
	struct recording recording = {.boot_id = "boot", .hits = 5};
	struct daemon daemon = {.pid = pid};
	struct mt_event event = {.ktime_ns = (uint64_t)from_ns + 20};
	struct clock_snapshot look = {.mono_before_ns = from_ns, .mono_after_ns = from_ns + 1};

	strcpy(daemon.host, host);
	assert_int_equal(recording_add_daemon(&recording, &daemon), 0);
	assert_int_equal(recording_add_snapshot(&recording, &look), 0);
	look = (struct clock_snapshot){
		.mono_before_ns = from_ns + 10, .mono_after_ns = from_ns + 11, .lost = 2};
	assert_int_equal(recording_add_snapshot(&recording, &look), 0);
	assert_int_equal(recording_add_event(&recording, &event), 0);
	return recording;
}

static void recordings_of_one_host_are_joined_over_the_gap(void **state)
{
	(void)state;
	static const uint8_t uuid[MT_UUID] = {1}, another[MT_UUID] = {2};
	struct recording first = recording_of("a", 100, 1000);
	struct recording second = recording_of("a", 100, 2000);
	struct recording other = recording_of("b", 100, 3000);
	struct recording overlaps = recording_of("a", 100, 1020);
	struct gap gap = {1013, 1014, true, {2}, "a flood"}, between;

	assert_false(recording_follows(&first, &overlaps));
	assert_false(recording_follows(&first, &other));
	assert_false(recording_follows(&second, &first));
	first.is_open = true;
	assert_false(recording_follows(&first, &second));
	first.is_open = false;
	assert_true(recording_follows(&first, &second));
	second.is_open = true;
	assert_int_equal(recording_append(&first, &second), 0);
	assert_true(first.is_open);
	assert_ptr_equal(second.joined, &first);
	assert_int_equal(first.event_count, 2);
	assert_int_equal(second.event_count, 0);
	assert_int_equal(first.hits, 10);
	assert_int_equal(first.snapshots[3].lost, 4);
	assert_int_equal(first.lost_before, 2);
	assert_string_equal(recording_hole(&first, uuid, 1015, 2001), "the recording has a gap");
	assert_string_equal(recording_hole(&first, uuid, 1000, 1012),
			    "events were lost while it ran");
	assert_null(recording_hole(&first, uuid, 1012, 1019));
	assert_int_equal(recording_whole_around(&first, uuid, 1015).from_ns, 1011);
	assert_int_equal(recording_whole_around(&first, uuid, 1015).to_ns, 1020);
	assert_int_equal(recording_whole_around(&first, uuid, 2020).from_ns, 2011);
	assert_int_equal(recording_add_gap(&first, &gap), 0);
	assert_null(recording_hole(&first, uuid, 1012, 1019));
	assert_string_equal(recording_hole(&first, another, 1012, 1019), "a flood");
	assert_int_equal(recording_gaps(&first, 1000, 1020, &between), 0);
	assert_int_equal(recording_gaps(&first, 1000, 2001, &between), 1);
	assert_int_equal(between.from_ns, 1020);
	assert_int_equal(between.to_ns, 2000);
	recording_free(&first);
	recording_free(&second);
	recording_free(&other);
	recording_free(&overlaps);
}

static void losses_before_and_after_do_not_count(void **state)
{
	(void)state;
	uint64_t rng = 49;
	struct scene w;

	scene_init(&w, 0, 0);
	host_snapshot(&w.a, 0, 5);
	struct truth t = simulate_p2p(&w.a, &w.b, &rng, MS, 7);

	host_snapshot(&w.a, t.performed + 2 * MS, 5);
	host_snapshot(&w.a, t.performed + 3 * MS, 9);
	scene_correlate(&w);
	assert_int_equal(figures_of(&w.migrations.migration[0]).lost_events, 0);
	assert_true(figures_of(&w.migrations.migration[0]).downtime.known);
	scene_free(&w);
}

static void a_clock_that_stepped_gives_no_figure_across_hosts(void **state)
{
	(void)state;
	uint64_t rng = 50;
	struct scene w;

	scene_init(&w, 0, 0);
	struct truth t = simulate_p2p(&w.a, &w.b, &rng, MS, 7);

	/* The destination's clock jumps 5 s ahead between Prepare and Finish. */
	for (size_t i = 0; i < w.b.recording.event_count; i++)
		if (w.b.events[i].ktime_ns > (uint64_t)host_clock(&w.b, t.stopped)) {
			w.b.events[i].ktime_ns += 5000 * MS;
			if (w.b.events[i].earlier_ns)
				w.b.events[i].earlier_ns += 5000 * MS;
		}
	scene_snapshots(&w, t.performed + 6000 * MS);
	scene_correlate(&w);
	struct figures f = figures_of(&w.migrations.migration[0]);

	assert_int_equal(f.clocks.verdict, CLOCK_INCONSISTENT);
	assert_false(f.clocks.offset.known);
	assert_false(f.downtime.known);
	assert_false(f.transfer.known);
	assert_true(f.downtime_net.known); /* compares no clocks */
	scene_free(&w);
}

/* Without the replies only the order of phases bounds the clocks: wider, and still right. */
static void phase_order_alone_still_bounds(void **state)
{
	(void)state;
	uint64_t rng = 51;
	struct scene w;

	scene_init(&w, 7300 * MS, 0);
	struct truth t = simulate_p2p(&w.a, &w.b, &rng, MS, 7);

	for (size_t i = 0; i < w.a.recording.event_count; i++)
		if (w.a.events[i].kind == MT_RPC_CLIENT_SEND ||
		    w.a.events[i].kind == MT_RPC_CLIENT_RECEIVE)
			w.a.events[i].rpc.proc = 999;
	scene_snapshots(&w, t.performed + MS);
	scene_correlate(&w);
	struct figures f = figures_of(&w.migrations.migration[0]);

	assert_string_equal(f.clocks.lower.message[0].source, "phase");
	assert_string_equal(f.clocks.upper.message[0].source, "phase");
	assert_contains("offset", 51, &f.clocks.offset, 7300 * MS, 0);
	assert_contains("downtime", 51, &f.downtime, t.done - t.stopped, 0);
	scene_free(&w);
}

static void a_guest_that_resumed_was_not_stopped(void **state)
{
	(void)state;
	uint64_t rng = 52;
	struct scene w;

	scene_init(&w, 0, 0);
	struct truth t = simulate_p2p(&w.a, &w.b, &rng, MS, 7);
	struct mt_event *resume = host_event(&w.a, t.uuid, earlier(t.stopped + 10, t.sent - 1),
					     MT_MONITOR_EVENT, MT_ENTER);

	resume->text_len = (uint16_t)strlen(strcpy(resume->text, "{\"event\": \"RESUME\"}"));
	scene_correlate(&w);
	struct figures f = figures_of(&w.migrations.migration[0]);

	assert_false(f.downtime.known);
	assert_string_equal(f.downtime.why_unknown, "no STOP of the guest was seen");
	assert_true(f.elapsed.known);
	scene_free(&w);
}

static struct mt_event *state_set(struct scene *w)
{
	for (size_t i = 0; i < w->a.recording.event_count; i++)
		if (w->a.events[i].kind == MT_SET_STATE)
			return &w->a.events[i];
	return NULL;
}

static void downtime_begins_when_libvirt_has_handled_the_stop(void **state)
{
	(void)state;
	uint64_t rng = 54;
	struct scene w;

	scene_init(&w, 0, 0);
	struct truth t = simulate_p2p(&w.a, &w.b, &rng, MS, 7);

	state_set(&w)->ktime_ns += 70;
	scene_correlate(&w);
	struct figures f = figures_of(&w.migrations.migration[0]);

	assert_int_equal(f.downtime_net.lo_ns, t.sent - t.stopped - 70 + t.done - t.received);
	assert_int_equal(f.downtime_net.hi_ns, f.downtime_net.lo_ns);
	scene_free(&w);
}

/* It is handled by the thread that got it, before that does anything else. */
static void stop_that_was_not_seen_to_be_handled_widens_the_downtime(void **state)
{
	(void)state;
	uint64_t rng = 54;
	struct scene w;

	scene_init(&w, 0, 0);
	struct truth t = simulate_p2p(&w.a, &w.b, &rng, MS, 7);
	struct mt_event *set = state_set(&w);

	set->kind = MT_MONITOR_REPLY; /* what the thread does next, 30 ns after it was handled */
	set->ktime_ns += 30;
	scene_correlate(&w);
	struct figures f = figures_of(&w.migrations.migration[0]);

	assert_int_equal(f.downtime_net.lo_ns, t.sent - t.stopped - 30 + t.done - t.received);
	assert_int_equal(f.downtime_net.hi_ns, t.sent - t.stopped + 50000 + t.done - t.received);
	assert_true(f.downtime.hi_ns - f.downtime.lo_ns > 50030);
	assert_string_equal(f.breakdown.part[0].name, "unattributed");
	assert_int_equal(f.breakdown.part[0].duration.hi_ns, 50030);
	scene_free(&w);
}

/* An old libvirt has the URI elsewhere, and does not say for whom it formats a cookie. */
static void p2p_is_known_by_its_calls_too(void **state)
{
	(void)state;
	uint64_t rng = 55;
	struct scene w;

	scene_init(&w, 0, 0);
	struct truth t = simulate_p2p(&w.a, &w.b, &rng, MS, 7);

	for (size_t i = 0; i < w.a.recording.event_count; i++) {
		if (w.a.events[i].kind == MT_PERFORM && w.a.events[i].edge == MT_ENTER)
			w.a.events[i].perform.is_p2p = 0;
		if (w.a.events[i].kind == MT_COOKIE_FORMAT)
			w.a.events[i].format.party = 0;
	}
	scene_correlate(&w);
	assert_int_equal(w.migrations.count, 1);
	assert_int_equal(migration_control(&w.migrations.migration[0]), CONTROL_P2P);
	assert_int_equal(figures_of(&w.migrations.migration[0]).downtime_net.est_ns,
			 t.sent - t.stopped + t.done - t.received);
	scene_free(&w);
}

static void a_cookie_of_another_domain_gives_no_figure(void **state)
{
	(void)state;
	uint64_t rng = 56;
	struct scene w;

	for (int same = 0; same < 2; same++) {
		scene_init(&w, 0, 0);
		simulate_p2p(&w.a, &w.b, &rng, MS, 7);
		for (size_t i = 0; i < w.b.recording.event_count; i++)
			if (w.b.events[i].kind == MT_FINISH && w.b.events[i].cookie.len)
				w.b.events[i].text_len = (uint16_t)snprintf(
					w.b.events[i].text, MT_TEXT, "<uuid>0%d%s</uuid>",
					same ? 7 : 8, "000000-0000-0000-0000-000000000000");
		scene_correlate(&w);
		assert_int_equal(w.migrations.count, 1);
		assert_int_equal(figures_of(&w.migrations.migration[0]).downtime.known, same);
		scene_free(&w);
	}
}

static void name_of_the_domain_is_unescaped(void **state)
{
	(void)state;
	uint64_t rng = 53;
	struct scene w;
	char name[MT_TEXT], tiny[3];

	scene_init(&w, 0, 0);
	simulate_p2p(&w.a, &w.b, &rng, MS, 7);
	scene_correlate(&w);
	cookie_name(w.migrations.migration[0].source->cookie, name, sizeof(name));
	assert_string_equal(name, "a&b");
	cookie_name(w.migrations.migration[0].source->cookie, tiny, sizeof(tiny));
	assert_string_equal(tiny, "a&");
	scene_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_contain_truth_whatever_the_clocks_show),
		cmocka_unit_test(drift_that_the_messages_show_is_in_the_bounds),
		cmocka_unit_test(drift_that_no_clock_has_gives_no_figure_across_hosts),
		cmocka_unit_test(parts_add_up_to_downtime),
		cmocka_unit_test(sequence_is_in_the_true_order),
		cmocka_unit_test(one_clock_is_exact),
		cmocka_unit_test(what_is_not_one_clock_is_not_taken_for_one),
		cmocka_unit_test(pods_of_one_kernel_may_have_one_pid),
		cmocka_unit_test(there_and_back_are_two_migrations_each_way_right),
		cmocka_unit_test(concurrent_domains_do_not_mix),
		cmocka_unit_test(one_half_alone_gives_no_figure),
		cmocka_unit_test(the_same_side_twice_is_not_paired),
		cmocka_unit_test(lost_events_make_figures_unknown),
		cmocka_unit_test(lost_events_spoil_only_what_they_can_change),
		cmocka_unit_test(recordings_of_one_host_are_joined_over_the_gap),
		cmocka_unit_test(losses_before_and_after_do_not_count),
		cmocka_unit_test(a_clock_that_stepped_gives_no_figure_across_hosts),
		cmocka_unit_test(phase_order_alone_still_bounds),
		cmocka_unit_test(a_guest_that_resumed_was_not_stopped),
		cmocka_unit_test(downtime_begins_when_libvirt_has_handled_the_stop),
		cmocka_unit_test(stop_that_was_not_seen_to_be_handled_widens_the_downtime),
		cmocka_unit_test(p2p_is_known_by_its_calls_too),
		cmocka_unit_test(a_cookie_of_another_domain_gives_no_figure),
		cmocka_unit_test(name_of_the_domain_is_unescaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
