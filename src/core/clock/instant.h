/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An instant that was seen or not: of one host's clock, and by type of which host's. */
#ifndef MIGTRACE_CORE_CLOCK_INSTANT_H
#define MIGTRACE_CORE_CLOCK_INSTANT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clock/clock.h"

/* An instant of some host's own clock, or none: not before ns, and at most late_ns after it. */
struct instant {
	bool known;
	int64_t ns;
	int64_t late_ns;
};

/* The same of the source's clock; i is for what compares it with others of that clock only. */
struct src_instant {
	union {
		struct instant i;
		struct {
			bool known;
			struct src_ns at;
			int64_t late_ns;
		};
	};
};

/* The same of the destination's clock. */
struct dst_instant {
	union {
		struct instant i;
		struct {
			bool known;
			struct dst_ns at;
			int64_t late_ns;
		};
	};
};

/* i and the typed members are one: they lie at the same places. */
static_assert(sizeof(struct src_instant) == sizeof(struct instant), "one and the same");
static_assert(sizeof(struct dst_instant) == sizeof(struct instant), "one and the same");
static_assert(offsetof(struct src_instant, at) == offsetof(struct instant, ns), "the stamp");
static_assert(offsetof(struct dst_instant, at) == offsetof(struct instant, ns), "the stamp");
static_assert(offsetof(struct src_instant, late_ns) == offsetof(struct instant, late_ns),
	      "its width");
static_assert(offsetof(struct dst_instant, late_ns) == offsetof(struct instant, late_ns),
	      "its width");

#endif
