// SPDX-License-Identifier: GPL-2.0-or-later
/* Recordings of real migrations without one of their lines: less may be known, nothing else.
 * ROW=name checks one row; EVERY=1 leaves each line out in turn, in place of each third. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "seen.h"

#define WORKERS 2
#define EVERY	3

static size_t violations;

/* A line that was left out, for what is said of it. */
struct left_out {
	const struct row *row;
	size_t file, line;
};

static void violation(void *arg, const char *what, const char *detail)
{
	const struct left_out *place = arg;

	violations++;
	print_error("%s:%zu:%zu: %s %s: %.300s\n", place->row->name, place->file + 1,
		    place->line + 1, what, detail,
		    place->row->text[place->file].lines[place->line]);
}

static size_t row_check(const struct row *row)
{
	static struct replayed whole, part;
	const char *sample = getenv("EVERY");
	size_t passes = 0, every = sample ? strtoul(sample, NULL, 10) : EVERY;

	assert_true(every > 0);

	row_pass(row, SIZE_MAX, SIZE_MAX, &whole);
	for (size_t file = 0; file < row->count; file++) {
		for (size_t line = 1 + file % every; line < row->text[file].count;
		     line += every, passes++) {
			row_pass(row, file, line, &part);
			seen_check_kept(&whole, &part, violation,
					&(struct left_out){row, file, line});
		}
	}
	return passes;
}

/* Made of p2p, a day later: with what tells them apart left out nothing is left that does. */
static bool is_made_up(const char *row)
{
	return !strcmp(row, "another-day");
}

struct count {
	size_t passes, violations;
};

/* Checks every row of the worker's share. */
static struct count share_check(size_t worker, struct dirent **rows, int count)
{
	const char *only = getenv("ROW");
	size_t passes = 0;

	for (int i = 0; i < count; i++) {
		struct row row;

		if ((size_t)i % WORKERS != worker ||
		    (only ? strcmp(only, rows[i]->d_name) : is_made_up(rows[i]->d_name)))
			continue;
		row = row_read(rows[i]->d_name);
		passes += row_check(&row);
		row_free(&row);
	}
	return (struct count){passes, violations};
}

/* Starts a process that checks the worker's share and writes its count to *result.
 * Returns its pid. */
static pid_t worker_start(size_t worker, struct dirent **rows, int count, int *result)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct count counted = share_check(worker, rows, count);

		_exit(write(ends[1], &counted, sizeof(counted)) != sizeof(counted));
	}
	close(ends[1]);
	*result = ends[0];
	return pid;
}

static void without_a_line_less_is_known_and_nothing_else(void **state)
{
	struct dirent **rows;
	int count = scandir(REPLAY, &rows, is_row, alphasort), result[WORKERS], status;
	struct count one, all = {0};
	pid_t pid[WORKERS];

	(void)state;
	assert_true(count > 0);
	for (size_t i = 0; i < WORKERS; i++)
		pid[i] = worker_start(i, rows, count, &result[i]);
	for (size_t i = 0; i < WORKERS; i++) {
		assert_int_equal(read(result[i], &one, sizeof(one)), sizeof(one));
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
		close(result[i]);
		all.passes += one.passes;
		all.violations += one.violations;
	}
	for (int i = 0; i < count; i++)
		free(rows[i]);
	free(rows);
	print_message("# %zu recordings without a line, %zu violations\n", all.passes,
		      all.violations);
	assert_int_equal(all.violations, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_line_less_is_known_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
