/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The self-test of the BPF programs: a place in our own code where they are hit first. */
#ifndef MIGTRACE_PROBE_KERNEL_SELF_TEST_H
#define MIGTRACE_PROBE_KERNEL_SELF_TEST_H

#include <stdint.h>

#include "probe/find/points.h"

/* The file that the point is in. */
#define SELF_TEST_FILE "/proc/self/exe"

/* Returns it as the points of a file, to be freed; NULL without memory. */
struct points *self_test_points(void);

/* Runs the code that the point is in. */
void self_test_run(void);

/*
 * Returns why nothing may be attached, or NULL: a bit for each enum mt_program that the test came
 * to, and for each that ran on the stack of the task that it was hit by.
 */
const char *self_test_verdict(uint64_t seen, uint64_t on_stack);

#endif
