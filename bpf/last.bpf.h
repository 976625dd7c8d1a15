/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that is searched without a branch: the verifier would follow both ways of it each time. */
#ifndef MIGTRACE_LAST_BPF_H
#define MIGTRACE_LAST_BPF_H

/* The last 16 bytes of a text that is gone through byte by byte. */
struct last {
	__u64 early, late;
};

static __always_inline void last_add(struct last *last, __u8 c)
{
	last->early = last->early << 8 | last->late >> 56;
	last->late = last->late << 8 | c;
}

/* Returns what came last after the first k (1 to 8) of the next eight bytes. */
static __always_inline struct last last_after(const struct last *last, __u64 word, __u32 k)
{
	__u32 left = 8 * k, right = 64 - left;

	if (k == 8)
		return (struct last){last->late, word};
	return (struct last){last->early << left | last->late >> right,
			     last->late << left | word >> right};
}

/* Returns 1 if early and late came last, of which the masks count, else 0. */
static __always_inline __u64 last_is(const struct last *last, __u64 early, __u64 early_mask,
				     __u64 late, __u64 late_mask)
{
	__u64 differs = ((last->early ^ early) & early_mask) | ((last->late ^ late) & late_mask);
	__u64 minus = -differs;

	/* The compiler would see through it, and make a branch of each step. */
	barrier_var(minus);
	differs = (differs | minus) >> 63;
	barrier_var(differs);
	return differs ^ 1;
}

/* Returns 1 if value is less than limit, else 0. Both are less than 2^63. */
static __always_inline __u64 is_less(__u64 value, __u64 limit)
{
	__u64 difference = value - limit;

	barrier_var(difference);
	difference >>= 63;
	barrier_var(difference);
	return difference;
}

#endif
