/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read of libvirt's own stamps in a cookie: each number, or that it is not known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/side/statistics.h"
#include "core/verdict/verdict.h"

static struct statistics parse(const char *text)
{
	return statistics_parse(text, strlen(text));
}

static void numbers_are_read(void **state)
{
	struct statistics statistics =
		parse("\n    <started>1700000000123</started>\n    <stopped>0</stopped>\n"
		      "    <sent>1700000004602</sent>\n    <delta>-7299</delta>\n"
		      "    <setup_time>3</setup_time>\n  </statistics>");

	(void)state;
	assert_true(statistics.started.known && statistics.stopped.known && statistics.sent.known);
	assert_int_equal(statistics.started.v, 1700000000123);
	assert_int_equal(statistics.stopped.v, 0);
	assert_int_equal(statistics.sent.v, 1700000004602);
	assert_true(statistics.delta.known && statistics.setup.known);
	assert_int_equal(statistics.delta.v, -7299);
	assert_int_equal(statistics.setup.v, 3);
}

/* A number that the end of what was read cuts is not that number. */
static void what_is_no_number_is_unknown(void **state)
{
	static const char *const texts[] = {
		"",
		"<delta>",
		"<delta>-",
		"<delta>12",
		"<delta></delta>",
		"<delta>-</delta>",
		"<delta>--1</delta>",
		"<delta> 1</delta>",
		"<delta>1.5</delta>",
		"<delta>0x7</delta>",
		"<delta>4000000000001</delta>",
		"<delta>18446744073709551617</delta>",
		"delta>1</delta>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(parse(texts[i]).delta.known);
}

/* What makes verify's exit status is what is not right, not what is not known. */
static void wrong_is_what_is_not_right(void **state)
{
	(void)state;
	assert_false(verdict_is_wrong(VERDICT_AGREES));
	assert_false(verdict_is_wrong(VERDICT_UNKNOWN));
	assert_false(verdict_is_wrong(VERDICT_OTHER));
	assert_true(verdict_is_wrong(VERDICT_SKEWED));
	assert_true(verdict_is_wrong(VERDICT_PARTIAL));
	assert_true(verdict_is_wrong(VERDICT_MISSING));
	assert_true(verdict_is_wrong(VERDICT_STALE));
	assert_true(verdict_is_wrong(VERDICT_WRONG));
	assert_true(verdict_is_wrong(VERDICT_UNEXPLAINED));
}

static void each_field_has_a_name_and_a_definition(void **state)
{
	(void)state;
	for (int field = 0; field < REPORTED_FIELDS; field++) {
		assert_non_null(reported_name((enum reported_field)field));
		assert_non_null(verdict_definition(ROLE_SOURCE, (enum reported_field)field));
		assert_non_null(verdict_definition(ROLE_DESTINATION, (enum reported_field)field));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read),
		cmocka_unit_test(what_is_no_number_is_unknown),
		cmocka_unit_test(wrong_is_what_is_not_right),
		cmocka_unit_test(each_field_has_a_name_and_a_definition),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
