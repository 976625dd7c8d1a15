/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long the network lost a guest: the truth inside each bound, and unknown where nothing was
 * seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/event/ethernet.h"
#include "core/figures/figures.h"
#include "core/side/watched.h"
#include "inside.h"
#include "simulation.h"

#define MS    INT64_C(1000000)
#define US    INT64_C(1000)
#define SEEDS 200

static const uint8_t address[MT_ETHERNET] = {0x52, 0x54, 0, 0, 0, 1};

static struct scene scene;
static struct truth truth;
static struct network network;

static struct mt_event *qemu(struct host *host, int64_t at, enum mt_kind kind)
{
	struct mt_event *event = scene_qemu(host, &truth, at, kind);

	if (kind == MT_NET_BEGIN || kind == MT_NET_END)
		memcpy(event->net.address, address, MT_ETHERNET);
	return event;
}

/* What each QEMU does, and that its interface is watched before. */
static void guest_move(uint64_t seed)
{
	uint64_t rng = seed;
	int64_t ahead_ns = random_between(&rng, -7300 * MS, 7300 * MS);

	truth = scene_move(&scene, &rng, ahead_ns, random_between(&rng, -20000, 20000));
	qemu(&scene.a, truth.run, MT_NET_BEGIN);
	qemu(&scene.b, truth.prepared, MT_NET_BEGIN);
}

static struct mt_net *net_end(struct host *host, int64_t at)
{
	struct mt_net *net = &qemu(host, at, MT_NET_END)->net;

	net->is_whole = 1;
	return net;
}

static uint64_t stamp(const struct host *host, int64_t at)
{
	return (uint64_t)host_clock(host, at);
}

static const struct migration *find(void)
{
	const struct migration *migration = scene_found(&scene, &truth);
	struct figures figures = figures_of(migration);

	network = figures.network;
	return migration;
}

static void truth_is_inside_each_bound(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct mt_net *net;

		guest_move(seed);
		net = net_end(&scene.a, truth.performed + 20000 * MS); /* long after its window */
		net->last_in_ns = stamp(&scene.a, truth.stopped - 300 * US);
		net->last_out_ns = stamp(&scene.a, truth.stopped - 100 * US);
		net->late = 2034;
		net = net_end(&scene.b, truth.ran + 2100 * MS);
		net->first_in_ns = stamp(&scene.b, truth.ran + 2000 * MS);
		net->first_out_ns = stamp(&scene.b, truth.ran + 5 * MS);
		find();
		assert_int_equal(network.count, 1);
		assert_memory_equal(network.interface[0].address, address, MT_ETHERNET);
		assert_inside(seed, &network.in,
			      truth.ran + 2000 * MS - (truth.stopped - 300 * US));
		assert_inside(seed, &network.out, truth.ran + 5 * MS - (truth.stopped - 100 * US));
		assert_true(network.interface[0].late.known && network.interface[0].early.known);
		assert_int_equal(network.interface[0].late.count, 2034);
		assert_int_equal(network.interface[0].early.count, 0);
		scene_free(&scene);
	}
}

/* They are the guest's as soon as it is started: the first that is seen to be may be a later one.
 */
static void early_frames_come_with_the_start(void **state)
{
	struct mt_net *net;

	(void)state;
	guest_move(1);
	net_end(&scene.a, truth.performed)->last_in_ns = stamp(&scene.a, truth.stopped);
	net = net_end(&scene.b, truth.ran + 100 * MS);
	net->early = 3;
	net->first_in_ns = stamp(&scene.b, truth.ran + MS);
	find();
	assert_inside(1, &network.in, truth.ran - truth.stopped);
	assert_inside(1, &network.in, truth.ran + MS - truth.stopped);
	assert_true(network.in.hi_ns - network.in.lo_ns >= MS);
	assert_int_equal(network.interface[0].early.count, 3);
	assert_string_equal(network.out.why_unknown, "no traffic");
	scene_free(&scene);
}

static void assert_unknown(const char *in, const char *out)
{
	assert_false(network.in.known || network.out.known);
	assert_string_equal(network.in.why_unknown, in);
	assert_string_equal(network.out.why_unknown, out);
}

static void an_idle_guest_is_no_zero(void **state)
{
	(void)state;
	guest_move(1);
	net_end(&scene.a, truth.performed);
	net_end(&scene.b, truth.finished);
	find();
	assert_unknown("no traffic", "no traffic");
	scene_free(&scene);
	guest_move(1);
	net_end(&scene.a, truth.performed)->last_in_ns = stamp(&scene.a, truth.stopped);
	net_end(&scene.b, truth.finished)->first_out_ns = stamp(&scene.b, truth.ran);
	find();
	assert_unknown("no traffic since the guest started", "no traffic before the guest stopped");
	scene_free(&scene);
}

static void what_was_not_watched_is_unknown(void **state)
{
	(void)state;
	guest_move(1);
	find();
	assert_unknown("the source's recorder still watched, or had ended",
		       "the source's recorder still watched, or had ended");
	assert_false(network.interface[0].late.known || network.interface[0].early.known);
	scene_free(&scene);
	guest_move(1);
	net_end(&scene.a, truth.performed);
	net_end(&scene.b, truth.finished)->is_whole = 0;
	find();
	assert_false(network.interface[0].early.known);
	assert_string_equal(network.interface[0].early.why_unknown,
			    "the recorder ended before watching did");
	assert_true(network.interface[0].late.known);
	scene_free(&scene);
}

static void a_guest_without_an_interface_has_none(void **state)
{
	uint64_t rng = 1;

	(void)state;
	scene_init(&scene, 0, 0);
	truth = simulate_p2p(&scene.a, &scene.b, &rng, 1000 * MS, 7);
	find();
	assert_int_equal(network.count, 0);
	assert_unknown("no network interface of the guest was watched",
		       "no network interface of the guest was watched");
	scene_free(&scene);
}

/* A report waits for the end of watching, but not for ever. */
static void watching_is_waited_for(void **state)
{
	(void)state;
	guest_move(1);
	scene_snapshots(&scene, 10000 * MS);
	scene_correlate(&scene);
	assert_true(watched_is_open(scene.migrations.migration[0].source));
	scene_free(&scene);
	guest_move(1);
	assert_false(watched_is_open(find()->source));
	scene_free(&scene);
	guest_move(1);
	net_end(&scene.a, truth.performed + 20000 * MS);
	scene_snapshots(&scene, 10000 * MS);
	scene_correlate(&scene);
	assert_false(watched_is_open(scene.migrations.migration[0].source));
	assert_true(watched_is_open(scene.migrations.migration[0].destination));
	scene_free(&scene);
}

static void hardware_addresses_are_text(void **state)
{
	uint8_t read[MT_ETHERNET] = {0};
	char text[ETHERNET_TEXT];

	(void)state;
	ethernet_format(address, text);
	assert_string_equal(text, "52:54:00:00:00:01");
	assert_true(ethernet_parse(text, read));
	assert_memory_equal(read, address, MT_ETHERNET);
	assert_false(ethernet_parse("", read));
	assert_false(ethernet_parse("52:54:00:00:00", read));
	assert_false(ethernet_parse("52:54:00:00:00:01:02", read));
	assert_false(ethernet_parse("52-54-00-00-00-01", read));
	assert_false(ethernet_parse("52:54:00:00:00:0g", read));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truth_is_inside_each_bound),
		cmocka_unit_test(early_frames_come_with_the_start),
		cmocka_unit_test(an_idle_guest_is_no_zero),
		cmocka_unit_test(what_was_not_watched_is_unknown),
		cmocka_unit_test(a_guest_without_an_interface_has_none),
		cmocka_unit_test(watching_is_waited_for),
		cmocka_unit_test(hardware_addresses_are_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
