/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that see the scheduler's switches: attached and detached while others stay. */
#include "probe/kernel/switches.h"

static struct bpf_link *attach(const struct bpf_object *object, const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(object, name);

	return prog ? bpf_program__attach(prog) : NULL;
}

bool switches_attach(struct switches *switches, const struct bpf_object *object)
{
	if (switches->switched)
		return true;
	switches->woken = attach(object, "sched_woken");
	if (switches->woken)
		switches->switched = attach(object, "sched_switched");
	if (!switches->switched)
		switches_detach(switches);
	return switches->switched;
}

void switches_detach(struct switches *switches)
{
	bpf_link__destroy(switches->switched);
	bpf_link__destroy(switches->woken);
	*switches = (struct switches){0};
}
