/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What QEMU's steps are called in recordings. */
#ifndef MIGTRACE_CORE_EVENT_STEPS_H
#define MIGTRACE_CORE_EVENT_STEPS_H

#include <stdint.h>

#include "migtrace_event.h"

/* Returns the step's name, static, or NULL where there is none of that number. */
const char *step_name(uint64_t step);

/* Returns the step of that name, or MT_STEP_NONE. */
enum mt_step step_of(const char *name);

#endif
