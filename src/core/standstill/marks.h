/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State table of the downtime: which event ends which part, and who (libvirt or QEMU) acts next. */
#ifndef MIGTRACE_CORE_STANDSTILL_MARKS_H
#define MIGTRACE_CORE_STANDSTILL_MARKS_H

#include <assert.h>

#include "core/side/side.h"

/* Whose turn it is: what the other does meanwhile does not hold the guest up. */
enum turn {
	TURN_QEMU = 1,
	TURN_LIBVIRT = 2,
	TURN_REPLY = 4, /* libvirt waits for QEMU's to a command, whatever else it is told */
	TURN_VCPUS = 8, /* QEMU's, until it says that they are stopped */
	TURN_LIBVIRTS = TURN_LIBVIRT | TURN_REPLY,
	TURN_QEMUS = TURN_QEMU | TURN_VCPUS,
	TURN_ANY = TURN_QEMUS | TURN_LIBVIRTS,
};
static_assert((TURN_QEMUS & TURN_LIBVIRTS) == 0, "it is the turn of one of the two");

/* What goes on. Strings are static. */
struct activity {
	const char *name;
	const char *detail; /* a QMP command, or NULL */
	enum turn turn;
};

/* Returns what goes on at first in the side's part of the standstill, if QEMU's steps are known. */
struct activity activity_first(enum role role, bool has_steps);

/*
 * Takes the side's next event, while *doing goes on. Returns whether that ends then: *doing is what
 * comes next, and *ended, which was *doing, may have got a better name.
 */
bool activity_next(enum role role, const struct mt_event *event, struct activity *activity,
		   struct activity *ended);

#endif
