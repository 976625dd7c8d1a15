/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines at the end of a terminal that are drawn over: what is going on. */
#ifndef MIGTRACE_LIVE_BOARD_H
#define MIGTRACE_LIVE_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/match/progress.h"

struct board {
	FILE *out, *text; /* text: what out can show */
	bool has_cursor;  /* else nothing is drawn */
	bool is_changed;  /* since it was drawn */
	int64_t drawn_ns;
	size_t drawn;	 /* lines that are drawn over, */
	int widths[256]; /* and how wide they are */
};

/* Takes what is drawn off the terminal: something else is to be printed. */
void board_clear(struct board *board);

/*
 * Draws what is going on, at most some times a second. Returns in how many ms it is to be called
 * again, -1: when there is news.
 */
int board_draw(struct board *board, const struct progress *progress, int64_t now_ns);

/* Returns how many migrations are going on, of those that were reported. */
size_t board_shown(const struct progress *progress);

#endif
