// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes that give events: each is new once, as long as it lives, however many there are. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "probe/host/processes.h"

#define CHILDREN 600	 /* at once: more than libvirt has guests on most hosts */
#define NO_PID	 4194305 /* more than any process has */

static pid_t child_start(void)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

static void child_end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static bool is_new(struct processes *processes, uint32_t pid)
{
	bool is;

	assert_int_equal(processes_find(processes, pid, &is)->pid, pid);
	return is;
}

static void each_is_new_once(void **state)
{
	struct processes *processes = processes_new();
	pid_t children[CHILDREN];

	(void)state;
	assert_non_null(processes);
	for (size_t i = 0; i < CHILDREN; i++)
		children[i] = child_start();
	for (size_t i = 0; i < CHILDREN; i++)
		assert_true(is_new(processes, (uint32_t)children[i]));
	for (size_t i = 0; i < CHILDREN; i++)
		assert_false(is_new(processes, (uint32_t)children[i]));
	assert_int_equal(processes_ended(processes), 0);
	for (size_t i = 0; i < CHILDREN; i++) {
		child_end(children[i]);
		assert_int_equal(processes_ended(processes), children[i]);
		/* What it gave before is still to be read. */
		assert_false(is_new(processes, (uint32_t)children[i]));
		processes_forget(processes, (uint32_t)children[i]);
	}
	assert_int_equal(processes_ended(processes), 0);
	assert_true(is_new(processes, (uint32_t)children[0]));
	processes_free(processes);
}

static void the_longest_unheard_is_forgotten(void **state)
{
	struct processes *processes = processes_new();

	(void)state;
	assert_non_null(processes);
	for (uint32_t i = 0; i < PROCESSES_MAX; i++)
		assert_true(is_new(processes, NO_PID + i));
	assert_false(is_new(processes, NO_PID)); /* now that one is the second */
	assert_true(is_new(processes, NO_PID + PROCESSES_MAX));
	assert_false(is_new(processes, NO_PID));
	assert_true(is_new(processes, NO_PID + 1));
	for (uint32_t i = 0; i < 2 * PROCESSES_MAX; i++) {
		assert_true(is_new(processes, NO_PID + PROCESSES_MAX + 1 + i));
		assert_false(is_new(processes, NO_PID)); /* it is heard of all the time */
	}
	processes_free(processes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_new_once),
		cmocka_unit_test(the_longest_unheard_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
