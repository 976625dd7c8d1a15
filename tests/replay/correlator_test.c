// SPDX-License-Identifier: GPL-2.0-or-later
/* Recordings of real migrations through the correlator: their lines mixed in any way, in little
 * memory. */
#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rows.h"
#include "simulation.h"
#include "core/match/correlator.h"
#include "core/recording/store.h"
#include "record/read.h"
#include "report/report.h"

#define MIXES	20 /* of each kind */
#define COPIES	20
#define COPY_NS INT64_C(20000000000) /* from one to the next */

/* Recordings on their way through the correlator, and what it has told. */
struct replayed {
	struct correlator *correlator;
	struct recording *recording[FILES_MAX];
	struct reader *reader[FILES_MAX];
	size_t next[FILES_MAX];
	const struct row *row;
	size_t bytes, bytes_most; /* allowed, and seen */
	size_t told;
	char *report;
	size_t size;
	FILE *out;
};

static void told(void *arg, const struct migration *migrations, size_t count)
{
	struct replayed *pass = arg;

	for (size_t i = 0; i < count; i++) {
		struct account account;
		struct report report = {.account = &account, .explains_clock = true};

		account_make(&migrations[i], &(struct account_request){0}, &account);
		report_text(pass->out, &report);
		report_json(pass->out, &report);
		fputc('\f', pass->out);
		pass->told++;
	}
}

static void pass_begin(struct replayed *pass, const struct row *row, size_t bytes,
		       size_t side_events)
{
	*pass = (struct replayed){.row = row, .bytes = bytes};
	pass->out = open_memstream(&pass->report, &pass->size);
	pass->correlator = correlator_new(bytes, side_events, told, pass);
	assert_non_null(pass->out);
	assert_non_null(pass->correlator);
	for (size_t i = 0; i < row->count; i++) {
		pass->recording[i] = correlator_add(pass->correlator, row->name);
		assert_non_null(pass->recording[i]);
		pass->reader[i] = reader_open(pass->recording[i]);
		assert_non_null(pass->reader[i]);
	}
}

static void bytes_check(struct replayed *pass)
{
	size_t bytes = 0;

	for (size_t i = 0; i < pass->row->count; i++)
		bytes += recording_bytes(pass->recording[i]);
	if (bytes > pass->bytes_most)
		pass->bytes_most = bytes;
}

/* Passes the recording's next lines, up to so many. */
static void pass_lines(struct replayed *pass, size_t i, size_t count)
{
	const struct text *text = &pass->row->text[i];

	for (; count && pass->next[i] < text->count; count--) {
		const char *line = text->lines[pass->next[i]++];

		assert_int_equal(reader_line(pass->reader[i], line, strlen(line)), 0);
		bytes_check(pass);
		assert_int_equal(correlator_shed(pass->correlator), 0);
	}
	if (pass->next[i] == text->count) {
		reader_close(pass->reader[i]);
		pass->reader[i] = NULL;
	}
}

static void pass_end(struct replayed *pass)
{
	for (size_t i = 0; i < pass->row->count; i++)
		pass_lines(pass, i, SIZE_MAX);
	assert_int_equal(correlator_end(pass->correlator), 0);
	fclose(pass->out);
	correlator_free(pass->correlator);
}

static void assert_same(const struct row *row, const char *how, uint64_t number,
			const struct replayed *pass, const char *expected)
{
	if (strcmp(pass->report, expected) != 0)
		fail_msg("%s, %s %" PRIu64 ": expected\n%s\ngot\n%s", row->name, how, number,
			 expected, pass->report);
}

/* What is told where one recording comes after the other. */
static char *row_report(const struct row *row)
{
	struct replayed pass;

	pass_begin(&pass, row, SIZE_MAX, SIZE_MAX);
	pass_end(&pass);
	return pass.report;
}

static void mix_check(const struct row *row, uint64_t seed, const char *expected)
{
	struct replayed pass;
	uint64_t rng = seed;
	size_t left = row->count;

	pass_begin(&pass, row, SIZE_MAX, SIZE_MAX);
	while (left) {
		size_t i = random_next(&rng) % row->count;

		if (!pass.reader[i])
			continue;
		pass_lines(&pass, i, random_next(&rng) % 5);
		left -= !pass.reader[i];
	}
	pass_end(&pass);
	assert_same(row, "mix", seed, &pass, expected);
	free(pass.report);
}

static void any_mix_of_lines_gives_the_same_report(void **state)
{
	struct dirent **rows;
	int count = scandir(REPLAY, &rows, is_row, alphasort);

	(void)state;
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		struct row row = row_read(rows[i]->d_name);
		char *expected = row_report(&row);

		for (uint64_t seed = 1; seed <= MIXES; seed++)
			mix_check(&row, seed, expected);
		free(expected);
		row_free(&row);
		free(rows[i]);
	}
	free(rows);
}

/* The one up to each of its lines, then all of the other, then the rest. */
static void each_cut_gives_the_same_report(void **state)
{
	struct row row = row_read("retried");
	char *expected = row_report(&row);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (size_t cut = 0; cut <= row.text[i].count; cut++) {
			struct replayed pass;

			pass_begin(&pass, &row, SIZE_MAX, SIZE_MAX);
			pass_lines(&pass, i, cut);
			if (pass.reader[1 - i])
				pass_lines(&pass, 1 - i, SIZE_MAX);
			pass_end(&pass);
			assert_same(&row, i ? "cut of the 2nd" : "cut of the 1st", cut, &pass,
				    expected);
			free(pass.report);
		}
	}
	free(expected);
	row_free(&row);
}

/* Returns the recording whose wall clock is behind the others'; -1 if all were read. */
static ptrdiff_t pass_behind(const struct replayed *pass)
{
	ptrdiff_t behind = -1;

	for (size_t i = 0; i < pass->row->count; i++)
		if (pass->reader[i] && (behind < 0 || reader_real_ns(pass->reader[i]) <
							      reader_real_ns(pass->reader[behind])))
			behind = (ptrdiff_t)i;
	return behind;
}

static int part_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The reports one by one, in an order that is not that in which they were told. */
static char *reports_sorted(char *text)
{
	char *parts[64], *out;
	size_t count = 0, size;
	FILE *file = open_memstream(&out, &size);

	for (char *part = strtok(text, "\f"); part; part = strtok(NULL, "\f"))
		parts[count++] = part;
	qsort(parts, count, sizeof(*parts), part_compare);
	for (size_t i = 0; i < count; i++)
		fputs(parts[i], file);
	fclose(file);
	free(text);
	return out;
}

/* When the recording's last line was written, by its host's wall clock. */
static int64_t written_ns(const struct replayed *pass, size_t i, const struct reader *reader)
{
	const char *stamp = strstr(pass->row->text[i].lines[pass->next[i] - 1], "\"ktime_ns\":");

	return stamp ? recording_real_ns(pass->recording[i],
					 strtoll(stamp + strlen("\"ktime_ns\":"), NULL, 10))
		     : reader_real_ns(reader);
}

/* Reads as `live` does: as the lines come, and reports what is over at once. */
static size_t settle_all(struct replayed *pass)
{
	size_t before_end = 0;
	int64_t now_ns = 0;
	ptrdiff_t i;

	while ((i = pass_behind(pass)) >= 0) {
		pass_lines(pass, (size_t)i, 1);
		if (pass->reader[i]) {
			int64_t ns = written_ns(pass, (size_t)i, pass->reader[i]);

			pass->recording[i]->heard_ns = reader_real_ns(pass->reader[i]);
			now_ns = ns > now_ns ? ns : now_ns;
		}
		assert_true(correlator_settle(pass->correlator, now_ns) >= 0);
		if (pass->reader[i])
			before_end = pass->told;
	}
	return before_end;
}

/* Copies the line as of another migration, so much later: other stamps, and another cookie. */
static void line_copy(FILE *out, const char *line, uint64_t copy)
{
	static const char stamp[] = "_ns\":", hash[] = "\"cookie_hash\":\"";

	for (const char *at = line; *at; at++) {
		fputc(*at, out);
		if (!strncmp(at, hash, strlen(hash))) {
			fprintf(out, "%s%04x", hash + 1, (unsigned)copy);
			at += strlen(hash) + 3;
		} else if (!strncmp(at, stamp, strlen(stamp)) && at[strlen(stamp)] > '0' &&
			   at[strlen(stamp)] <= '9') {
			char *end;
			long long ns = strtoll(at + strlen(stamp), &end, 10);

			fprintf(out, "%s%lld", stamp + 1, ns + (long long)copy * COPY_NS);
			at = end - 1;
		}
	}
	fputc('\n', out);
}

/* Has the recorder look at its clocks twice more before it ends, long after. */
static void look_later(struct text *text)
{
	size_t end = text->count, size;
	const char *look = NULL;
	char *line;
	FILE *out = open_memstream(&line, &size);

	for (size_t i = 0; i < text->count; i++)
		if (strstr(text->lines[i], "\"kind\":\"clock\""))
			look = text->lines[i];
	assert_non_null(look);
	line_copy(out, look, 1);
	fclose(out);
	line[size - 1] = '\0';
	if (strstr(text->lines[end - 1], "\"kind\":\"end\""))
		text->lines[end] = text->lines[end - 1], end--;
	text->lines[end] = line;
	text->count++;
}

/* Frees the line that look_later() made. */
static void looked_free(struct text *text)
{
	for (size_t i = 0; i < text->count; i++)
		if (text->lines[i] < text->bytes || text->lines[i] > text->bytes + text->size)
			free(text->lines[i]);
}

/* But that one which broke was resumed, which is to be told of the first one, too, once it is
 * known. */
static bool is_told_anew(const char *row)
{
	return !strcmp(row, "postcopy-broken") || !strcmp(row, "postcopy-link-cut");
}

/* Nothing that comes after it was told changes it. */
static void what_is_over_is_told_at_once_and_for_good(void **state)
{
	struct dirent **rows;
	int count = scandir(REPLAY, &rows, is_row, alphasort);
	size_t early = 0, all = 0;

	(void)state;
	for (int i = 0; i < count; i++) {
		struct row row = row_read(rows[i]->d_name);
		char *expected, *got;
		struct replayed pass;

		for (size_t j = 0; j < row.count * 2; j++)
			look_later(&row.text[j / 2]);
		expected = reports_sorted(row_report(&row));
		pass_begin(&pass, &row, SIZE_MAX, SIZE_MAX);
		early += settle_all(&pass);
		pass_end(&pass);
		all += pass.told;
		got = reports_sorted(pass.report);
		if (strcmp(got, expected) != 0 && !is_told_anew(row.name))
			fail_msg("%s, told at once: expected\n%s\ngot\n%s", row.name, expected,
				 got);
		free(expected);
		free(got);
		for (size_t j = 0; j < row.count; j++)
			looked_free(&row.text[j]);
		row_free(&row);
		free(rows[i]);
	}
	free(rows);
	print_message("# %zu of %zu before the end of the recordings\n", early, all);
	assert_int_equal(early, all);
}

/* Its recorder was killed in the middle, or ended before the guest that came in was destroyed. */
static bool is_cut_short(const char *row, size_t file)
{
	return (!strcmp(row, "interrupted") && file < 2) ||
	       (!strcmp(row, "source-daemon-killed") && file == 1);
}

/* Returns how many were reported before the end of a recording that goes on long after. */
static size_t settle_alone(const struct row *row, size_t file, size_t *all)
{
	struct row alone = {.count = 1, .text = {row->text[file]}};
	struct replayed pass;
	size_t early;

	memcpy(alone.name, row->name, sizeof(alone.name));
	look_later(&alone.text[0]);
	look_later(&alone.text[0]);
	pass_begin(&pass, &alone, SIZE_MAX, SIZE_MAX);
	early = settle_all(&pass);
	pass_end(&pass);
	*all = pass.told;
	free(pass.report);
	looked_free(&alone.text[0]);
	return early;
}

static void what_is_over_on_one_host_is_told_at_once(void **state)
{
	struct dirent **rows;
	int count = scandir(REPLAY, &rows, is_row, alphasort);

	(void)state;
	for (int i = 0; i < count; i++) {
		struct row row = row_read(rows[i]->d_name);

		for (size_t j = 0; j < row.count; j++) {
			size_t all, early = settle_alone(&row, j, &all);

			if (early != (is_cut_short(row.name, j) ? all - 1 : all))
				fail_msg("%s, file %zu: %zu of %zu told", row.name, j, early, all);
		}
		row_free(&row);
		free(rows[i]);
	}
	free(rows);
}

static void line_drop(struct text *text, const char *event, const char *field)
{
	size_t kept = 0;

	for (size_t i = 0; i < text->count; i++)
		if (!strstr(text->lines[i], event) || !strstr(text->lines[i], field))
			text->lines[kept++] = text->lines[i];
	assert_int_equal(kept, text->count - 1);
	text->count = kept;
}

/* Who called the last call has gone, so that nobody gets its reply. */
static void what_nobody_is_replied_to_is_told_of(void **state)
{
	static const char *const procs[] = {"\"proc\":305", "\"proc\":306"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct row row = row_read("p2p");
		struct replayed pass;

		line_drop(&row.text[i], "\"event\":\"rpc-server-send\"", procs[i]);
		for (size_t j = 0; j < row.count * 2; j++)
			look_later(&row.text[j / 2]);
		pass_begin(&pass, &row, SIZE_MAX, SIZE_MAX);
		assert_int_equal(settle_all(&pass), 1);
		pass_end(&pass);
		assert_int_equal(pass.told, 1);
		assert_non_null(strstr(pass.report, "host-a -> host-b, p2p, completed"));
		free(pass.report);
		for (size_t j = 0; j < row.count; j++)
			looked_free(&row.text[j]);
		row_free(&row);
	}
}

/* Many migrations of one guest, one after the other, made of a real one. */
static struct row row_repeat(const struct row *one, size_t files)
{
	struct row row = {.count = files};

	snprintf(row.name, sizeof(row.name), "%.40s repeated", one->name);
	for (size_t i = 0; i < files; i++) {
		struct text *text = &row.text[i];
		FILE *out = open_memstream(&text->bytes, &text->size);

		assert_non_null(out);
		for (uint64_t copy = 0; copy < COPIES; copy++)
			for (size_t j = 0; j < one->text[i].count; j++) {
				const char *line = one->text[i].lines[j];

				if ((copy && !strstr(line, "_ns\"")) || strstr(line, "\"end\""))
					continue;
				line_copy(out, line, copy);
			}
		fclose(out);
		text_split(text);
	}
	return row;
}

/* As `report` reads them. */
static void pass_in_time(struct replayed *pass)
{
	ptrdiff_t behind;

	while ((behind = pass_behind(pass)) >= 0)
		pass_lines(pass, (size_t)behind, 1);
}

static void little_memory_tells_the_same(void **state)
{
	struct row one = row_read("p2p"), row = row_repeat(&one, 2);
	char *expected = row_report(&row);
	struct replayed all, pass;

	(void)state;
	pass_begin(&all, &row, SIZE_MAX, SIZE_MAX);
	pass_end(&all);
	assert_int_equal(all.told, COPIES);
	pass_begin(&pass, &row, all.bytes_most / 3, SIZE_MAX);
	pass_in_time(&pass);
	assert_in_range(pass.told, COPIES / 2, COPIES - 1); /* before the end */
	pass_end(&pass);
	assert_same(&row, "little memory", all.bytes_most / 3, &pass, expected);
	assert_in_range(pass.bytes_most, 1, all.bytes_most / 3 + sizeof(struct mt_event));
	free(all.report);
	free(pass.report);
	free(expected);
	row_free(&one);
	row_free(&row);
}

/* Of a host whose peer is not recorded nothing is kept for ever. */
static void old_halves_are_told_of_and_forgotten(void **state)
{
	struct row one = row_read("p2p"), row = row_repeat(&one, 1);
	size_t bytes = 6 * one.text[0].count * sizeof(struct mt_event); /* of some migrations */
	char *expected = row_report(&row);
	struct replayed pass;

	(void)state;
	pass_begin(&pass, &row, bytes, SIZE_MAX);
	pass_in_time(&pass);
	assert_in_range(pass.told, COPIES / 2, COPIES - 1);
	pass_end(&pass);
	assert_same(&row, "one side", 0, &pass, expected);
	assert_in_range(pass.bytes_most, 1, bytes + sizeof(struct mt_event));
	free(pass.report);
	free(expected);
	row_free(&one);
	row_free(&row);
}

/* One guest's QEMU that says more than is kept of one spoils its own figures only. */
static void a_flood_is_a_gap_of_its_own(void **state)
{
	struct row one = row_read("p2p");
	struct text *text = &one.text[0];
	size_t events = text->count; /* and some lines of other kinds */
	struct text more = {.lines = calloc(text->count + 1000, sizeof(*more.lines))};
	struct replayed pass;

	(void)state;
	assert_non_null(more.lines);
	for (size_t i = 0; i < text->count; i++) {
		bool repeats = strstr(text->lines[i], "\"command\":\"migrate\"") != NULL;

		/* In turn with another one: a line that comes at once again is one. */
		for (size_t j = 0; j < (repeats ? 401 : 1); j++)
			more.lines[more.count++] = text->lines[i - j % 2];
	}
	free(text->lines);
	more.bytes = text->bytes;
	more.size = text->size;
	*text = more;
	pass_begin(&pass, &one, 3 * events * sizeof(struct mt_event), events);
	pass_in_time(&pass);
	pass_end(&pass);
	assert_int_equal(pass.told, 1);
	assert_non_null(strstr(pass.report, "it has more events than the memory limit allows"));
	assert_in_range(pass.bytes_most, 1, (3 * events + 1) * sizeof(struct mt_event));
	free(pass.report);
	row_free(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_mix_of_lines_gives_the_same_report),
		cmocka_unit_test(each_cut_gives_the_same_report),
		cmocka_unit_test(what_is_over_is_told_at_once_and_for_good),
		cmocka_unit_test(what_is_over_on_one_host_is_told_at_once),
		cmocka_unit_test(what_nobody_is_replied_to_is_told_of),
		cmocka_unit_test(little_memory_tells_the_same),
		cmocka_unit_test(old_halves_are_told_of_and_forgotten),
		cmocka_unit_test(a_flood_is_a_gap_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
