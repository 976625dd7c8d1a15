// SPDX-License-Identifier: GPL-2.0-or-later
/* Sides of different migrations are never one: each recording of tests/replay with each other. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/match/migration.h"
#include "core/recording/store.h"
#include "core/match/trace.h"
#include "record/read.h"

#define REPLAY	  "tests/replay"
#define FILES_MAX 256

struct file {
	char path[512];
	char row[256];
	struct recording recording;
	struct sides sides;
};

static struct file files[FILES_MAX];
static size_t file_count;

static void file_read(struct file *file)
{
	FILE *in = fopen(file->path, "re");
	struct reader *reader;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	assert_non_null(in);
	file->recording.name = file->path;
	reader = reader_open(&file->recording);
	assert_non_null(reader);
	while ((len = getline(&line, &size, in)) > 0)
		assert_int_equal(reader_line(reader, line, (size_t)len - 1), 0);
	free(line);
	reader_close(reader);
	fclose(in);
	recording_sort(&file->recording);
}

static int is_recording(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".jsonl");
}

static int is_row(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && entry->d_name[0] != '.';
}

static void row_read(const char *row)
{
	char path[300];
	struct dirent **names;
	int count;

	snprintf(path, sizeof(path), REPLAY "/%.255s", row);
	count = scandir(path, &names, is_recording, alphasort);
	for (int i = 0; i < count; i++) {
		struct file *file = &files[file_count++];

		assert_true(file_count < FILES_MAX);
		snprintf(file->row, sizeof(file->row), "%.255s", row);
		snprintf(file->path, sizeof(file->path), "%.300s/%.200s", path, names[i]->d_name);
		file_read(file);
		free(names[i]);
	}
	free(names);
}

static int files_read(void **state)
{
	struct dirent **rows;
	int count = scandir(REPLAY, &rows, is_row, alphasort);

	(void)state;
	for (int i = 0; i < count; i++) {
		row_read(rows[i]->d_name);
		free(rows[i]);
	}
	free(rows);
	return count > 0 ? 0 : -1;
}

static int files_free(void **state)
{
	(void)state;
	for (size_t i = 0; i < file_count; i++) {
		sides_free(&files[i].sides);
		recording_free(&files[i].recording);
	}
	return 0;
}

/* All are of one guest then. */
static void uuids_equal(void)
{
	static const uint8_t uuid[MT_UUID] = {7};

	for (size_t i = 0; i < file_count; i++)
		for (size_t j = 0; j < files[i].recording.event_count; j++)
			memcpy(files[i].recording.events[j].uuid, uuid, MT_UUID);
}

/* As all migrations of one guest may have it. */
static void begin_cookies_equal(void)
{
	for (size_t i = 0; i < file_count; i++) {
		struct recording *recording = &files[i].recording;
		struct sides sides;

		assert_int_equal(sides_find(recording, &sides), 0);
		for (size_t j = 0; j < sides.count; j++) {
			const struct mt_event *begun = trace_of(&sides.side[j]).begun;

			struct mt_event *event;

			if (!begun)
				continue;
			event = &recording->events[begun - recording->events];
			event->cookie.hash = 1;
			event->cookie.len = 1000;
		}
		sides_free(&sides);
	}
}

/* Each migration began at the same time. */
static void wall_clocks_equal(void)
{
	for (size_t i = 0; i < file_count; i++) {
		struct recording *recording = &files[i].recording;
		int64_t begin_ns;

		if (!recording->event_count || !recording->snapshot_count)
			continue;
		begin_ns = recording_real_ns(recording, (int64_t)recording->events[0].ktime_ns);
		for (size_t j = 0; j < recording->snapshot_count; j++)
			recording->snapshots[j].real_ns += INT64_C(1000000000000000000) - begin_ns;
	}
}

/* Returns how many migrations were made of sides of both. */
static size_t pairs_of(const struct file *a, const struct file *b)
{
	const struct sides sides[] = {a->sides, b->sides};
	struct migrations migrations;
	size_t count = 0;

	assert_int_equal(migrations_match(sides, 2, &(struct matching){0}, &migrations), 0);
	for (size_t i = 0; i < migrations.count; i++) {
		const struct migration *m = &migrations.migration[i];

		if (m->source && m->destination &&
		    m->source->recording != m->destination->recording)
			count++;
	}
	migrations_free(&migrations);
	return count;
}

static void sides_find_all(void)
{
	for (size_t i = 0; i < file_count; i++) {
		sides_free(&files[i].sides);
		assert_int_equal(sides_find(&files[i].recording, &files[i].sides), 0);
	}
}

/* Whether the row has the recording, under whatever name. */
static bool row_has(const char *row, const struct recording *recording)
{
	for (size_t i = 0; i < file_count; i++)
		if (!strcmp(files[i].row, row) && !strcmp(files[i].recording.id, recording->id))
			return true;
	return false;
}

static void all_apart(const char *how)
{
	size_t tried = 0, wrong = 0;

	sides_find_all();
	for (size_t i = 0; i < file_count; i++)
		for (size_t j = i + 1; j < file_count; j++) {
			if (row_has(files[i].row, &files[j].recording) ||
			    row_has(files[j].row, &files[i].recording))
				continue;
			tried++;
			if (!pairs_of(&files[i], &files[j]))
				continue;
			wrong++;
			print_message("# %s: %s and %s are one\n", how, files[i].path,
				      files[j].path);
		}
	print_message("# %s: %zu of %zu pairs joined\n", how, wrong, tried);
	assert_int_equal(wrong, 0);
}

static void sides_of_one_guest_at_other_times_stay_apart(void **state)
{
	(void)state;
	uuids_equal();
	begin_cookies_equal();
	all_apart("one guest");
}

static void sides_of_one_time_with_other_cookies_stay_apart(void **state)
{
	(void)state;
	files_free(NULL);
	memset(files, 0, sizeof(files));
	file_count = 0;
	assert_int_equal(files_read(NULL), 0);
	uuids_equal();
	wall_clocks_equal();
	all_apart("one time");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sides_of_one_guest_at_other_times_stay_apart),
		cmocka_unit_test(sides_of_one_time_with_other_cookies_stay_apart),
	};

	return cmocka_run_group_tests(tests, files_read, files_free);
}
