/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a monitor event's text says: QEMU's spelling, none of it believed. */
#ifndef MIGTRACE_CORE_EVENT_MONITOR_H
#define MIGTRACE_CORE_EVENT_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "migtrace_event.h"

/* Returns whether the event is one of the monitor with that name, such as "STOP". */
bool monitor_event_is(const struct mt_event *event, const char *name);

/* Returns whether it is a MIGRATION event with that status, such as "completed". */
bool monitor_status_is(const struct mt_event *event, const char *status);

/* Reads the number that follows the key in the event's text. Returns whether there is one. */
bool monitor_number(const struct mt_event *event, const char *key, uint64_t *number);

#endif
