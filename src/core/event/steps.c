/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What QEMU's steps are called in recordings. */
#include "core/event/steps.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const char *const names[MT_STEPS] = {
	[MT_STEP_STOP_DECIDED] = "stop-decided",
	[MT_STEP_VCPUS_PAUSE] = "vcpus-pause",
	[MT_STEP_VCPU_STOP] = "vcpu-stop",
	[MT_STEP_STOP_SENT] = "stop-sent",
	[MT_STEP_BLOCK_DRAIN] = "block-drain",
	[MT_STEP_BLOCK_FLUSH] = "block-flush",
	[MT_STEP_CONTINUED] = "continued",
	[MT_STEP_LAST_RAM] = "last-ram",
	[MT_STEP_DEVICES_SAVE] = "devices-save",
	[MT_STEP_DEVICE_SAVE] = "device-save",
	[MT_STEP_BLOCK_INACTIVATE] = "block-inactivate",
	[MT_STEP_POSTCOPY_PACKAGE] = "postcopy-package",
	[MT_STEP_SOURCE_CLEANUP] = "source-cleanup",
	[MT_STEP_LOAD] = "load",
	[MT_STEP_LOAD_SECTIONS] = "load-sections",
	[MT_STEP_DEVICE_LOAD] = "device-load",
	[MT_STEP_LOADED] = "loaded",
	[MT_STEP_VCPUS_LOADED] = "vcpus-loaded",
	[MT_STEP_ANNOUNCE] = "announce",
	[MT_STEP_CONT] = "cont",
	[MT_STEP_BLOCK_ACTIVATE] = "block-activate",
	[MT_STEP_START_PREPARE] = "start-prepare",
	[MT_STEP_RESUME_SENT] = "resume-sent",
	[MT_STEP_VCPUS_RELEASE] = "vcpus-release",
	[MT_STEP_VCPU_START] = "vcpu-start",
	[MT_STEP_FRAME_SENT] = "frame-sent",
	[MT_STEP_STREAM_END] = "stream-end",
	[MT_STEP_LOAD_WAIT] = "load-wait",
	[MT_STEP_THROTTLE] = "throttle",
	[MT_STEP_RATE_LIMIT] = "rate-limit",
	[MT_STEP_TSC_READ] = "tsc-read",
	[MT_STEP_TSC_SET] = "tsc-set",
};
static_assert(MT_STEP_NONE == 0, "what is not known is no step");

const char *step_name(uint64_t step)
{
	return step < MT_STEPS ? names[step] : NULL;
}

enum mt_step step_of(const char *name)
{
	for (int step = MT_STEP_NONE + 1; step < MT_STEPS; step++) {
		assert(names[step]);
		if (!strcmp(names[step], name))
			return (enum mt_step)step;
	}
	return MT_STEP_NONE;
}
