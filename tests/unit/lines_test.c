/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines are the same however their bytes are cut into pieces, and too long ones end
 * as they should. */
#include "base/lines.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define ROOM 6 /* five bytes and a NUL */

/* What was taken, with | behind each line. */
struct taken {
	char text[64];
	int err; /* that the next line returns */
};

static int take(void *arg, const char *bytes, size_t length)
{
	struct taken *taken = arg;

	assert_int_equal(strlen(bytes), length);
	strcat(strcat(taken->text, bytes), "|");
	return taken->err;
}

/* Gives the text in pieces of that size. Returns what the last lines_take() did. */
static int feed(enum line_overlong overlong, const char *text, size_t piece, struct taken *taken)
{
	char bytes[ROOM];
	struct line line = {.bytes = bytes, .room = ROOM, .overlong = overlong};
	int err = 0;

	for (size_t at = 0, length = strlen(text); at < length && !err; at += piece)
		err = lines_take(&line, text + at, length - at < piece ? length - at : piece, take,
				 taken);
	return err;
}

static void pieces(void **state)
{
	static const struct {
		enum line_overlong overlong;
		const char *text, *lines;
		int err;
	} cases[] = {
		{LINE_REFUSE, "a\nbc\n\nrest", "a|bc||", 0},
		{LINE_REFUSE, "12345\n", "12345|", 0},
		{LINE_REFUSE, "a\n123456\nb\n", "a|", -EPROTO},
		{LINE_CUT, "1234567\nb\n", "12345|b|", 0},
		{LINE_BREAK, "1234567\nb\n", "12345|67|b|", 0},
		{LINE_BREAK, "12345\n", "12345|", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t piece = 1; piece <= 12; piece++) {
			struct taken taken = {0};

			assert_int_equal(feed(cases[i].overlong, cases[i].text, piece, &taken),
					 cases[i].err);
			assert_string_equal(taken.text, cases[i].lines);
		}
	}
}

static void an_error_ends_it(void **state)
{
	struct taken taken = {.err = -ENOSPC};

	(void)state;
	assert_int_equal(feed(LINE_REFUSE, "a\nb\n", 4, &taken), -ENOSPC);
	assert_string_equal(taken.text, "a|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces),
		cmocka_unit_test(an_error_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
