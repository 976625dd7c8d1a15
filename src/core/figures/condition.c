/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A condition on a figure, such as downtime>500ms: whether it holds for sure. */
#include "core/figures/condition.h"

#include <assert.h>
#include <string.h>

#include "base/duration.h"

/* The longer ones first. */
static const struct {
	const char *text;
	enum condition_operator operator;
} operators[] = {
	{"<=", CONDITION_AT_MOST},
	{">=", CONDITION_AT_LEAST},
	{"<", CONDITION_LESS},
	{">", CONDITION_MORE},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
static_assert(COUNT(operators) == CONDITION_AT_LEAST + 1, "each has a row");

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " ");
}

bool condition_parse(const char *text, struct condition *condition)
{
	size_t len = strcspn(text, " <>=");
	const char *at = skip_blanks(text + len);
	size_t figure = 0, i = 0;

	while (figure < FIGURES &&
	       (strlen(figure_name(figure)) != len || strncmp(figure_name(figure), text, len) != 0))
		figure++;
	while (i < COUNT(operators) &&
	       strncmp(at, operators[i].text, strlen(operators[i].text)) != 0)
		i++;
	if (figure == FIGURES || i == COUNT(operators))
		return false;
	assert(figure < FIGURES && i < COUNT(operators));
	condition->figure = (enum figure)figure;
	condition->operator= operators[i].operator;
	return duration_parse(skip_blanks(at + strlen(operators[i].text)), NULL, &condition->ns) &&
	       condition->ns >= 0;
}

struct quantity figures_part(const struct figures *figures, enum place place)
{
	struct quantity sum = quantity_unknown("none of it was seen");

	for (size_t i = 0; i < figures->breakdown.count; i++) {
		const struct part *part = &figures->breakdown.part[i];

		if (part->is_downtime && part->place == place && part->duration.known)
			sum = quantity_exact((sum.known ? sum.est_ns : 0) + part->duration.est_ns,
					     "one clock");
	}
	return sum;
}

int64_t condition_least_ns(const struct condition *condition, const struct figures *figures)
{
	struct quantity source = figures_part(figures, PLACE_SOURCE);
	struct quantity destination = figures_part(figures, PLACE_DESTINATION);

	assert(condition->figure < FIGURES);
	if (condition->figure == FIGURE_TRANSFER || condition->figure >= FIGURE_BLACKOUT)
		return 0; /* none of them has the parts of the downtime in it */
	return (source.known ? source.est_ns : 0) + (destination.known ? destination.est_ns : 0);
}

enum condition_result condition_judge_bounds(const struct condition *condition, int64_t lo_ns,
					     int64_t hi_ns)
{
	bool is_sure, is_out;

	switch (condition->operator) {
	case CONDITION_LESS:
		is_sure = hi_ns < condition->ns;
		is_out = lo_ns >= condition->ns;
		break;
	case CONDITION_AT_MOST:
		is_sure = hi_ns <= condition->ns;
		is_out = lo_ns > condition->ns;
		break;
	case CONDITION_MORE:
		is_sure = lo_ns > condition->ns;
		is_out = hi_ns <= condition->ns;
		break;
	default:
		is_sure = lo_ns >= condition->ns;
		is_out = hi_ns < condition->ns;
		break;
	}
	if (is_sure)
		return CONDITION_HOLDS;
	return is_out ? CONDITION_FAILS : CONDITION_UNDECIDED;
}

enum condition_result condition_judge(const struct condition *condition,
				      const struct figures *figures)
{
	const struct quantity *quantity = figure_whole(figures, condition->figure);
	int64_t lo_ns = quantity->known ? quantity->lo_ns : condition_least_ns(condition, figures);

	return condition_judge_bounds(condition, lo_ns,
				      quantity->known ? quantity->hi_ns : INT64_MAX);
}
