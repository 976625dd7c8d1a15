/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in one file the catalogue's probes go, and what each finds there. */
#ifndef MIGTRACE_PROBE_POINTS_H
#define MIGTRACE_PROBE_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migtrace_event.h"
#include "probe/catalogue.h"

struct image;

struct point {
	uint64_t offset;    /* in the file */
	uint64_t semaphore; /* in the file; 0: none */
	struct mt_site site;
};

struct points {
	struct point point[MT_SITES_MAX];
	size_t count;
	const char *missing[MT_SITES_MAX]; /* probes with no sure address, static names */
	size_t missing_count;
};

/*
 * Adds to points where the catalogue's probes of this file go. Returns 0, also if some are missing
 * (those are listed), or -E2BIG where there are more than MT_SITES_MAX.
 */
int points_find(const struct image *image, enum probe_file file, struct points *points);

#endif
