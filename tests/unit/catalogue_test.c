/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the catalogue of probes promises, above all to the guests: no return probe in QEMU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "probe/catalogue.h"

static void no_return_probe_is_in_qemu(void **state)
{
	(void)state;
	size_t count, of_qemu = 0;
	const struct probe *catalogue = probe_catalogue(&count);

	for (size_t i = 0; i < count; i++) {
		if (catalogue[i].file != PROBE_QEMU)
			continue;
		of_qemu++;
		assert_false(catalogue[i].has_return);
	}
	assert_true(of_qemu > 0);
}

static void each_row_says_what_is_lost_without_it(void **state)
{
	(void)state;
	size_t count;
	const struct probe *catalogue = probe_catalogue(&count);

	for (size_t i = 0; i < count; i++) {
		assert_non_null(catalogue[i].names[0].name);
		assert_non_null(catalogue[i].lost_without);
		assert_in_range(catalogue[i].kind, 1, MT_KINDS - 1);
	}
}

static void what_is_pointed_to_is_in_a_register(void **state)
{
	(void)state;
	size_t count;
	const struct probe *catalogue = probe_catalogue(&count);

	for (size_t i = 0; i < count; i++)
		for (size_t n = 0; n < PROBE_NAMES; n++)
			for (size_t a = 0; a < MT_ARGS; a++)
				assert_true(!catalogue[i].names[n].args[a].is_pointed ||
					    catalogue[i].names[n].args[a].number < 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_return_probe_is_in_qemu),
		cmocka_unit_test(each_row_says_what_is_lost_without_it),
		cmocka_unit_test(what_is_pointed_to_is_in_a_register),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
