/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in one file the catalogue's probes go, what each finds there, and which have no place. */
#ifndef MIGTRACE_PROBE_FIND_POINTS_H
#define MIGTRACE_PROBE_FIND_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migtrace_event.h"
#include "probe/catalogue.h"
#include "probe/find/resolve.h"

#define POINTS_MAX     256 /* in one file */
#define ROWS_FOUND_MAX 64

/* Why a return is not probed. */
#define POINTS_NO_RETURN                                                                           \
	"this kernel kills a process at a return probe whose seccomp filter does not know it"

struct image;

struct point {
	uint64_t offset;    /* in the file */
	uint64_t semaphore; /* in the file; 0: none */
	size_t finding;	    /* of which it is one of the points, which follow each other */
	struct mt_site site;
};

/* What became of one row of the catalogue in this file. */
struct row_found {
	const struct probe *probe;
	const char *name;	     /* by which it was found; else its newest one; static */
	char how[RESOLVE_TEXT_SIZE]; /* "": not found for sure, so not probed */
	char why[RESOLVE_TEXT_SIZE]; /* that is so; "" if it was found */
	bool is_refused;	     /* it was found, but the kernel does not let us probe it */
	bool lacks_return;	     /* its entry is probed, its return is not: POINTS_NO_RETURN */
	bool is_behind_endbr64;	     /* with which a function starts where CET is used */
};

struct points {
	enum probe_file file;
	struct point point[POINTS_MAX];
	size_t count;
	struct row_found finding[ROWS_FOUND_MAX];
	size_t finding_count;
};

/* What is to be looked for. */
struct points_options {
	bool nop5_is_safe;     /* a probe may be on a nop of five bytes: kernel_nop5_is_safe() */
	bool returns_are_safe; /* a function's return may be probed: uretprobe_is_safe() */
	bool with_devices;     /* also what costs more than the rest */
};

/*
 * Finds where the catalogue's probes of this kind of file go in the image, for which the resolver
 * is. Returns 0, also if some have no place (their findings say so), or -E2BIG where there are more
 * than POINTS_MAX.
 */
int points_find(const struct image *image, const struct resolver *resolver, enum probe_file file,
		const struct points_options *wish, struct points *points);

/*
 * Returns whether they are such as points_find() gives for a file of that kind and size: each place
 * within the file, each row one of the catalogue's, no return where that has none. Of a process
 * that may have been taken over they could be anything.
 */
bool points_are_sound(const struct points *points, enum probe_file file, uint64_t size);

/* Returns whether the finding's points are to be attached, or are. */
bool points_has(const struct points *points, size_t finding);

/* Returns whether the point is to be attached while a guest migrates, and to that one alone. */
bool point_is_armed(const struct points *points, const struct point *point);

/* Returns how many points are to be attached, or are. */
size_t points_any(const struct points *points);

/* Takes back a finding whose points the kernel refused to attach with that error (-errno). */
void points_withdraw(struct points *points, size_t finding, int err);

/* Returns whether one cannot be probed on this kernel without which there is no downtime. */
bool points_lack_vital(const struct points *points);

/* Gives the file a number, which some of its events carry. */
void points_set_target(struct points *points, uint16_t number);

/* Says where a domain object has its definition, so that its UUID can be compared; 0: not known. */
void points_set_def_offset(struct points *points, uint16_t offset);

#endif
