/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One host's half of a migration that is over, as the store's index has it: a line of it. */
#ifndef MIGTRACE_STORE_HALF_H
#define MIGTRACE_STORE_HALF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/figures/figures.h"

#define HALF_ID 64 /* of an id, and its closing NUL */

/* What a figure is at least and at most, ns; -1: not known. */
struct half_bounds {
	int64_t lo_ns, hi_ns;
};

/* Texts are the caller's, or the line's that it was read from. */
struct half {
	const char *id;	  /* of the store's halves; its file has it for a name */
	const char *uuid; /* the domain's */
	const char *role, *outcome, *finding; /* the first one's code, or "-" */
	const char *host, *peer, *name;	      /* as a terminal may show them; "-" if not known */
	int64_t begin_ns, end_ns;	      /* by the host's wall clock */
	int64_t bytes;			      /* of its file */
	struct half_bounds figure[FIGURES];
};

/* Writes the line. Returns 0 or -errno. */
int half_write(FILE *out, const struct half *half);

/* Takes the line apart, which it changes. Returns whether it is a half's. */
bool half_read(char *line, struct half *half);

/* Returns whether a text can be an id: nothing in it leads to another folder. */
bool half_id_is_valid(const char *id);

/* Writes what the id of the half begins with: its begin, its domain and its role. Returns the
 * length, or 0: it has none. */
int half_id_begin(const struct half *half, char id[HALF_ID]);

/* Returns whether that is its domain: a name or a UUID. */
bool half_is_of(const struct half *half, const char *domain);

#endif
