/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which other call of libvirt's a thread waited for: the one of who ended the wait. */
#ifndef MIGTRACE_CORE_STANDSTILL_HELD_H
#define MIGTRACE_CORE_STANDSTILL_HELD_H

#include "core/standstill/work.h"

#define HELD_TEXT 64

/* Takes the event down if it is a holder's; what finds no room is not named later. */
void holders_add(struct spans *spans, const struct mt_event *event);

/*
 * Returns the holder's event of the call whose thread ended that sleep, or NULL: it was no lock or
 * condition that was slept for, or it is not known which call that was, or that one only
 * interrupts.
 */
const struct mt_event *holder_find(const struct spans *spans, const struct mt_event *slept);

/* Returns how much of that time its thread served that call; 0 for NULL. */
int64_t holder_part(const struct mt_event *holder, int64_t from_ns, int64_t to_ns);

/* Adds a wait for that call, or takes it off; those for the fifth call and more are left out. */
void held_add(struct work *work, const struct mt_event *holder, int64_t ns);

/* Makes quantities of the waits, and forgets those of which nothing is left. how is static. */
void held_finish(struct work *work, const char *how);

/* Writes what the call is called, or which number it has. */
void held_name(const struct held *held, char text[HELD_TEXT]);

#endif
