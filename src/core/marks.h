/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes on between the events of a standstill: who has to act, and what it does. */
#ifndef MIGTRACE_CORE_MARKS_H
#define MIGTRACE_CORE_MARKS_H

#include "core/half.h"

/* Whose turn it is: what the other does meanwhile does not hold the guest up. */
enum turn {
	TURN_ANY,
	TURN_QEMU,
	TURN_LIBVIRT,
};

/* What goes on. Strings are static. */
struct doing {
	const char *name;
	const char *detail; /* a QMP command, or NULL */
	enum turn turn;
};

/* Returns what goes on at first in the half's part of the standstill, if QEMU's steps are known. */
struct doing doing_first(enum side side, bool has_steps);

/*
 * Takes the side's next event, while *doing goes on. Returns whether that ends then: *doing is what
 * comes next, and *ended, which was *doing, may have got a better name.
 */
bool doing_next(enum side side, const struct mt_event *event, struct doing *doing,
		struct doing *ended);

#endif
