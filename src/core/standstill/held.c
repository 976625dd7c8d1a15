/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which other call of libvirt's a thread waited for: the one of who ended the wait. */
#include "core/standstill/held.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/event/procedures.h"
#include "core/standstill/places.h"

#define ROUNDING_NS 1000 /* a recorder may shift stamps */
static_assert(sizeof("procedure 18446744073709551615") <= HELD_TEXT, "any number");

void holders_add(struct spans *spans, const struct mt_event *event)
{
	assert(spans->holder_count <= HOLDERS_MAX);
	if (event->kind == MT_HOLDER && spans->holder_count < HOLDERS_MAX)
		spans->holder[spans->holder_count++] = event;
}

/* The thread's call goes on from before the waking to its reply. */
static bool is_waker(const struct mt_event *holder, const struct mt_event *slept)
{
	uint64_t woken_ns = slept->ktime_ns - slept->sched.runnable_ns;

	return holder->tgid == slept->sched.waker_pid && holder->tid == slept->sched.waker_tid &&
	       holder->holder.dispatched_ns && holder->earlier_ns &&
	       holder->earlier_ns <= woken_ns + ROUNDING_NS &&
	       holder->ktime_ns + ROUNDING_NS >= woken_ns;
}

const struct mt_event *holder_find(const struct spans *spans, const struct mt_event *slept)
{
	if (slept->sched.runnable_ns > slept->ktime_ns || !place_is_lock(slept))
		return NULL;
	for (size_t i = 0; i < spans->holder_count; i++) {
		const struct mt_event *holder = spans->holder[i];

		if (is_waker(holder, slept))
			return procedure_interrupts(holder->holder.program, holder->holder.proc)
				       ? NULL
				       : holder;
	}
	return NULL;
}

int64_t holder_part(const struct mt_event *holder, int64_t from_ns, int64_t to_ns)
{
	int64_t began_ns = holder ? (int64_t)holder->holder.dispatched_ns : 0;

	if (began_ns > from_ns)
		from_ns = began_ns;
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

void held_add(struct work *work, const struct mt_event *holder, int64_t ns)
{
	size_t i = 0;

	if (!holder)
		return;
	while (i < work->held_count && (work->held[i].program != holder->holder.program ||
					work->held[i].proc != holder->holder.proc))
		i++;
	assert(i <= work->held_count && work->held_count <= HELD_CALLS);
	if (i == HELD_CALLS)
		return;
	if (i == work->held_count)
		work->held[work->held_count++] = (struct held){.program = holder->holder.program,
							       .proc = holder->holder.proc};
	assert(i < work->held_count);
	work->held[i].ns += ns;
}

void held_finish(struct work *work, const char *how)
{
	size_t count = 0;

	for (size_t i = 0; i < work->held_count; i++) {
		struct held held = work->held[i];

		held.duration = quantity_exact(held.ns, how);
		if (held.ns > 0)
			work->held[count++] = held;
	}
	assert(count <= work->held_count);
	work->held_count = count;
}

void held_name(const struct held *held, char text[HELD_TEXT])
{
	const char *name = procedure_name(held->program, held->proc);

	if (name)
		snprintf(text, HELD_TEXT, "%s", name);
	else
		snprintf(text, HELD_TEXT, "procedure %" PRIu64, held->proc);
}
