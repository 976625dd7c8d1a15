/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two simulated hosts and migrations between them, of which the truth is known. */
#include "simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/side/domain.h"

#define CLOCK_START_NS INT64_C(200000000000000000) /* room for clocks far behind */
#define PREPARE	       303
#define FINISH	       306
#define STOP_LATE_NS   50000 /* from its arrival until libvirt has handled it */

uint64_t random_next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

int64_t random_between(uint64_t *state, int64_t lo, int64_t hi)
{
	return lo + (int64_t)(random_next(state) % (uint64_t)(hi - lo + 1));
}

void host_init(struct host *host, const char *name, uint32_t pid, int64_t ahead_ns, int64_t ppb)
{
	memset(host, 0, sizeof(*host));
	host->recording.name = name;
	snprintf(host->recording.host, HOST_NAME, "%s", name);
	host->recording.events = host->events;
	host->recording.snapshots = host->snapshots;
	host->pid = pid;
	host->ahead_ns = ahead_ns;
	host->ppb = ppb;
}

int64_t host_clock(const struct host *host, int64_t true_ns)
{
	return CLOCK_START_NS + host->ahead_ns + true_ns +
	       (int64_t)((__int128)true_ns * host->ppb / 1000000000);
}

struct mt_event *host_event(struct host *host, const uint8_t *uuid, int64_t true_ns,
			    enum mt_kind kind, enum mt_edge edge)
{
	struct mt_event *event = &host->events[host->recording.event_count++];

	if (host->recording.event_count == HOST_EVENTS_MAX)
		abort();
	*event = (struct mt_event){
		.ktime_ns = (uint64_t)host_clock(host, true_ns),
		.tgid = host->pid,
		.tid = host->pid + 1,
		.kind = (uint16_t)kind,
		.edge = (uint8_t)edge,
	};
	memcpy(event->uuid, uuid, MT_UUID);
	return event;
}

void host_snapshot(struct host *host, int64_t true_ns, uint64_t lost)
{
	int64_t mono = host_clock(host, true_ns);

	host->snapshots[host->recording.snapshot_count++] = (struct clock_snapshot){
		.mono_before_ns = mono,
		.raw_ns = mono - host->ahead_ns,
		.real_ns = mono,
		.mono_after_ns = mono,
		.lost = lost,
	};
}

static void rpc_args(struct mt_event *event, uint64_t proc, uint64_t serial, uint64_t len)
{
	event->rpc.len = len;
	event->rpc.proc = proc;
	event->rpc.serial = serial;
}

/* The call is sent, served and answered: all four stamps, as the two daemons' probes give them. */
static void simulate_rpc(struct host *source, struct host *destination, const struct truth *truth,
			 uint64_t proc, const int64_t stamps[4])
{
	uint64_t serial = proc - 300, call_len = proc * 2, reply_len = proc * 3;
	struct mt_event *event;

	event = host_event(source, truth->uuid, stamps[0], MT_RPC_CLIENT_SEND, MT_ENTER);
	rpc_args(event, proc, serial, call_len);
	event = host_event(destination, truth->uuid, stamps[2], MT_RPC_SERVER_SEND, MT_ENTER);
	rpc_args(event, proc, serial, reply_len);
	event->earlier_ns = (uint64_t)host_clock(destination, stamps[1]);
	event->rpc.call_len = (uint32_t)call_len;
	event = host_event(source, truth->uuid, stamps[3], MT_RPC_CLIENT_RECEIVE, MT_ENTER);
	rpc_args(event, proc, serial, reply_len);
	event->earlier_ns = (uint64_t)host_clock(source, stamps[0]);
	event->rpc.call_len = (uint32_t)call_len;
}

static void monitor_text(struct mt_event *event, const char *name)
{
	event->text_len = (uint16_t)snprintf(
		event->text, MT_TEXT,
		"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"%s\"}", name);
}

static void cookie(struct mt_event *event, uint64_t hash)
{
	event->cookie.hash = hash;
	event->cookie.len = 1500;
	event->text_len = (uint16_t)snprintf(event->text, MT_TEXT,
					     "<qemu-migration>\n  <name>a&amp;b</name>\n");
}

static void simulate_prepare(struct host *source, struct host *destination, struct truth *truth,
			     uint64_t *rng)
{
	int64_t call[4];

	call[0] = truth->start + random_between(rng, 1000, 6000000);
	call[1] = call[0] + random_between(rng, 1, 300000);
	truth->prepare = call[1] + random_between(rng, 1, 100000);
	truth->prepared = truth->prepare + random_between(rng, 1000000, 200000000);
	call[2] = truth->prepared + random_between(rng, 1, 100000);
	call[3] = call[2] + random_between(rng, 1, 300000);
	host_event(destination, truth->uuid, truth->prepare, MT_PREPARE, MT_ENTER);
	host_event(destination, truth->uuid, truth->prepared, MT_PREPARE, MT_RETURN);
	simulate_rpc(source, destination, truth, PREPARE, call);
	truth->run = call[3] + random_between(rng, 1, 100000);
}

static void simulate_run(struct host *source, struct truth *truth, uint64_t *rng, uint64_t hash)
{
	struct mt_event *event;

	host_event(source, truth->uuid, truth->run, MT_RUN, MT_ENTER);
	truth->stopped = truth->run + random_between(rng, 1000000, 300000000);
	event = host_event(source, truth->uuid, truth->stopped - STOP_LATE_NS, MT_MONITOR_EVENT,
			   MT_ENTER);
	monitor_text(event, "STOP");
	event = host_event(source, truth->uuid, truth->stopped, MT_SET_STATE, MT_ENTER);
	event->state.state = 3; /* paused */
	truth->sent = truth->stopped + random_between(rng, 100000, 400000000);
	event = host_event(source, truth->uuid, truth->sent, MT_COOKIE_FORMAT, MT_ENTER);
	event->format.party = 1;
	truth->ran = truth->sent + random_between(rng, 10, 100000);
	event = host_event(source, truth->uuid, truth->ran, MT_COOKIE_FORMAT, MT_RETURN);
	event->format.party = 1;
	cookie(event, hash);
	truth->ran += 10;
	host_event(source, truth->uuid, truth->ran, MT_RUN, MT_RETURN);
}

static void simulate_finish(struct host *source, struct host *destination, struct truth *truth,
			    uint64_t *rng, uint64_t hash)
{
	int64_t call[4];

	call[0] = truth->ran + random_between(rng, 1, 100000);
	call[1] = call[0] + random_between(rng, 1, 300000);
	truth->received = call[1] + random_between(rng, 1, 100000);
	truth->done = truth->received + random_between(rng, 100000, 100000000);
	truth->finished = truth->done + random_between(rng, 1, 20000000);
	call[2] = truth->finished + random_between(rng, 1, 100000);
	call[3] = call[2] + random_between(rng, 1, 300000);
	cookie(host_event(destination, truth->uuid, truth->received, MT_FINISH, MT_ENTER), hash);
	host_event(destination, truth->uuid, truth->received + 10, MT_START_CPUS, MT_ENTER);
	host_event(destination, truth->uuid, truth->done, MT_START_CPUS, MT_RETURN);
	host_event(destination, truth->uuid, truth->finished, MT_FINISH, MT_RETURN)
		->result.has_succeeded = 1;
	simulate_rpc(source, destination, truth, FINISH, call);
	truth->performed = call[3] + random_between(rng, 1000, 100000000);
}

struct truth simulate_p2p(struct host *source, struct host *destination, uint64_t *rng,
			  int64_t start_ns, uint8_t domain)
{
	struct truth truth = {.uuid = {domain}, .start = start_ns};
	uint64_t hash = random_next(rng);
	struct mt_event *event;

	event = host_event(source, truth.uuid, truth.start, MT_PERFORM, MT_ENTER);
	event->perform.is_p2p = 1;
	simulate_prepare(source, destination, &truth, rng);
	simulate_run(source, &truth, rng, hash);
	simulate_finish(source, destination, &truth, rng, hash);
	host_event(source, truth.uuid, truth.performed, MT_PERFORM, MT_RETURN);
	event = host_event(source, truth.uuid, truth.performed + 1000, MT_RPC_SERVER_SEND,
			   MT_ENTER);
	rpc_args(event, 305, 7, 100);
	return truth;
}

void scene_init(struct scene *scene, int64_t ahead_ns, int64_t ppb)
{
	memset(scene, 0, sizeof(*scene));
	host_init(&scene->a, "a", 100, 0, 0);
	host_init(&scene->b, "b", 200, ahead_ns, ppb);
}

/* The rate of what is between two snapshots is known only by what is beside it. */
static void host_snapshots(struct host *host, int64_t until_ns)
{
	for (int i = -1; i <= 2; i++)
		host_snapshot(host, i * until_ns, 0);
}

/* Shows that nobody has changed the rate of either clock until then. */
void scene_snapshots(struct scene *scene, int64_t until_ns)
{
	host_snapshots(&scene->a, until_ns);
	host_snapshots(&scene->b, until_ns);
}

static int by_time(const void *a, const void *b)
{
	const struct mt_event *x = a, *y = b;

	return x->ktime_ns < y->ktime_ns ? -1 : x->ktime_ns > y->ktime_ns;
}

/* Correlates what the hosts have recorded, from first to last. */
void scene_correlate(struct scene *scene)
{
	struct host *hosts[] = {&scene->a, &scene->b};

	for (int i = 0; i < 2; i++) {
		if (!hosts[i]->recording.snapshot_count)
			host_snapshots(hosts[i], INT64_C(1000000000000));
		qsort(hosts[i]->events, hosts[i]->recording.event_count, sizeof(struct mt_event),
		      by_time);
		if (sides_find(&hosts[i]->recording, &scene->sides[i]))
			abort();
	}
	if (migrations_match(scene->sides, 2, &(struct matching){0}, &scene->migrations))
		abort();
}

void scene_free(struct scene *scene)
{
	migrations_free(&scene->migrations);
	sides_free(&scene->sides[0]);
	sides_free(&scene->sides[1]);
}

struct mt_event *scene_qemu(struct host *host, const struct truth *truth, int64_t true_ns,
			    enum mt_kind kind)
{
	struct mt_event *event = host_event(host, truth->uuid, true_ns, kind, MT_ENTER);

	event->tgid = event->tid = host->pid + 7;
	return event;
}

struct truth scene_move(struct scene *scene, uint64_t *rng, int64_t ahead_ns, int64_t ppb)
{
	struct truth truth;

	scene_init(scene, ahead_ns, ppb);
	truth = simulate_p2p(&scene->a, &scene->b, rng, INT64_C(1000000000), 7);
	scene_qemu(&scene->b, &truth, truth.prepared, MT_QEMU_STEP)->step.step = MT_STEP_LOAD;
	scene_qemu(&scene->a, &truth, truth.stopped, MT_QEMU_RUN_STATE);
	scene_qemu(&scene->b, &truth, truth.ran, MT_QEMU_RUN_STATE)->run_state.is_running = 1;
	return truth;
}

const struct migration *scene_found(struct scene *scene, const struct truth *truth)
{
	scene_snapshots(scene, truth->performed + INT64_C(100000000000));
	scene_correlate(scene);
	return &scene->migrations.migration[0];
}

void side_spans_find(struct side *side, struct spans *spans)
{
	const struct mt_event **sorted = domains_sort(side->recording);

	side->domain = domain_of(sorted, side->recording->event_count, side_uuid(side));
	spans_find(side, spans);
	free(sorted);
}
