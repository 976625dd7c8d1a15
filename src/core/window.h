/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that a recording has of the time of one half, of whatever process. */
#ifndef MIGTRACE_CORE_WINDOW_H
#define MIGTRACE_CORE_WINDOW_H

#include "core/half.h"

struct window {
	const struct mt_event *events; /* in order of time */
	size_t count;
};

/* Returns the events from the half's first to a little after its last: connections end late. */
struct window window_of(const struct half *half);

/* Returns whether the instant of the host's clock is in it. */
bool window_has(const struct half *half, int64_t ns);

/* Returns whether its host's clocks were looked at twice behind it: nothing more comes into it, and
 * what was lost until then is known. */
bool window_is_past(const struct half *half);

/*
 * Returns whether its recording has a gap behind it, and goes on since some seconds without it: its
 * end was in the gap.
 */
bool half_is_cut(const struct half *half);

/* Returns whether nothing has come of the half for so long, while it was watched. */
bool half_is_quiet(const struct half *half, uint64_t ns);

/*
 * Returns whether nothing has come of the half for some seconds, nor will: the daemon that the
 * other half was on had ended before; or the client that drives both has left the one after
 * Perform, and the other one is over.
 */
bool half_is_left(const struct half *half, const struct half *other);

/*
 * Returns whether libvirt's own numbers are there, or will not come: it is asked when a job ends,
 * and has some seconds to answer.
 */
bool half_is_answered(const struct half *half);

/* Returns whether they were looked at after the half's last event. */
bool half_is_looked_after(const struct half *half);

/*
 * Returns the next event of the domain in the half's window after that one, from the first for
 * NULL; NULL after the last. The domain's next attempt on this daemon has another QEMU, or the same
 * one again: its events are not this half's.
 */
const struct mt_event *window_next(const struct half *half, const struct mt_event *after);

/*
 * The same of the events that a QEMU gave. One whose own UUID is not the one of its command line is
 * not believed in anything.
 */
const struct mt_event *window_next_qemu(const struct half *half, const struct mt_event *after);

/* The same of those that were not believed. */
const struct mt_event *window_next_impostor(const struct half *half, const struct mt_event *after);

#endif
