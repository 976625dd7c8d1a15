/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in the kernel a thread slept, in one word. */
#ifndef MIGTRACE_CORE_STANDSTILL_PLACES_H
#define MIGTRACE_CORE_STANDSTILL_PLACES_H

#include "core/standstill/work.h"

/*
 * Writes the function that says most of where the event's thread slept: one that has a meaning, or
 * the one farthest in; or that it is not known.
 */
void place_name_of(const struct mt_event *event, char in[SLEPT_PLACE]);

/* Writes that name, or as much of it as there is room for. */
void place_name_set(char in[SLEPT_PLACE], const char *name, size_t len);

/* Returns whether it slept for a lock or a condition of its process: in a futex. */
bool place_is_lock(const struct mt_event *event);

/* Returns what is done to threads in that place, or what they wait for, static; NULL: not known. */
const char *place_meaning(const char *in);

#endif
