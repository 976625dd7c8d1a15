/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the threads that had their turn did in a part of the standstill: ran, waited or slept. */
#ifndef MIGTRACE_CORE_STANDSTILL_WORK_H
#define MIGTRACE_CORE_STANDSTILL_WORK_H

#include <assert.h>
#include <stddef.h>

#include "core/event/quantity.h"
#include "core/side/side.h"

#define SPANS_MAX     6144
#define SLEPT_MAX     6
#define SLEPT_PLACE   48
#define SLEPT_SHORTLY "short sleeps"
static_assert(sizeof(SLEPT_SHORTLY) <= SLEPT_PLACE, "it stands where a function does");
#define HELD_CALLS  4
#define HOLDERS_MAX 64

/* Where a thread slept, in the kernel: by a function's name, or in words. */
struct slept {
	char in[SLEPT_PLACE];
	char thread[MT_COMM + 1];
	struct quantity duration;
};

/* Another call of libvirt's, which a thread waited for, by its number in libvirt's protocols. */
struct held {
	uint64_t program, proc;
	int64_t ns;
	struct quantity duration;
};

/*
 * A part ends with what one thread does. Until then that thread was on a CPU; or wanted one and had
 * none; or slept. While it slept, what the thread did that woke it counts in its place, if that is
 * at work for the guest as well.
 */
struct work {
	bool is_recorded; /* else the side's recorder has none of it */
	bool is_loaders;  /* it is the destination's, which a part of the source's waited for */
	struct quantity on_cpu, runnable, throttled; /* runnable has throttled in it */
	struct slept slept[SLEPT_MAX + 1];	     /* the last one: all that were short */
	size_t slept_count;
	struct held held[HELD_CALLS]; /* waits that are in slept, too, and known to be for that */
	size_t held_count;
	char starved[MT_COMM + 1]; /* the thread that was without a CPU most of all */
	int64_t starved_ns;	   /* for so long; short spans are not in it */
};

/* When a side's threads were off their CPUs. */
struct spans {
	const struct side *side;
	uint32_t qemu;
	const struct mt_event *event[SPANS_MAX]; /* in order of time */
	size_t count;
	const struct mt_event *holder[HOLDERS_MAX]; /* calls that ended waits */
	size_t holder_count;
	bool is_cut;  /* there were more spans */
	size_t steps; /* that were taken through them: hostile ones are not followed for ever */
};

/* A part of the side's time, on its host's clock, and what it ended with; NULL: not known. */
struct stretch {
	int64_t from_ns, to_ns;
	const struct mt_event *end;
};

/* Finds the spans of the threads of the side's daemon and of its QEMU. */
void spans_find(const struct side *side, struct spans *spans);

/* Returns what the threads did in that time, or why that is not known. */
struct work work_in(struct spans *spans, const struct stretch *stretch);

/* Returns work of which nothing is known; why is static. */
struct work work_unknown(bool is_recorded, const char *why);

#endif
