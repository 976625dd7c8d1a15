/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every event on the host while one side was migrating, and when that time has safely passed. */
#ifndef MIGTRACE_CORE_SIDE_WINDOW_H
#define MIGTRACE_CORE_SIDE_WINDOW_H

#include "core/side/side.h"

struct window {
	const struct mt_event *events; /* in order of time */
	size_t count;
};

/* Returns the events from the side's first to a little after its last: connections end late. */
struct window window_of(const struct side *side);

/* Returns whether the instant of the host's clock is in it. */
bool window_has(const struct side *side, int64_t ns);

/* Returns whether its host's clocks were looked at twice behind it: nothing more comes into it, and
 * what was lost until then is known. */
bool window_is_past(const struct side *side);

/*
 * Returns whether libvirt's own numbers are there, or will not come: it is asked when a job ends,
 * and has some seconds to answer.
 */
bool side_has_numbers(const struct side *side);

/* Returns whether they were looked at after the side's last event. */
bool side_is_looked_after(const struct side *side);

/*
 * Returns the next event of the domain in the side's window after that one, from the first for
 * NULL; NULL after the last. The domain's next attempt on this daemon has another QEMU, or the same
 * one again: its events are not this side's.
 */
const struct mt_event *window_next(const struct side *side, const struct mt_event *after);

/*
 * The same of the events that a QEMU gave. One whose own UUID is not the one of its command line is
 * not believed in anything.
 */
const struct mt_event *window_next_qemu(const struct side *side, const struct mt_event *after);

/* The same of those that were not believed. */
const struct mt_event *window_next_impostor(const struct side *side, const struct mt_event *after);

#endif
