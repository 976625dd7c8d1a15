/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the functions of a stripped file that refer to a string, as to their own name. */
#ifndef MIGTRACE_PROBE_CODE_FUNC_STRING_H
#define MIGTRACE_PROBE_CODE_FUNC_STRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REFERERS_MAX 8

struct image;
struct ranges;

struct referers {
	uint64_t start[REFERERS_MAX]; /* of each of the functions, once */
	size_t count;
	bool is_unsure; /* there are others, or it is not known which function a part belongs to */
};

/*
 * Finds the functions whose code refers to a string equal to name, as each does that logs
 * __func__: string in read-only data -> instruction that takes its address -> range of .eh_frame
 * around that -> its start. A range whose CFI starts inside a stack frame is a cold part that GCC
 * split off a function: that is the one range which jumps into it.
 */
void referers_find(const struct image *image, const struct ranges *ranges, const char *name,
		   struct referers *referers);

#endif
