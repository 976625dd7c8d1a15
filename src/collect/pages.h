/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a collector shows of its migrations: nothing can be changed by it. */
#ifndef MIGTRACE_COLLECT_PAGES_H
#define MIGTRACE_COLLECT_PAGES_H

#include "collect/server.h"

/* What is asked for behind the path; "" where it is not. */
struct page_query {
	const char *since, *host, *from, *to, *domain, *limit;
};

struct page_answer {
	unsigned int status; /* of HTTP */
	const char *type;
	char *bytes; /* the server frees */
	size_t size;
};

/* Answers GET of the path. */
struct page_answer page_get(struct served *served, const char *path, const struct page_query *query,
			    bool is_open_metrics);

#endif
