/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two simulated hosts and migrations between them, of which the truth is known. */
#ifndef MIGTRACE_TESTS_SIMULATION_H
#define MIGTRACE_TESTS_SIMULATION_H

#include <stdint.h>

#include "core/match/migration.h"
#include "core/recording/recording.h"
#include "core/standstill/work.h"

#define HOST_EVENTS_MAX 512

struct host {
	struct recording recording;
	struct mt_event events[HOST_EVENTS_MAX];
	struct clock_snapshot snapshots[64];
	uint32_t pid;
	int64_t ahead_ns; /* of the true time, at its start */
	int64_t ppb;	  /* how much faster than the true time it runs */
	int64_t scale_ns; /* how far its clock stood when the truth began */
};

/* One p2p migration in true time, ns since the truth began; delays are what the seed made them. */
struct truth {
	uint8_t uuid[MT_UUID];
	int64_t start, prepare, prepared, run, stopped, sent, ran, received, done, finished,
		performed;
};

/* splitmix64: the same sequence everywhere, so that a failing seed can be replayed. */
uint64_t random_next(uint64_t *state);
int64_t random_between(uint64_t *state, int64_t lo, int64_t hi);

/* Prepares a host whose clock is ahead by ahead_ns and fast by ppb. */
void host_init(struct host *host, const char *name, uint32_t pid, int64_t ahead_ns, int64_t ppb);

/* Returns what the host's clock shows at the true time. */
int64_t host_clock(const struct host *host, int64_t true_ns);

/* Adds an event of the domain at the true time; returns it, for its arguments to be set. */
struct mt_event *host_event(struct host *host, const uint8_t *uuid, int64_t true_ns,
			    enum mt_kind kind, enum mt_edge edge);

/* Adds a snapshot of the host's clocks, with that many events lost until then. */
void host_snapshot(struct host *host, int64_t true_ns, uint64_t lost);

/* Simulates a completed p2p migration that starts at the true time, with random delays. */
struct truth simulate_p2p(struct host *source, struct host *destination, uint64_t *rng,
			  int64_t start_ns, uint8_t domain);

/* Both hosts, and what is found in their recordings. */
struct scene {
	struct host a, b;
	struct sides sides[2];
	struct migrations migrations;
};

/* Host b's clock is ahead by ahead_ns and fast by ppb; host a's is the true time. */
void scene_init(struct scene *scene, int64_t ahead_ns, int64_t ppb);

/* Shows that nobody has changed the rate of either clock until then. */
void scene_snapshots(struct scene *scene, int64_t until_ns);

/* Correlates what the hosts have recorded, from first to last. */
void scene_correlate(struct scene *scene);

void scene_free(struct scene *scene);

/* Adds an event of the host's QEMU, whose pid is more than the daemon's. Returns it. */
struct mt_event *scene_qemu(struct host *host, const struct truth *truth, int64_t true_ns,
			    enum mt_kind kind);

/* Begins a scene, of a migration that starts a second after it, with what both QEMUs do: load,
 * stop, start. */
struct truth scene_move(struct scene *scene, uint64_t *rng, int64_t ahead_ns, int64_t ppb);

/* Returns the migration that was found, long after its end. */
const struct migration *scene_found(struct scene *scene, const struct truth *truth);

/* Finds the spans of a side that was made by hand, whose domain has all events of its recording. */
void side_spans_find(struct side *side, struct spans *spans);

#endif
