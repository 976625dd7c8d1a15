/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean": the nearest of some names by edit distance. */
#include "base/nearest.h"

#include <string.h>

#define PREFIX_MIN 2 /* one letter alone says too little */

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

/* The optimal string alignment distance: a swap of neighbours is one edit, as it is one slip. */
static int distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	int rows[NEAREST_MAX + 1][NEAREST_MAX + 1];

	for (size_t i = 0; i <= a_length; i++)
		rows[i][0] = (int)i;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = (int)j;
	for (size_t i = 1; i <= a_length; i++) {
		for (size_t j = 1; j <= b_length; j++) {
			int best = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			best = smaller(best, smaller(rows[i - 1][j], rows[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = smaller(best, rows[i - 2][j - 2] + 1);
			rows[i][j] = best;
		}
	}
	return rows[a_length][b_length];
}

const char *nearest_name(const char *word, const char *const names[], size_t count)
{
	size_t length = strlen(word);
	const char *nearest = NULL;
	int least = NEAREST_MAX;

	if (length > NEAREST_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t name_length = strlen(names[i]);
		int edits;

		if (name_length > NEAREST_MAX)
			continue;
		if (length >= PREFIX_MIN && !strncmp(word, names[i], length))
			return names[i];
		edits = distance(word, length, names[i], name_length);
		if (edits < least && (size_t)edits * 3 <= name_length) {
			nearest = names[i];
			least = edits;
		}
	}
	return nearest;
}
