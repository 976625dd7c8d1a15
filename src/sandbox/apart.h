/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a function that reads what others wrote in a process of its own, which can
 * do nothing else. */
#ifndef MIGTRACE_SANDBOX_APART_H
#define MIGTRACE_SANDBOX_APART_H

#include <stddef.h>

#include "sandbox/confine.h"

/* Fills in the result, of a fixed size. Returns 0 or -errno, and nothing is filled in. */
typedef int apart_fn(const void *arg, void *result);

/*
 * Runs it as nobody who is confined, with all of our memory that is not shared with others, and
 * with standard error and the file descriptors in keep (those that are negative are none). Returns
 * what it returned; -EIO where it came to no end. The result is of a process that may have been
 * taken over: it has to be checked.
 */
int apart_run(enum confinement confinement, apart_fn *fn, const void *arg, const int *keep,
	      size_t keep_count, void *result, size_t size);

#endif
