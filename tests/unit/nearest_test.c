/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean": a slip of the keys finds its name, another word finds none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/nearest.h"

static const char *const names[] = {"live",   "wait",	"record", "report", "verify",
				    "doctor", "schema", "help",	  "version"};
#define COUNT (sizeof(names) / sizeof(names[0]))

static void near(const char *word, const char *name)
{
	const char *found = nearest_name(word, names, COUNT);

	if (name)
		assert_string_equal(found ? found : "none", name);
	else
		assert_null(found);
}

static void a_slip_finds_its_name(void **state)
{
	(void)state;
	near("recrod", "record");
	near("rport", "report");
	near("verfy", "verify");
	near("doctorr", "doctor");
	near("viat", NULL);
	near("wiat", "wait");
	near("record", "record");
}

static void a_beginning_finds_its_name(void **state)
{
	(void)state;
	near("sch", "schema");
	near("ver", "verify");
	near("s", NULL);
	near("", NULL);
}

static void another_word_finds_none(void **state)
{
	(void)state;
	near("migrate", NULL);
	near("web1", NULL);
	near("a.jsonl", NULL);
	near("help me with this, whatever it may be", NULL);
}

static void a_word_as_long_as_can_be_is_compared(void **state)
{
	char word[NEAREST_MAX + 2];
	const char *const longest[] = {word};
	char slip[NEAREST_MAX + 1] = {0};

	(void)state;
	memset(word, 'x', NEAREST_MAX);
	word[NEAREST_MAX] = '\0';
	memcpy(slip, word, NEAREST_MAX);
	slip[3] = 'y';
	assert_ptr_equal(nearest_name(slip, longest, 1), word);
	memset(word, 'x', NEAREST_MAX + 1);
	word[NEAREST_MAX + 1] = '\0';
	assert_null(nearest_name(slip, longest, 1));
	assert_null(nearest_name(word, longest, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slip_finds_its_name),
		cmocka_unit_test(a_beginning_finds_its_name),
		cmocka_unit_test(another_word_finds_none),
		cmocka_unit_test(a_word_as_long_as_can_be_is_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
