/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The QMP commands and events that are recorded; of all others nothing leaves the kernel. */
#include "core/qmp.h"

#include <string.h>

/* Only the command's number is recorded, never its arguments: those may hold keys and passwords. */
static const char *const commands[] = {
	"migrate",
	"migrate-incoming",
	"migrate-continue",
	"migrate_cancel",
	"migrate-start-postcopy",
	"migrate-pause",
	"migrate-recover",
	"migrate-set-capabilities",
	"migrate-set-parameters",
	"query-migrate",
	"getfd",
	"add-fd",
	"cont",
	"stop",
	"nbd-server-start",
	"nbd-server-stop",
	"blockdev-mirror",
	"block-job-cancel",
	"query-block",
	"query-chardev",
	"query-rx-filter",
};

/* Their data is a state or a number: nothing in it is secret. */
static const char *const events[] = {
	"STOP", "RESUME", "MIGRATION", "MIGRATION_PASS", "SHUTDOWN", "POWERDOWN", "RESET",
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const char *qmp_command(uint16_t number)
{
	return number && number <= COUNT(commands) ? commands[number - 1] : NULL;
}

uint16_t qmp_command_number(const char *command)
{
	for (uint16_t i = 0; i < COUNT(commands); i++)
		if (!strcmp(commands[i], command))
			return (uint16_t)(i + 1);
	return 0;
}

const char *qmp_event(uint16_t number)
{
	return number && number <= COUNT(events) ? events[number - 1] : NULL;
}
