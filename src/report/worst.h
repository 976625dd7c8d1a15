/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of many texts the worst ones, as many as there is room for. */
#ifndef MIGTRACE_REPORT_WORST_H
#define MIGTRACE_REPORT_WORST_H

#include <stddef.h>
#include <stdint.h>

struct worst_text {
	int64_t rank; /* the higher, the worse */
	size_t index; /* of all that were added: of two of one rank the first one stays */
	char *text;
	size_t size;
};

/* {.count_max, .bytes_max} at first; worst_free() frees. */
struct worst {
	size_t count_max, bytes_max;
	size_t added, count, bytes;
	struct worst_text **texts;
};

/* Copies the text, and lets go of the least bad ones beyond the limits. Returns 0 or -ENOMEM. */
int worst_add(struct worst *worst, int64_t rank, const char *text);

/* Puts what is left into the order in which it was added; nothing is added after that. */
void worst_order(struct worst *worst);

void worst_free(struct worst *worst);

#endif
