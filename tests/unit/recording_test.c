// SPDX-License-Identifier: GPL-2.0-or-later
/* Daemons of a recording: which one had a pid, and that they are not kept for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/recording/recording.h"
#include "core/recording/store.h"

#define MANY   100000 /* daemons, one after the other, of a recorder that runs for long */
#define MOST   (2 * 1024 * 1024) /* bytes that they may take */
#define LIVING 7		 /* the pid of one that does not end */
#define PID    1000

static void daemon_add(struct recording *recording, uint32_t pid, const char *host)
{
	struct daemon daemon = {.pid = pid};

	snprintf(daemon.host, sizeof(daemon.host), "%s", host);
	assert_int_equal(recording_add_daemon(recording, &daemon), 0);
}

static void a_pid_is_the_daemons_that_had_it_then(void **state)
{
	struct recording recording = {0};

	(void)state;
	daemon_add(&recording, PID, "first");
	recording_daemon_gone(&recording, PID, 50);
	assert_string_equal(recording_daemon(&recording, PID, 60)->host, "first");
	daemon_add(&recording, PID, "second");
	assert_string_equal(recording_daemon(&recording, PID, 40)->host, "first");
	assert_string_equal(recording_daemon(&recording, PID, 60)->host, "second");
	recording_daemon_gone(&recording, PID, 80);
	assert_string_equal(recording_daemon(&recording, PID, 40)->host, "first");
	assert_string_equal(recording_daemon(&recording, PID, 90)->host, "second");
	assert_null(recording_daemon(&recording, PID + 1, 40));
	recording_free(&recording);
}

static void those_that_ended_first_are_forgotten(void **state)
{
	struct recording recording = {0};

	(void)state;
	daemon_add(&recording, LIVING, "living");
	for (uint32_t i = 0; i < MANY; i++) {
		daemon_add(&recording, PID + i, "ends");
		recording_daemon_gone(&recording, PID + i, i + 1);
		assert_in_range(recording_bytes(&recording), 1, MOST);
	}
	assert_string_equal(recording_daemon(&recording, LIVING, MANY)->host, "living");
	assert_non_null(recording_daemon(&recording, PID + MANY - 1, MANY));
	assert_null(recording_daemon(&recording, PID, 0));
	recording_free(&recording);
}

static void also_where_none_is_said_to_have_ended(void **state)
{
	struct recording recording = {0};

	(void)state;
	for (uint32_t i = 0; i < MANY; i++)
		daemon_add(&recording, PID + i, "of an older recorder");
	assert_in_range(recording_bytes(&recording), 1, MOST);
	assert_non_null(recording_daemon(&recording, PID + MANY - 1, 0));
	recording_free(&recording);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pid_is_the_daemons_that_had_it_then),
		cmocka_unit_test(those_that_ended_first_are_forgotten),
		cmocka_unit_test(also_where_none_is_said_to_have_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
