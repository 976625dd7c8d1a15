/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A measured duration with its proven bounds, or the reason why it is unknown. */
#ifndef MIGTRACE_CORE_EVENT_QUANTITY_H
#define MIGTRACE_CORE_EVENT_QUANTITY_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

/* Unknown is a value: where known is false only why_unknown may be read. Strings are static. */
struct quantity {
	bool known;
	int64_t est_ns, lo_ns, hi_ns; /* lo <= truth <= hi, and lo <= est <= hi */
	const char *how;
	const char *why_unknown;
};

/* Returns an unknown quantity; why is a static string for people. */
static inline struct quantity quantity_unknown(const char *why)
{
	return (struct quantity){.why_unknown = why};
}

/* Returns a quantity with no width: the difference of two stamps of one clock. */
static inline struct quantity quantity_exact(int64_t ns, const char *how)
{
	return (struct quantity){true, ns, ns, ns, how, 0};
}

/* Returns the quantity known to lie in [lo_ns, hi_ns]; the estimate is the middle. lo <= hi. */
static inline struct quantity quantity_between(int64_t lo_ns, int64_t hi_ns, const char *how)
{
	return (struct quantity){true, lo_ns + (hi_ns - lo_ns) / 2, lo_ns, hi_ns, how, 0};
}

/* Returns the known quantity, so much longer. */
static inline struct quantity quantity_shifted(const struct quantity *quantity, int64_t ns)
{
	struct quantity shifted = *quantity;

	assert(quantity->known);
	shifted.est_ns += ns;
	shifted.lo_ns += ns;
	shifted.hi_ns += ns;
	return shifted;
}

/* Returns whether ns is within the bounds, or at most so much below or above them. */
static inline bool quantity_is_near(const struct quantity *quantity, int64_t ns, int64_t below_ns,
				    int64_t above_ns)
{
	return quantity->known && ns >= quantity->lo_ns - below_ns &&
	       ns <= quantity->hi_ns + above_ns;
}

/* How many; or why that is not known, static. */
struct counted {
	bool known;
	uint64_t count;
	const char *why_unknown;
};

#endif
