/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the head of libvirt's migration cookie says; only as much of it as is recorded. */
#ifndef MIGTRACE_CORE_EVENT_COOKIE_H
#define MIGTRACE_CORE_EVENT_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migtrace_event.h"

/* Returns whether the event has a cookie's head; others have something else in its place. */
bool cookie_is_in(const struct mt_event *event);

/* Copies the domain's name from the event's cookie to name; "" if it is not there. */
void cookie_name(const struct mt_event *event, char *name, size_t size);

/* Copies the name of the host that made the event's cookie to name; "" if it is not there. */
void cookie_host(const struct mt_event *event, char *name, size_t size);

/* Reads the domain's UUID, 16 bytes, from the event's cookie; returns whether it is there. */
bool cookie_uuid(const struct mt_event *event, uint8_t *uuid);

#endif
