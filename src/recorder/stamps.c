/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock that is in a recording: the kernel's, or one that a test has made of it. */
#include "recorder/stamps.h"

#include "base/time.h"

int64_t stamp_drifted(const struct recorder_settings *settings, int64_t ns)
{
	return ns + (int64_t)((__int128)ns * settings->test_clock_drift_ppb / 1000000000);
}

int64_t stamp_of(const struct recorder_settings *settings, int64_t ns)
{
	return stamp_drifted(settings, ns) + settings->test_clock_offset_ns;
}

int64_t recorder_clock_ns(const struct recorder_settings *settings)
{
	return stamp_of(settings, time_now_ns());
}

bool stamps_are_kernels(const struct recorder_settings *settings)
{
	return !settings->test_clock_offset_ns && !settings->test_clock_drift_ppb;
}
