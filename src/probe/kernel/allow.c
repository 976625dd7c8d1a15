/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells the BPF programs which QMP commands and events may be recorded: all others stay in the
 * kernel. */
#include "probe/kernel/allow.h"

#include <string.h>
#include <bpf/libbpf.h>

#include "core/event/qmp.h"
#include "migtrace_event.h"

static int name_allow(struct bpf_map *map, const char *name, const void *value, size_t size)
{
	char key[MT_COMMAND] = {0};

	strncpy(key, name, sizeof(key) - 1);
	return bpf_map__update_elem(map, key, sizeof(key), value, size, BPF_ANY);
}

static int commands_allow(struct bpf_map *map)
{
	const char *name;
	int err = 0;

	for (uint16_t number = 1; !err && (name = qmp_command(number)); number++) {
		const struct mt_command command = {number, qmp_command_flags(number)};

		err = name_allow(map, name, &command, sizeof(command));
	}
	return err;
}

static int events_allow(struct bpf_map *map)
{
	const char *name;
	int err = 0;

	for (uint16_t number = 1; !err && (name = qmp_event(number)); number++)
		err = name_allow(map, name, &number, sizeof(number));
	return err;
}

int names_allow(struct bpf_map *commands, struct bpf_map *events)
{
	int err = commands_allow(commands);

	return err ? err : events_allow(events);
}
