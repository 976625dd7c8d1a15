/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A number that may be unknown. */
#ifndef MIGTRACE_CORE_EVENT_OPT_H
#define MIGTRACE_CORE_EVENT_OPT_H

#include <stdbool.h>
#include <stdint.h>

/* Where known is false, v may not be read. The name of a member says the unit. */
struct opt_i64 {
	bool known;
	int64_t v;
};

static inline struct opt_i64 opt_of(int64_t v)
{
	return (struct opt_i64){true, v};
}

/* Returns the number; or other, if it is unknown. */
static inline int64_t opt_or(struct opt_i64 number, int64_t other)
{
	return number.known ? number.v : other;
}

#endif
