/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's own stamps of a migration, as its cookies carry them. */
#ifndef MIGTRACE_CORE_SIDE_STATISTICS_H
#define MIGTRACE_CORE_SIDE_STATISTICS_H

#include "core/event/opt.h"
#include "core/side/side.h"

/* All in ms. */
struct statistics {
	struct opt_i64 started, stopped, sent; /* by the source's wall clock; 0: libvirt has none */
	struct opt_i64 delta; /* from the source's sent to the destination's received */
	struct opt_i64 setup;
};

/* Reads what follows <statistics>; what is not there, cut or no number is not known. */
struct statistics statistics_parse(const char *text, size_t len);

/* Returns what the source hands over; nothing known where it was not seen. */
struct statistics statistics_sent(const struct side *source);

/* Returns what the destination answers. */
struct statistics statistics_answered(const struct side *destination);

#endif
