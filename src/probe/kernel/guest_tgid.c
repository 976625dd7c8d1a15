/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the programs know a guest that migrates, and what of it is watched. */
#include "probe/kernel/guest_tgid.h"

#include <stdlib.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

uint32_t guest_tgid(const struct bpf_object *object, pid_t pid)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "guests");
	uint32_t *value = calloc(1, bpf_map__value_size(map));
	uint32_t key, next, found = 0, *before = NULL;

	while (value && !found && !bpf_map_get_next_key(bpf_map__fd(map), before, &next)) {
		if (!bpf_map_lookup_elem(bpf_map__fd(map), &next, value) && *value == (uint32_t)pid)
			found = next;
		key = next;
		before = &key;
	}
	free(value);
	return found;
}
