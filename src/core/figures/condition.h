/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A condition on a figure, such as downtime>500ms: whether it holds for sure. */
#ifndef MIGTRACE_CORE_FIGURES_CONDITION_H
#define MIGTRACE_CORE_FIGURES_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/figures/figures.h"

enum condition_operator {
	CONDITION_LESS,
	CONDITION_AT_MOST,
	CONDITION_MORE,
	CONDITION_AT_LEAST,
};

struct condition {
	enum figure figure;
	enum condition_operator operator;
	int64_t ns;
};

#define CONDITIONS_MAX 8

/* Several, as they were written. */
struct conditions {
	struct condition one[CONDITIONS_MAX];
	const char *text[CONDITIONS_MAX];
	size_t count;
};

enum condition_result {
	CONDITION_UNDECIDED, /* the figure is not known, or not well enough */
	CONDITION_HOLDS,     /* wherever within its bounds the truth lies */
	CONDITION_FAILS,
};

/*
 * Reads a condition: a figure's name, < <= > or >=, and a time as base/duration.h reads it.
 * Returns whether the text is one.
 */
bool condition_parse(const char *text, struct condition *condition);

/* Returns how the figures stand to it. Of one side alone its part is the least that there is. */
enum condition_result condition_judge(const struct condition *condition,
				      const struct figures *figures);

/* The same of a figure that is from lo_ns to hi_ns. */
enum condition_result condition_judge_bounds(const struct condition *condition, int64_t lo_ns,
					     int64_t hi_ns);

/* Returns the least that the figure can be where it is not known itself: what the
 * sides have, ns. */
int64_t condition_least_ns(const struct condition *condition, const struct figures *figures);

/* Returns the known parts of the downtime on that side, exact; or unknown where there are none. */
struct quantity figures_part(const struct figures *figures, enum place place);

#endif
