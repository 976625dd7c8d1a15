/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in one file the catalogue's probes go, what each finds there, and which have no place. */
#ifndef MIGTRACE_PROBE_POINTS_H
#define MIGTRACE_PROBE_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migtrace_event.h"
#include "probe/catalogue.h"

#define POINTS_MAX 256 /* in one file */

struct image;

struct point {
	uint64_t offset;    /* in the file */
	uint64_t semaphore; /* in the file; 0: none */
	struct mt_site site;
};

/* What became of one row of the catalogue in this file. Strings are static. */
struct finding {
	const struct probe *probe;
	const char *name; /* by which it was found; else its newest one */
	const char *how;  /* NULL: not found for sure, so not probed */
	const char *why;  /* that is so; NULL if it was found */
};

struct points {
	enum probe_file file;
	struct point point[POINTS_MAX];
	size_t count;
	struct finding finding[POINTS_MAX];
	size_t finding_count;
};

/*
 * Finds where the catalogue's probes of this kind of file go in the image; none on a nop of five
 * bytes unless it is safe (kernel_nop5_is_safe). Returns 0, also if some have no place (their
 * findings say so), or -E2BIG where there are more than POINTS_MAX.
 */
int points_find(const struct image *image, enum probe_file file, bool nop5_is_safe,
		struct points *points);

/* Says where a domain object has its definition, so that its UUID can be compared; 0: not known. */
void points_set_def_offset(struct points *points, uint16_t offset);

#endif
