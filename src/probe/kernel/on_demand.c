/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that see so much that they are attached only while something migrates. */
#include "probe/kernel/on_demand.h"

#include "migtrace_event.h"
#include "migtrace.skel.h"

void on_demand_try(struct on_demand *on_demand, const struct refusals *refusals,
		   struct migtrace_bpf *bpf, struct probed *probed, enum attach_way way)
{
	optional_try(&on_demand->sched, refusals, bpf->obj, OPTIONAL_SCHED);
	on_demand->is_watching = &bpf->bss->is_watching;
	on_demand->may_watch = &bpf->bss->may_watch;
	on_demand->loaders = bpf->bss->loaders;
	optional_try(&on_demand->subjects.net.links, refusals, bpf->obj, OPTIONAL_NET);
	on_demand->subjects.net.taps = bpf->bss->taps;
	on_demand->subjects.disk = (struct disk_programs){
		.object = bpf->obj,
		.program = bpf->progs.probe_hit,
		.probed = probed,
		.way = way,
		.disks = bpf->bss->disks,
	};
	optional_try(&on_demand->vcpus.links, refusals, bpf->obj, OPTIONAL_VCPUS);
	on_demand->vcpus.vcpus = bpf->bss->vcpus;
	on_demand->vcpus.are_watched = &bpf->bss->are_vcpus_watched;
}

void on_demand_sched(struct on_demand *on_demand, bool is_wanted)
{
	*on_demand->is_watching = 0;
	*on_demand->may_watch = is_wanted && optional_attach(&on_demand->sched);
	if (!is_wanted)
		optional_detach(&on_demand->sched);
}

void on_demand_detach(struct on_demand *on_demand)
{
	optional_detach(&on_demand->sched);
	subjects_detach(&on_demand->subjects);
	optional_detach(&on_demand->vcpus.links);
}
