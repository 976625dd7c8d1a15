/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the calls of libvirt's clients are called in recordings, and by people. */
#include "core/event/calls.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const char *const names[MT_CALLS] = {
	[MT_CALL_DESTROY] = "destroy",
	[MT_CALL_SHUTDOWN] = "shutdown",
	[MT_CALL_REBOOT] = "reboot",
	[MT_CALL_RESET] = "reset",
	[MT_CALL_SUSPEND] = "suspend",
	[MT_CALL_RESUME] = "resume",
	[MT_CALL_ABORT_JOB] = "abort-job",
	[MT_CALL_SAVE] = "save",
	[MT_CALL_SET_MAX_DOWNTIME] = "set-max-downtime",
};
static_assert(MT_CALL_NONE == 0, "what is not known is no call");

const char *call_name(uint64_t call)
{
	return call < MT_CALLS ? names[call] : NULL;
}

enum mt_call call_of(const char *name)
{
	for (int call = MT_CALL_NONE + 1; call < MT_CALLS; call++) {
		assert(names[call]);
		if (!strcmp(names[call], name))
			return (enum mt_call)call;
	}
	return MT_CALL_NONE;
}
