/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of many texts the worst ones, as many as there is room for. */
#include "report/worst.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A heap: the least bad one is the first. */
static bool is_less_bad(const struct worst_text *a, const struct worst_text *b)
{
	return a->rank != b->rank ? a->rank < b->rank : a->index > b->index;
}

static void up(struct worst *worst, size_t at)
{
	struct worst_text **texts = worst->texts, *text = texts[at];

	for (; at && is_less_bad(text, texts[(at - 1) / 2]); at = (at - 1) / 2)
		texts[at] = texts[(at - 1) / 2];
	texts[at] = text;
}

static void down(struct worst *worst)
{
	struct worst_text **texts = worst->texts, *text = texts[0];
	size_t at = 0, next;

	while ((next = 2 * at + 1) < worst->count) {
		if (next + 1 < worst->count && is_less_bad(texts[next + 1], texts[next]))
			next++;
		if (!is_less_bad(texts[next], text))
			break;
		texts[at] = texts[next];
		at = next;
	}
	texts[at] = text;
}

static void text_free(struct worst_text *text)
{
	free(text->text);
	free(text);
}

static void first_drop(struct worst *worst)
{
	struct worst_text *text = worst->texts[0];

	worst->bytes -= text->size;
	worst->texts[0] = worst->texts[--worst->count];
	if (worst->count)
		down(worst);
	text_free(text);
}

int worst_add(struct worst *worst, int64_t rank, const char *text)
{
	struct worst_text **more =
		reallocarray(worst->texts, worst->count + 1, sizeof(struct worst_text *));
	struct worst_text *added = calloc(1, sizeof(*added));

	if (more)
		worst->texts = more;
	if (added)
		*added = (struct worst_text){rank, worst->added, strdup(text), strlen(text)};
	if (!more || !added || !added->text) {
		if (added)
			text_free(added);
		return -ENOMEM;
	}
	worst->added++;
	worst->bytes += added->size;
	worst->texts[worst->count] = added;
	up(worst, worst->count++);
	while (worst->count > worst->count_max ||
	       (worst->count > 1 && worst->bytes > worst->bytes_max))
		first_drop(worst);
	return 0;
}

static int by_index(const void *a, const void *b)
{
	const struct worst_text *x = *(struct worst_text *const *)a;
	const struct worst_text *y = *(struct worst_text *const *)b;

	return x->index < y->index ? -1 : x->index > y->index;
}

void worst_order(struct worst *worst)
{
	if (worst->count)
		qsort(worst->texts, worst->count, sizeof(struct worst_text *), by_index);
}

void worst_free(struct worst *worst)
{
	for (size_t i = 0; i < worst->count; i++)
		text_free(worst->texts[i]);
	free(worst->texts);
}
