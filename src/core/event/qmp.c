/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The QMP commands and events that are recorded; of all others nothing leaves the kernel. */
#include "core/event/qmp.h"

#include <assert.h>
#include <string.h>

#include "migtrace_event.h"

/* Only the command's number is recorded, never its arguments: those may hold keys and passwords. */
static const struct {
	const char *name;
	uint16_t flags;
} commands[] = {
	{"migrate", 0},
	{"migrate-incoming", 0},
	{"migrate-continue", 0},
	{"migrate_cancel", 0},
	{"migrate-start-postcopy", 0},
	{"migrate-pause", 0},
	{"migrate-recover", 0},
	{"migrate-set-capabilities", 0},
	{"migrate-set-parameters", 0},
	{"query-migrate", MT_COMMAND_NUMBERS},
	{"getfd", 0},
	{"add-fd", 0},
	{"cont", 0},
	{"stop", 0},
	{"nbd-server-start", 0},
	{"nbd-server-stop", 0},
	{"blockdev-mirror", 0},
	{"block-job-cancel", 0},
	{"query-block", MT_COMMAND_CHATTY},
	{"query-chardev", MT_COMMAND_CHATTY},
	{"query-rx-filter", MT_COMMAND_CHATTY},
	{"query-migrate-parameters", MT_COMMAND_NUMBERS},
	{"query-status", MT_COMMAND_CHATTY},
	{"query-cpus-fast", MT_COMMAND_CHATTY},
	{"query-hotpluggable-cpus", MT_COMMAND_CHATTY},
	{"query-memory-devices", MT_COMMAND_CHATTY},
	{"query-named-block-nodes", MT_COMMAND_CHATTY},
	{"query-block-jobs", MT_COMMAND_CHATTY},
	{"query-jobs", MT_COMMAND_CHATTY},
	{"qom-list", MT_COMMAND_CHATTY},
	{"qom-get", MT_COMMAND_CHATTY},
	{"qom-set", MT_COMMAND_CHATTY},
	{"set_link", MT_COMMAND_CHATTY},
	{"announce-self", 0},
};

/* Their data is a state or a number: nothing in it is secret. */
static const char *const events[] = {
	"STOP",	     "RESUME", "MIGRATION",	 "MIGRATION_PASS", "SHUTDOWN",
	"POWERDOWN", "RESET",  "GUEST_PANICKED", "WATCHDOG",
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
static_assert(COUNT(commands) < UINT16_MAX && COUNT(events) < UINT16_MAX, "numbers from 1 on");

const char *qmp_command(uint16_t number)
{
	return number && number <= COUNT(commands) ? commands[number - 1].name : NULL;
}

uint16_t qmp_command_flags(uint16_t number)
{
	return number && number <= COUNT(commands) ? commands[number - 1].flags : 0;
}

uint16_t qmp_command_number(const char *command)
{
	for (uint16_t i = 0; i < COUNT(commands); i++) {
		assert(commands[i].name);
		if (!strcmp(commands[i].name, command))
			return (uint16_t)(i + 1);
	}
	return 0;
}

const char *qmp_event(uint16_t number)
{
	return number && number <= COUNT(events) ? events[number - 1] : NULL;
}
