/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `live` shows: migrations when they begin, while they run and when they have ended. */
#ifndef MIGTRACE_LIVE_VIEW_H
#define MIGTRACE_LIVE_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/match/progress.h"
#include "core/account/account.h"

struct view;

/* Returns a view that prints to out, as text or as JSON Lines; NULL if out of memory. */
struct view *view_new(FILE *out, bool is_json);

/* Says something above what is going on, a whole line without its end. */
void view_say(struct view *view, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A side has begun, or there is news of it. real_ns is the wall clock's time. */
void view_begun(struct view *view, const struct going *going, int64_t real_ns);
void view_news(struct view *view, const struct going *going, int64_t real_ns);

/* A migration has ended: its row, or its report as JSON. */
void view_result(struct view *view, const struct account *account, int64_t real_ns);

/* Counts a migration that has ended for the summary, whether it has a row or not. */
void view_count(struct view *view, const struct account *account);

/* On a terminal, draws what is going on; at most some times a second. Returns in how many ms it is
 * to be called again, -1: when there is news. */
int view_draw(struct view *view, const struct progress *progress, int64_t now_ns);

/* Takes what is going on off the terminal: something else is to be printed. */
void view_clear(struct view *view);

/* Prints the summary of all that were counted. */
void view_summary(struct view *view, uint64_t lost, size_t going);

/* Returns whether something could not be written: all that follows would be lost, too. */
bool view_is_lost(const struct view *view);

/* NULL is none. */
void view_end(struct view *view);

#endif
