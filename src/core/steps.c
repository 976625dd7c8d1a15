/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What QEMU's steps are called in recordings. */
#include "core/steps.h"

#include <stddef.h>
#include <string.h>

static const char *const names[MT_STEPS] = {
	[MT_STOP_DECIDED] = "stop-decided",
	[MT_VCPUS_PAUSE] = "vcpus-pause",
	[MT_VCPU_STOP] = "vcpu-stop",
	[MT_STOP_SENT] = "stop-sent",
	[MT_BLOCK_DRAIN] = "block-drain",
	[MT_BLOCK_FLUSH] = "block-flush",
	[MT_CONTINUED] = "continued",
	[MT_LAST_RAM] = "last-ram",
	[MT_DEVICES_SAVE] = "devices-save",
	[MT_DEVICE_SAVE] = "device-save",
	[MT_BLOCK_INACTIVATE] = "block-inactivate",
	[MT_POSTCOPY_PACKAGE] = "postcopy-package",
	[MT_SOURCE_CLEANUP] = "source-cleanup",
	[MT_LOAD] = "load",
	[MT_LOAD_SECTIONS] = "load-sections",
	[MT_DEVICE_LOAD] = "device-load",
	[MT_LOADED] = "loaded",
	[MT_VCPUS_LOADED] = "vcpus-loaded",
	[MT_ANNOUNCE] = "announce",
	[MT_CONT] = "cont",
	[MT_BLOCK_ACTIVATE] = "block-activate",
	[MT_START_PREPARE] = "start-prepare",
	[MT_RESUME_SENT] = "resume-sent",
	[MT_VCPUS_RELEASE] = "vcpus-release",
	[MT_VCPU_START] = "vcpu-start",
	[MT_FRAME_SENT] = "frame-sent",
	[MT_STREAM_END] = "stream-end",
	[MT_LOAD_WAIT] = "load-wait",
};

const char *step_name(uint64_t step)
{
	return step < MT_STEPS ? names[step] : NULL;
}

enum mt_step step_of(const char *name)
{
	for (int step = MT_STEP_NONE + 1; step < MT_STEPS; step++)
		if (!strcmp(names[step], name))
			return (enum mt_step)step;
	return MT_STEP_NONE;
}
