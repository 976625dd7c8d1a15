// SPDX-License-Identifier: GPL-2.0-or-later
/* The recordings of tests/replay, a row of them for each kind of migration, as lines. */
#include "rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

void text_split(struct text *text)
{
	char *end;

	text->lines = calloc(text->size + 1, sizeof(*text->lines));
	assert_non_null(text->lines);
	for (char *at = text->bytes; (end = strchr(at, '\n')); at = end + 1) {
		*end = '\0';
		text->lines[text->count++] = at;
	}
}

static struct text text_read(const char *path)
{
	struct text text = {0};
	FILE *file = fopen(path, "re"), *out = open_memstream(&text.bytes, &text.size);
	char part[4096];
	size_t size;

	assert_non_null(file);
	assert_non_null(out);
	while ((size = fread(part, 1, sizeof(part), file)))
		fwrite(part, 1, size, out);
	fclose(out);
	fclose(file);
	text_split(&text);
	return text;
}

static int is_recording(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".jsonl");
}

int is_row(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && entry->d_name[0] != '.';
}

struct row row_read(const char *name)
{
	struct row row = {0};
	char path[256];
	struct dirent **files;
	int count;

	snprintf(row.name, sizeof(row.name), "%s", name);
	snprintf(path, sizeof(path), REPLAY "/%s", row.name);
	count = scandir(path, &files, is_recording, alphasort);
	assert_in_range(count, 1, FILES_MAX);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), REPLAY "/%s/%.32s", row.name, files[i]->d_name);
		row.text[row.count] = text_read(path);
		snprintf(row.text[row.count++].name, sizeof(row.text->name), "%s",
			 path + strlen(REPLAY "/"));
		free(files[i]);
	}
	free(files);
	return row;
}

void row_free(struct row *row)
{
	for (size_t i = 0; i < row->count; i++) {
		free(row->text[i].bytes);
		free(row->text[i].lines);
	}
}
