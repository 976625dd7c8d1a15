/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recordings of tests/replay, a row of them for each kind of migration, as lines. */
#ifndef MIGTRACE_TESTS_ROWS_H
#define MIGTRACE_TESTS_ROWS_H

#include <dirent.h>
#include <stddef.h>

#define REPLAY	  "tests/replay"
#define FILES_MAX 8

struct text {
	char name[256]; /* ROW/FILE */
	char *bytes;
	size_t size;
	char **lines;
	size_t count;
};

/* The recordings of one kind of migration. */
struct row {
	char name[64];
	struct text text[FILES_MAX];
	size_t count;
};

/* Cuts its bytes into lines. */
void text_split(struct text *text);

/* For scandir() over REPLAY. */
int is_row(const struct dirent *entry);

/* Reads a row; the test fails where it cannot. row_free() frees it. */
struct row row_read(const char *name);
void row_free(struct row *row);

#endif
