/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who ended a guest in mid-migration: each sign that its host shows, and which of several counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/side/guest_end.h"
#include "simulation.h"

#define MS   INT64_C(1000000)
#define QEMU 777

static const uint8_t domain[MT_UUID] = {7};

static struct host host;
static struct sides sides;

/* A source whose QEMU is known, as it decided to stop the guest. */
static int host_begins(void **state)
{
	struct mt_event *event;

	(void)state;
	host_init(&host, "a", 100, 0, 0);
	host_snapshot(&host, 0, 0);
	host_event(&host, domain, 1000 * MS, MT_PERFORM, MT_ENTER)->perform.is_p2p = 1;
	event = host_event(&host, domain, 1010 * MS, MT_QEMU_STEP, MT_ENTER);
	event->tgid = QEMU;
	event->step.step = MT_STEP_STOP_DECIDED;
	return 0;
}

static int host_ends(void **state)
{
	(void)state;
	sides_free(&sides);
	return 0;
}

static void says(const char *event_name, const char *data)
{
	struct mt_event *event = host_event(&host, domain, 1020 * MS, MT_MONITOR_EVENT, MT_ENTER);

	event->text_len = (uint16_t)snprintf(event->text, MT_TEXT,
					     "{\"timestamp\": {\"seconds\": 1746240028, "
					     "\"microseconds\": 540071}, \"event\": \"%s\"%s",
					     event_name, data);
	if (event->text_len > 127) /* as the programs cut it off */
		event->text_len = 127;
}

static void wants(enum mt_call call)
{
	host_event(&host, domain, 1015 * MS, MT_CALL, MT_ENTER)->wanted.call = (uint32_t)call;
}

static struct mt_exit *exits(void)
{
	struct mt_event *event = host_event(&host, domain, 1030 * MS, MT_EXIT, MT_ENTER);

	event->tgid = QEMU;
	return &event->exit;
}

static void ended(enum ended_by by, const char *how, int number)
{
	struct guest_end end;

	host_event(&host, domain, 1040 * MS, MT_MONITOR_CLOSE, MT_ENTER);
	host_event(&host, domain, 1050 * MS, MT_PERFORM, MT_RETURN)->result.returned = -1;
	host_snapshot(&host, 10000 * MS, 0);
	assert_int_equal(sides_find(&host.recording, &sides), 0);
	assert_int_equal(sides.count, 1);
	end = guest_end_of(&sides.side[0]);
	assert_int_equal(end.by, by);
	assert_int_equal(end.number, number);
	if (how)
		assert_string_equal(end.how, how);
	else
		assert_null(end.how);
}

static void client_ended_it(void **state)
{
	(void)state;
	wants(MT_CALL_DESTROY);
	says("SHUTDOWN", ", \"data\": {\"guest\": false, \"reason\": \"host-signal\"}}");
	exits();
	ended(ENDED_BY_CLIENT, "destroy", 0);
}

static void what_a_client_wanted_else_does_not_count(void **state)
{
	(void)state;
	wants(MT_CALL_SUSPEND);
	exits()->signal = 9;
	ended(ENDED_BY_SIGNAL, "SIGKILL", 9);
}

static void guest_shut_down(void **state)
{
	(void)state;
	says("SHUTDOWN", ", \"data\": {\"guest\": true, \"reason\": \"guest-shutdown\"}}");
	exits();
	ended(ENDED_BY_GUEST, "shutdown", 0);
}

/* libvirt has QEMU wait, and tells it to end then. */
static void guest_shut_down_and_libvirt_ended_it(void **state)
{
	(void)state;
	says("SHUTDOWN", ", \"data\": {\"guest\": true, \"reason\": \"guest-shutdown\"}}");
	says("SHUTDOWN", ", \"data\": {\"guest\": false, \"reason\": \"host-signal\"}}");
	exits();
	ended(ENDED_BY_GUEST, "shutdown", 0);
}

static void guest_rebooted(void **state)
{
	(void)state;
	says("SHUTDOWN", ", \"data\": {\"guest\": true, \"reason\": \"guest-reset\"}}");
	ended(ENDED_BY_GUEST, "reboot", 0);
}

static void guest_panicked(void **state)
{
	(void)state;
	says("GUEST_PANICKED", ", \"data\": {\"action\": \"poweroff\"}}");
	says("SHUTDOWN", ", \"data\": {\"guest\": true, \"reason\": \"guest-panic\"}}");
	ended(ENDED_BY_GUEST, "panic", 0);
}

static void watchdog_bit(void **state)
{
	(void)state;
	says("WATCHDOG", ", \"data\": {\"action\": \"poweroff\"}}");
	says("SHUTDOWN", ", \"data\": {\"guest\": false, \"reason\": \"host-qmp-quit\"}}");
	ended(ENDED_BY_GUEST, "watchdog", 0);
}

/* Also where a client wanted its end: the kernel was first. */
static void memory_ran_out(void **state)
{
	struct mt_exit *exit;

	(void)state;
	wants(MT_CALL_DESTROY);
	exit = exits();
	exit->signal = 9;
	exit->by_oom = 1;
	ended(ENDED_BY_KERNEL, "OOM killer", 9);
}

static void qemu_crashed(void **state)
{
	struct mt_exit *exit;

	(void)state;
	exit = exits();
	exit->signal = 11;
	exit->has_dumped = 1;
	ended(ENDED_BY_SIGNAL, "SIGSEGV", 11);
}

static void qemu_gave_up(void **state)
{
	(void)state;
	exits()->code = 1;
	ended(ENDED_BY_QEMU, NULL, 1);
}

static void qemu_was_told_to_end(void **state)
{
	(void)state;
	says("SHUTDOWN", ", \"data\": {\"guest\": false, \"reason\": \"host-signal\"}}");
	exits();
	ended(ENDED_BY_LIBVIRT, "SIGTERM", 15);
}

static void nothing_shows_why(void **state)
{
	(void)state;
	ended(ENDED_BY_UNKNOWN, NULL, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, host_begins, host_ends)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(client_ended_it),	    CASE(what_a_client_wanted_else_does_not_count),
		CASE(guest_shut_down),	    CASE(guest_shut_down_and_libvirt_ended_it),
		CASE(guest_rebooted),	    CASE(guest_panicked),
		CASE(watchdog_bit),	    CASE(memory_ran_out),
		CASE(qemu_crashed),	    CASE(qemu_gave_up),
		CASE(qemu_was_told_to_end), CASE(nothing_shows_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
