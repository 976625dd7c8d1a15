/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much the BPF programs can keep: from the number of CPUs and of daemons. */
#include "probe/kernel/sizes.h"

#include <errno.h>
#include <stddef.h>
#include <bpf/libbpf.h>

/*
 * A host has at most 16 guests for each CPU, and 64 vCPUs; a daemon has 20 workers unless it is
 * told otherwise, and more daemons may come. Pages that are huge are asked for by other addresses
 * than they come to: they are awaited until QEMU ends. What finds no room all the same is counted
 * as lost.
 */
static const struct {
	const char *map;
	uint32_t base, per_cpu, per_daemon;
} sizes[] = {
	{"threads", 512, 0, 64},     {"domains", 512, 16, 64},	{"calls", 512, 0, 64},
	{"asked", 512, 16, 64},	     {"guests", 256, 16, 0},	{"kvm_exits", 1024, 64, 0},
	{"started", 1024, 64, 0},    {"awaited", 16384, 64, 0}, {"sockets", 512, 16, 64},
	{"ports", 256, 16, 0},	     {"processes", 256, 16, 1}, {"monitor_threads", 512, 16, 64},
	{"limits", 512, 0, 64},	     {"offs", 1024, 64, 64},	{"servings", 512, 0, 64},
	{"children", 512, 32, 1},    {"emulators", 4096, 0, 0}, {"vcpu_places", 1024, 64, 0},
	{"disk_places", 512, 16, 0},
};

int sizes_set(struct bpf_object *object, uint32_t daemons, uint32_t entries)
{
	int cpus = libbpf_num_possible_cpus(), err = cpus < 0 ? cpus : 0;

	for (size_t i = 0; !err && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, sizes[i].map);
		uint32_t wanted = sizes[i].base + sizes[i].per_cpu * (uint32_t)cpus +
				  sizes[i].per_daemon * daemons;

		err = map ? bpf_map__set_max_entries(map, entries ? entries : wanted) : -ENOENT;
	}
	return err;
}
