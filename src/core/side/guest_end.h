/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who ended a guest, and how, as its host shows it. */
#ifndef MIGTRACE_CORE_SIDE_GUEST_END_H
#define MIGTRACE_CORE_SIDE_GUEST_END_H

#include "core/side/side.h"

enum ended_by {
	ENDED_BY_UNKNOWN, /* its QEMU has ended, and nothing shows why */
	ENDED_BY_NOBODY,  /* it has not ended, as far as was seen */
	ENDED_BY_CLIENT,  /* through libvirt: by a call */
	ENDED_BY_GUEST,	  /* itself */
	ENDED_BY_KERNEL,  /* the OOM killer */
	ENDED_BY_SIGNAL,  /* a crash, or somebody who killed it */
	ENDED_BY_QEMU,	  /* which gave up, with an exit status; 0: it was to end */
	ENDED_BY_LIBVIRT, /* or whoever else tells QEMU to end, by SIGTERM */
	ENDED_BYS
};

struct guest_end {
	enum ended_by by;
	const char *how; /* the call, what the guest did, or the signal's name; static, or NULL */
	int number;	 /* of the signal, or the exit status */
	int64_t ns;	 /* by the host's clock; 0: not known */
};

/* Returns whether QEMU ended by a signal that a program's own fault gives it. */
bool guest_end_is_crash(const struct guest_end *end);

/* Returns how the guest's QEMU on that side ended, before or soon after the side did. */
struct guest_end guest_end_of(const struct side *side);

/* Returns whether QEMU said that the guest had panicked: it may go on all the same. */
bool guest_has_panicked(const struct side *side);

#endif
