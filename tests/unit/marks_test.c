/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose turn it is in a standstill: what the other does, and what comes out of turn, ends nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/event/qmp.h"
#include "core/standstill/marks.h"

static struct activity activity, ended;

static struct mt_event step_of(enum mt_step step)
{
	struct mt_event event = {.kind = MT_QEMU_STEP};

	event.step.step = (uint32_t)step;
	return event;
}

static struct mt_event run_state(bool is_running)
{
	struct mt_event event = {.kind = MT_QEMU_RUN_STATE};

	event.run_state.is_running = is_running;
	return event;
}

static struct mt_event qmp(enum mt_kind kind, const char *command)
{
	struct mt_event event = {.kind = kind};

	event.monitor.command = qmp_command_number(command);
	return event;
}

static struct mt_event status(const char *name)
{
	struct mt_event event = {.kind = MT_MONITOR_EVENT};

	event.text_len = (uint16_t)snprintf(
		event.text, MT_TEXT, "{\"event\": \"MIGRATION\", \"data\": {\"status\": \"%s\"}}",
		name);
	return event;
}

/* The event ends what goes on, under that name. */
static void ends(enum role role, struct mt_event event, const char *name)
{
	assert_true(activity_next(role, &event, &activity, &ended));
	assert_string_equal(ended.name, name);
}

static void ends_nothing(enum role role, struct mt_event event)
{
	const char *name = activity.name;

	assert_false(activity_next(role, &event, &activity, &ended));
	assert_string_equal(activity.name, name);
}

static void what_is_asked_of_a_loading_qemu_is_answered_later(void **cmocka)
{
	(void)cmocka;
	activity = activity_first(ROLE_DESTINATION, true);
	ends(ROLE_DESTINATION, qmp(MT_MONITOR_SEND, "query-chardev"),
	     "libvirt, cookie and host name");
	ends(ROLE_DESTINATION, status("completed"), "wait for QEMU to load");
	assert_string_equal(activity.name, "QMP");
	assert_string_equal(activity.detail, "query-chardev");
	ends(ROLE_DESTINATION, qmp(MT_MONITOR_REPLY, "query-chardev"), "QMP");
	assert_string_equal(activity.name, "libvirt processing");
}

static void what_libvirt_waits_for_is_the_load(void **cmocka)
{
	(void)cmocka;
	activity = activity_first(ROLE_DESTINATION, true);
	ends(ROLE_DESTINATION, status("completed"), "wait for QEMU to load");
	assert_string_equal(activity.name, "libvirt");
}

static void a_status_is_no_reply(void **cmocka)
{
	(void)cmocka;
	activity = activity_first(ROLE_SOURCE, false);
	ends(ROLE_SOURCE, status("pre-switchover"), "QEMU stops (not probed)");
	ends(ROLE_SOURCE, qmp(MT_MONITOR_SEND, "query-migrate"), "libvirt");
	ends_nothing(ROLE_SOURCE, status("active"));
	ends(ROLE_SOURCE, qmp(MT_MONITOR_REPLY, "query-migrate"), "QMP");
}

static void a_stop_of_somebody_elses_lasts_until_the_switchover(void **cmocka)
{
	(void)cmocka;
	activity = activity_first(ROLE_SOURCE, true);
	ends_nothing(ROLE_SOURCE,
		     step_of(MT_STEP_STOP_DECIDED)); /* that of the switchover itself */
	ends(ROLE_SOURCE, run_state(false), "all vCPUs seen stopped");
	ends(ROLE_SOURCE, step_of(MT_STEP_BLOCK_FLUSH), "stop notifiers");
	ends(ROLE_SOURCE, step_of(MT_STEP_STOP_DECIDED), "stopped before the switchover");
	assert_string_equal(activity.name, "switchover decided");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_of_a_loading_qemu_is_answered_later),
		cmocka_unit_test(what_libvirt_waits_for_is_the_load),
		cmocka_unit_test(a_status_is_no_reply),
		cmocka_unit_test(a_stop_of_somebody_elses_lasts_until_the_switchover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
