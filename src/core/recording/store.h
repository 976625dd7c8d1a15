/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The growing arrays of a recording: add, move, drop, count bytes. */
#ifndef MIGTRACE_CORE_RECORDING_STORE_H
#define MIGTRACE_CORE_RECORDING_STORE_H

#include "core/recording/recording.h"

/* Each adds a copy. Returns 0, or -ENOMEM with nothing added. */
int recording_add_event(struct recording *recording, const struct mt_event *event);
int recording_add_snapshot(struct recording *recording, const struct clock_snapshot *snapshot);
int recording_add_exchange(struct recording *recording, const struct exchange *exchange);
/* Of very many, those that ended first are let go before. */
int recording_add_daemon(struct recording *recording, const struct daemon *daemon);
int recording_add_gap(struct recording *recording, const struct gap *gap);
/* Ends the last gap of that reason that has no end yet. */
void recording_end_gap(struct recording *recording, const char *why, int64_t ns);
int recording_add_missing(struct recording *recording, const struct missing *missing);
int recording_add_job_stats(struct recording *recording, const struct job_stats *job_stats);

/* Notes that the daemon with that pid had ended by that instant of the host's clock. */
void recording_daemon_gone(struct recording *recording, uint32_t pid, int64_t ns);

/* Brings the events into the order of time: those of two CPUs may be a little out of it. */
void recording_sort(struct recording *recording);

/* Moves all that other has to the end of recording. Returns 0, or -ENOMEM with both
 * as they were. */
int recording_move(struct recording *recording, struct recording *other);

/* Returns how many bytes it holds. */
size_t recording_bytes(const struct recording *recording);

/*
 * Lets go of the events whose flag in keep[] is false, one for each, and of the clock snapshots
 * before the first one that is kept.
 */
void recording_keep(struct recording *recording, const bool *keep);

/* Frees what it holds; it is empty then. */
void recording_free(struct recording *recording);

#endif
