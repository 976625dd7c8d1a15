// SPDX-License-Identifier: GPL-2.0-or-later
/* A daemon that passes calls on has the source's serials; what it passed on has its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/message/rpc.h"
#include "simulation.h"

#define US	INT64_C(1000)
#define HOP_NS	(50 * US) /* between the two daemons of the destination's host, each way */
#define CALLS	2	  /* Prepare and Finish */
#define PROXIED 300

static struct scene scene;
static struct truth truth;

struct found {
	size_t count;
	struct call call[8];
};

static void on_call(void *arg, const struct call *call)
{
	struct found *found = arg;

	assert_in_range(found->count, 0, 7);
	found->call[found->count++] = *call;
}

/* What the destination's daemon had seen, one hop further in; and what the proxy sees of it. */
static void proxy_add(struct mt_event *served, int64_t hop_ns)
{
	struct host *b = &scene.b;
	struct mt_event *proxy = &b->events[b->recording.event_count++];

	*proxy = *served;
	proxy->kind = MT_RPC_PROXY_SEND;
	proxy->tgid = PROXIED;
	proxy->ktime_ns += (uint64_t)hop_ns;
	proxy->earlier_ns -= (uint64_t)hop_ns;
	served->rpc.serial++;
	proxy->rpc.passed_serial = (uint32_t)served->rpc.serial;
}

/* A migration through a proxy, whose hop takes so long; less than nothing: it cannot be. */
static void migrate(int64_t hop_ns)
{
	uint64_t rng = 42;
	size_t count;

	scene_init(&scene, 0, 0);
	truth = simulate_p2p(&scene.a, &scene.b, &rng, 1000000 * US, 7);
	count = scene.b.recording.event_count;
	for (size_t i = 0; i < count; i++)
		if (scene.b.events[i].kind == MT_RPC_SERVER_SEND)
			proxy_add(&scene.b.events[i], hop_ns);
}

static struct found find(void)
{
	struct found found = {0};

	scene_correlate(&scene);
	assert_int_equal(scene.migrations.count, 1);
	calls_find(scene.migrations.migration[0].source, scene.migrations.migration[0].destination,
		   on_call, &found);
	return found;
}

static const struct mt_event *reply_of_finish(void)
{
	return scene.migrations.migration[0].destination->phase[PHASE_FINISH].reply;
}

/* Each call and each reply is one of the proxy's, with the source's serial. */
static void proxies_messages_are_those_between_the_hosts(void **state)
{
	struct found found;

	(void)state;
	migrate(HOP_NS);
	found = find();
	assert_int_equal(found.count, 2 * CALLS);
	for (size_t i = 0; i < found.count; i++) {
		int64_t ns = found.call[i].at_dst.v - found.call[i].at_src.v;

		/* As the hop is cut out of what the simulation had on the way, it may be less than
		 * nothing. */
		assert_in_range((found.call[i].is_reply ? -ns : ns) + HOP_NS, 1, 300 * US);
	}
	assert_int_equal(
		call_proxied(scene.migrations.migration[0].destination, reply_of_finish())->tgid,
		PROXIED);
	scene_free(&scene);
}

/* By its serial alone a call that was passed on would be another one's. */
static void without_the_proxy_there_are_none(void **state)
{
	(void)state;
	migrate(HOP_NS);
	for (size_t i = 0; i < scene.b.recording.event_count; i++)
		if (scene.b.events[i].kind == MT_RPC_PROXY_SEND)
			scene.b.events[i].uuid[0] ^= 0xff;
	assert_int_equal(find().count, 0);
	assert_null(call_proxied(scene.migrations.migration[0].destination, reply_of_finish()));
	scene_free(&scene);
}

static void who_passes_on_has_the_call_before_and_replies_after(void **state)
{
	(void)state;
	migrate(-HOP_NS);
	assert_int_equal(find().count, 0);
	scene_free(&scene);
}

static void two_that_may_be_it_are_none(void **state)
{
	struct host *b = &scene.b;
	size_t count;

	(void)state;
	migrate(HOP_NS);
	count = b->recording.event_count;
	for (size_t i = 0; i < count; i++)
		if (b->events[i].kind == MT_RPC_PROXY_SEND)
			b->events[b->recording.event_count++] = b->events[i];
	assert_int_equal(find().count, 0);
	scene_free(&scene);
}

/* With the same serial on both sides of it: the proxy's stamps are the nearer ones. */
static void serials_may_be_the_same(void **state)
{
	struct found found;

	(void)state;
	migrate(HOP_NS);
	for (size_t i = 0; i < scene.b.recording.event_count; i++) {
		struct mt_event *event = &scene.b.events[i];

		if (event->kind == MT_RPC_SERVER_SEND)
			event->rpc.serial--;
		else if (event->kind == MT_RPC_PROXY_SEND)
			event->rpc.passed_serial--;
	}
	found = find();
	assert_int_equal(found.count, 2 * CALLS);
	scene_free(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proxies_messages_are_those_between_the_hosts),
		cmocka_unit_test(without_the_proxy_there_are_none),
		cmocka_unit_test(who_passes_on_has_the_call_before_and_replies_after),
		cmocka_unit_test(two_that_may_be_it_are_none),
		cmocka_unit_test(serials_may_be_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
