/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both hosts did in one migration, in one order on one clock. */
#include "core/picture/sequence.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/event/qmp.h"

static const char *const shown_commands[] = {
	"migrate",	  "migrate-incoming",	    "migrate-continue",
	"migrate_cancel", "migrate-start-postcopy", "cont",
	"stop",
};

static bool command_is_shown(uint16_t number)
{
	const char *command = qmp_command(number);

	for (size_t i = 0; command && i < sizeof(shown_commands) / sizeof(shown_commands[0]); i++)
		if (!strcmp(command, shown_commands[i]))
			return true;
	return false;
}

/* Calls between the hosts are the clock's business, and passes are too many. */
static bool event_is_shown(const struct mt_event *event)
{
	switch (event->kind) {
	case MT_BEGIN:
	case MT_PREPARE:
	case MT_PERFORM:
	case MT_RUN:
	case MT_FINISH:
	case MT_CONFIRM:
	case MT_START_CPUS:
		return true;
	case MT_COMPLETE:
		return event->edge == MT_ENTER;
	case MT_MONITOR_SEND:
		return command_is_shown(event->monitor.command);
	case MT_MONITOR_EVENT:
		return !memmem(event->text, MT_TEXT, "MIGRATION_PASS", 14);
	default:
		return false;
	}
}

static int by_time(const void *a, const void *b)
{
	const struct sequence_event *x = a, *y = b;

	return x->src_ns < y->src_ns ? -1 : x->src_ns > y->src_ns;
}

static size_t side_sequence(const struct side *side, int64_t offset_ns,
			    struct sequence_event *events, size_t count)
{
	for (size_t i = 0; side && i < side->count && count < SEQUENCE_MAX; i++)
		if (event_is_shown(side->events[i]))
			events[count++] = (struct sequence_event){
				.src_ns = (int64_t)side->events[i]->ktime_ns - offset_ns,
				.role = side->role,
				.event = side->events[i],
			};
	assert(count <= SEQUENCE_MAX);
	return count;
}

size_t sequence_of(const struct account *account, struct sequence_event *events)
{
	const struct side *source = account->side[ROLE_SOURCE].side;
	const struct side *destination = account->side[ROLE_DESTINATION].side;
	const struct quantity *offset = &account->figures.clocks.offset;
	size_t count = side_sequence(source, 0, events, 0);

	if (offset->known)
		count = side_sequence(destination, offset->est_ns, events, count);
	else if (!source)
		count = side_sequence(destination, 0, events, count);
	assert(source || destination);
	qsort(events, count, sizeof(*events), by_time);
	return count;
}
