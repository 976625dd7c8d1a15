/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the calls of libvirt's clients are called in recordings, and by people. */
#ifndef MIGTRACE_CORE_EVENT_CALLS_H
#define MIGTRACE_CORE_EVENT_CALLS_H

#include <stdint.h>

#include "migtrace_event.h"

/* Returns the call's name, static, or NULL where there is none of that number. */
const char *call_name(uint64_t call);

/* Returns the call of that name, or MT_CALL_NONE. */
enum mt_call call_of(const char *name);

#endif
