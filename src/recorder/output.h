/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording's file whose disk may be full for a while: then what comes is held in memory. */
#ifndef MIGTRACE_RECORDER_OUTPUT_H
#define MIGTRACE_RECORDER_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct patient_output;

/*
 * Returns a stream, which takes over the file and is closed by the caller, and *output, which lives
 * as long; path, which is borrowed, is what it is called on stderr. NULL with errno, and the file
 * closed.
 */
FILE *output_new(int fd, const char *path, struct patient_output **output);

/* Returns when to try again whether there is room; INT64_MAX: never. NULL never needs it. */
int64_t output_due_ns(const struct patient_output *output);

/* Tries it then. Returns whether there is room again after lines were lost. */
bool output_tend(struct patient_output *output, int64_t now_ns);

/* Returns how many lines there was no room for, neither in the file nor in memory. */
uint64_t output_lost(const struct patient_output *output);

#endif
