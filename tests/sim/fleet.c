/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A simulated day of some hosts whose guests move among them, as the hosts' recorders saw it. */
#include "fleet.h"

#include <stdlib.h>
#include <string.h>

#include "record/write.h"

#define SECOND	   (1000 * MS)
#define PID	   100
#define FIRST_TID  1000		/* of the daemon's threads */
#define FIRST_QEMU 10000	/* of the processes of guests */
#define LATE_NS	   (3 * SECOND) /* between two looks of a recorder that is starved */
#define LOOK_NS	   (100 * MS)
#define BRACKET_NS 1000

/* When a recorder looks at its clocks next, and until when it does so again and again. */
struct looks {
	int64_t next_ns, busy_ns;
	bool is_due;
};

static void seen_add(struct machine *machine, const struct mt_event *event, size_t move)
{
	struct seen *seen;

	if (machine->count == machine->room) {
		machine->room = machine->room ? 2 * machine->room : 256;
		machine->seen = realloc(machine->seen, machine->room * sizeof(*machine->seen));
		if (!machine->seen)
			abort();
	}
	seen = &machine->seen[machine->count++];
	*seen = (struct seen){.true_ns = (int64_t)event->ktime_ns - START_NS, .event = *event};
	seen->event.tgid = PID;
	seen->event.tid = FIRST_TID + (uint32_t)move;
	if (event->kind == MT_QEMU_PING || event->kind == MT_QEMU_PONG)
		seen->event.tgid = seen->event.tid = FIRST_QEMU + (uint32_t)move;
	if (seen->event.earlier_ns)
		seen->event.earlier_ns -= START_NS;
	if (event->kind == MT_RPC_CLIENT_SEND || event->kind == MT_RPC_CLIENT_RECEIVE ||
	    event->kind == MT_RPC_SERVER_SEND)
		seen->event.rpc.serial += 10 * move;
}

/* Mostly after hours, sometimes at once: a retry, or the next one of a chain. */
static int64_t pause(uint64_t *rng)
{
	return random_between(rng, 0, 3) ? random_between(rng, 60 * SECOND, DAY_NS / 12)
					 : random_between(rng, SECOND, 60 * SECOND);
}

static enum move_end end_of(uint64_t *rng)
{
	int64_t way = random_between(rng, 0, 9);

	return way < 8 ? MOVE_COMPLETED : way == 8 ? MOVE_CANCELLED : MOVE_REFUSED;
}

/* Moves the guest all day, from wherever it is. */
static void guest_live(struct fleet *fleet, unsigned int guest, uint64_t *rng)
{
	unsigned int place = (unsigned int)random_between(rng, 0, fleet->machines - 1);
	static struct host source, destination;

	for (int64_t at = pause(rng); at < DAY_NS && fleet->moves < MOVES_MAX; at += pause(rng)) {
		struct move *move = &fleet->move[fleet->moves];
		unsigned int to =
			(place + (unsigned int)random_between(rng, 1, fleet->machines - 1)) %
			fleet->machines;

		move->ends = (struct ends){place, to, 50000 + (unsigned int)fleet->moves};
		move->end = end_of(rng);
		host_init(&source, "from", PID, 0, 0);
		host_init(&destination, "to", PID, 0, 0);
		move->truth = move_make(&source, &destination, &move->ends, move->end, at,
					(uint8_t)(guest + 1), rng);
		for (size_t i = 0; i < source.recording.event_count; i++)
			seen_add(&fleet->machine[place], &source.events[i], fleet->moves);
		for (size_t i = 0; i < destination.recording.event_count; i++)
			seen_add(&fleet->machine[to], &destination.events[i], fleet->moves);
		if (move->end == MOVE_COMPLETED)
			place = to;
		at = move->truth.performed + SECOND;
		fleet->moves++;
	}
}

static int by_true_time(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return x->true_ns < y->true_ns ? -1 : x->true_ns > y->true_ns;
}

/* Between two times in which something migrates there it may be suspended. */
static void machine_suspend(struct machine *machine, uint64_t *rng, int64_t from_ns,
			    int64_t until_ns)
{
	if (until_ns - from_ns > 120 * SECOND && machine->clocks.jumps < JUMPS_MAX &&
	    random_between(rng, 0, 1))
		clocks_jump(&machine->clocks, until_ns - 20 * SECOND,
			    -random_between(rng, SECOND, until_ns - from_ns - 60 * SECOND));
}

/* Its clocks change their rates while something migrates: at other times nobody looks at them. */
static void machine_run(struct machine *machine, uint64_t *rng)
{
	int64_t began = 0, last = 0;
	bool is_slewed = !random_between(rng, 0, 3), is_suspended = !random_between(rng, 0, 3);

	machine->is_starved = !random_between(rng, 0, 3);
	clocks_begin(&machine->clocks, rng);
	for (size_t i = 0; i <= machine->count; i++) {
		int64_t at = i < machine->count ? machine->seen[i].true_ns : DAY_NS;

		if (at - last >= 60 * SECOND || i == machine->count) {
			clocks_wander(&machine->clocks, rng, began, last + SECOND, is_slewed);
			if (is_suspended)
				machine_suspend(machine, rng, last, at);
			began = at - 5 * SECOND;
		}
		last = at;
	}
}

/* Returns that time, or when the host is awake again. */
static int64_t awake(const struct machine *machine, int64_t true_ns)
{
	for (size_t i = 0; i < machine->clocks.jumps; i++) {
		const struct jump *jump = &machine->clocks.jump[i];

		if (true_ns > jump->true_ns + jump->by_ns && true_ns < jump->true_ns)
			return jump->true_ns;
	}
	return true_ns;
}

/* Now and then its recorder dies, and is there again after a while. */
static void machine_record(struct machine *machine, uint64_t *rng)
{
	int64_t at = 0;
	size_t deaths =
		random_between(rng, 0, 1) ? (size_t)random_between(rng, 1, LIVES_MAX - 1) : 0;

	while (machine->lives <= deaths && at < DAY_NS) {
		struct life *life = &machine->life[machine->lives++];

		life->from_ns = at;
		life->ends_in_order = random_between(rng, 0, 1);
		life->until_ns = DAY_NS + 60 * SECOND;
		if (machine->lives <= deaths && machine->count && random_between(rng, 0, 1)) {
			const struct seen *seen = &machine->seen[random_next(rng) % machine->count];

			life->until_ns = seen->true_ns + random_between(rng, -SECOND, SECOND);
		} else if (machine->lives <= deaths) {
			life->until_ns = random_between(rng, at, DAY_NS);
		}
		if (life->until_ns <= life->from_ns)
			life->until_ns = life->from_ns + SECOND;
		life->until_ns = awake(machine, life->until_ns);
		at = awake(machine, life->until_ns + random_between(rng, MS, 60 * SECOND));
	}
}

static bool is_recorded(const struct life *life, int64_t true_ns)
{
	return true_ns >= life->from_ns && true_ns < life->until_ns;
}

/* Of each move: whether one life of the recorder of each host had all of it. */
static void moves_see(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->moves; i++) {
		struct move *move = &fleet->move[i];
		const struct truth *t = &move->truth;

		for (int side = 0; side < 2; side++) {
			const struct machine *machine =
				&fleet->machine[side ? move->ends.to : move->ends.from];

			for (size_t j = 0; j < machine->lives; j++) {
				const struct life *life = &machine->life[j];

				move->is_whole[side] |= is_recorded(life, t->start - SECOND) &&
							is_recorded(life, t->performed + SECOND);
				move->is_seen[side] |= life->from_ns < t->performed + SECOND &&
						       life->until_ns > t->start;
			}
		}
	}
}

void fleet_make(struct fleet *fleet, uint64_t seed)
{
	uint64_t rng = seed;

	memset(fleet, 0, sizeof(*fleet));
	fleet->machines = (unsigned int)random_between(&rng, 2, MACHINES_MAX);
	fleet->guests = (unsigned int)random_between(&rng, 1, GUESTS_MAX);
	for (unsigned int i = 0; i < fleet->guests; i++)
		guest_live(fleet, i, &rng);
	for (unsigned int i = 0; i < fleet->machines; i++) {
		struct machine *machine = &fleet->machine[i];

		qsort(machine->seen, machine->count, sizeof(*machine->seen), by_true_time);
		machine_run(machine, &rng);
		machine_record(machine, &rng);
	}
	moves_see(fleet);
}

void fleet_free(struct fleet *fleet)
{
	for (unsigned int i = 0; i < fleet->machines; i++) {
		clocks_free(&fleet->machine[i].clocks);
		free(fleet->machine[i].seen);
	}
}

const struct move *fleet_move_of(const struct fleet *fleet, uint32_t tid)
{
	if (tid < FIRST_TID || tid - FIRST_TID >= fleet->moves)
		abort();
	return &fleet->move[tid - FIRST_TID];
}

static void event_write(FILE *out, const struct machine *machine, const struct seen *seen)
{
	struct mt_event event = seen->event;

	event.ktime_ns = (uint64_t)clocks_mono(&machine->clocks, seen->true_ns);
	if (event.earlier_ns)
		event.earlier_ns =
			(uint64_t)clocks_mono(&machine->clocks, (int64_t)event.earlier_ns);
	record_write_event(out, &event);
}

static void header_write(FILE *out, unsigned int machine, size_t life)
{
	const struct daemon daemon = {.pid = PID, .host = ""};

	fprintf(out,
		"{\"kind\":\"header\",\"schema\":\"migtrace.record/1\",\"id\":"
		"\"00000000-0000-0000-%04x-%012zx\",\"host\":\"host-%u\",\"boot_id\":"
		"\"00000000-0000-0000-0000-%012x\"}\n",
		machine, life, machine, machine);
	record_write_daemon(out, &daemon);
}

/* Looks until something happens, or, when nothing migrates any more, once more. */
static void looks_write(FILE *out, const struct machine *machine, struct looks *looks,
			int64_t until_ns, uint64_t *rng)
{
	while (looks->is_due && looks->next_ns < until_ns) {
		clocks_look(out, &machine->clocks, looks->next_ns,
			    random_between(rng, 0, BRACKET_NS));
		looks->is_due = looks->next_ns < looks->busy_ns;
		looks->next_ns +=
			machine->is_starved ? random_between(rng, LOOK_NS, LATE_NS) : LOOK_NS;
	}
}

void fleet_write(const struct fleet *fleet, unsigned int index, size_t number, FILE *out)
{
	const struct machine *machine = &fleet->machine[index];
	const struct life *life = &machine->life[number];
	const struct record_counts counts = {0};
	uint64_t rng = index * LIVES_MAX + number;
	struct looks looks = {.next_ns = life->from_ns, .is_due = true};

	header_write(out, index, number);
	for (size_t i = 0; i < machine->count; i++) {
		int64_t at = machine->seen[i].true_ns;

		if (!is_recorded(life, at))
			continue;
		looks_write(out, machine, &looks, at, &rng);
		event_write(out, machine, &machine->seen[i]);
		if (!looks.is_due) /* it is woken by the first event */
			looks.next_ns = at + random_between(&rng, MS / 10, 5 * MS);
		looks.is_due = true;
		looks.busy_ns = at + SECOND + AFTER_NS;
	}
	looks_write(out, machine, &looks, life->until_ns, &rng);
	if (!life->ends_in_order)
		return;
	clocks_look(out, &machine->clocks, life->until_ns, random_between(&rng, 0, BRACKET_NS));
	record_write_end(out, &counts);
}
