/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the catalogue of probes promises, above all to the guests: no return probe in QEMU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/side/unseen.h"
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

static bool is_in_catalogue(const char *name)
{
	size_t count;
	const struct probe *catalogue = probe_catalogue(&count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(catalogue[i].names[0].name, name))
			return true;
	return false;
}

/* A recording says which probes are missing by their names. */
static void what_is_asked_for_in_recordings_is_called_as_here(void **state)
{
	size_t asked = 0;

	(void)state;
	for (int kind = 0; kind < MT_KINDS; kind++)
		for (size_t i = 0; unseen_probe((enum mt_kind)kind, i); i++, asked++)
			assert_true(is_in_catalogue(unseen_probe((enum mt_kind)kind, i)));
	assert_in_range(asked, 17, MT_KINDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_return_probe_is_in_qemu),
		cmocka_unit_test(each_row_says_what_is_lost_without_it),
		cmocka_unit_test(what_is_pointed_to_is_in_a_register),
		cmocka_unit_test(what_is_asked_for_in_recordings_is_called_as_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
