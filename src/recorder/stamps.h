/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock that is in a recording: the kernel's, or one that a test has made of it. */
#ifndef MIGTRACE_RECORDER_STAMPS_H
#define MIGTRACE_RECORDER_STAMPS_H

#include <stdbool.h>
#include <stdint.h>

#include "recorder/settings.h"

/* Returns what a clock shows, when the kernel's shows ns, that is as fast as the settings say; */
int64_t stamp_drifted(const struct recorder_settings *settings, int64_t ns);

/* and as far ahead, too: the recording's CLOCK_MONOTONIC. */
int64_t stamp_of(const struct recorder_settings *settings, int64_t ns);

/* Returns what the recording's CLOCK_MONOTONIC shows now. */
int64_t recorder_clock_ns(const struct recorder_settings *settings);

/* Returns whether its stamps can be compared with those of another recording of this kernel. */
bool stamps_are_kernels(const struct recorder_settings *settings);

#endif
