/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is reported of recordings, to be compared with what is reported of them once they were
 * changed. */
#ifndef MIGTRACE_TESTS_SEEN_H
#define MIGTRACE_TESTS_SEEN_H

#include "rows.h"
#include "core/figures/figures.h"

#define TOLD_MAX 64

/* What is said of a migration that no clock or name is part of. */
enum answer { OUTCOME, LEFT, CONTROL, OFFLINE, TUNNELLED, POSTCOPY, ANSWERS };

/* Beside the figures, of which there is a table. */
enum { OFFSET = FIGURES, ANNOUNCED, LOAD, STALLS, QUANTITIES };

/* Instants of one clock: what is not sure of them has nothing to do with clocks. */
enum moment {
	START,
	STOPPED,
	SENT,
	HALTED,
	RESUMED,
	GUEST_STOP,
	RECEIVED,
	DONE,
	GUEST_START,
	MOMENTS
};

/* A side of a migration, to find it by in another pass. */
struct side_seen {
	bool is_there;
	uint8_t uuid[MT_UUID];
	uint32_t pid;
	uint64_t first_ns, last_ns;
	const char *recording;
};

struct seen {
	struct side_seen role[2];
	int answer[ANSWERS]; /* 0: unknown */
	struct quantity quantity[QUANTITIES];
	struct instant moment[MOMENTS];
};

struct replayed {
	struct seen told[TOLD_MAX];
	size_t count;
};

/* Is told what is wrong, and of what. */
typedef void violation_fn(void *arg, const char *what, const char *detail);

/* Fills pass with what is reported of the row without that line of that file; SIZE_MAX: of all. */
void row_pass(const struct row *row, size_t file, size_t without, struct replayed *pass);

/* Of each migration that is in the part less may be known than of the whole, but nothing else. */
void seen_check_kept(const struct replayed *whole, const struct replayed *part, violation_fn *fn,
		     void *arg);

/* The same of its figures alone: what became of a guest may be told by the last event, which is not
 * there. */
void seen_check_figures(const struct replayed *whole, const struct replayed *part, violation_fn *fn,
			void *arg);

/* Both say the same, figure by figure. */
void seen_check_equal(const struct replayed *whole, const struct replayed *other, violation_fn *fn,
		      void *arg);

#endif
