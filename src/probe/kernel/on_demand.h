/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that see so much that they are attached only while something migrates. */
#ifndef MIGTRACE_PROBE_KERNEL_ON_DEMAND_H
#define MIGTRACE_PROBE_KERNEL_ON_DEMAND_H

#include <stdbool.h>

#include "migtrace_loader.h"
#include "probe/kernel/optional.h"
#include "probe/kernel/probed.h"
#include "probe/kernel/subjects.h"
#include "probe/kernel/vcpu_programs.h"

struct migtrace_bpf;

struct on_demand {
	struct optional_links sched; /* threads off their CPU */
	int *is_watching, *may_watch;
	struct mt_loader *loaders;  /* MT_LOADERS, the programs' own */
	struct subjects subjects;   /* frames and requests of guests */
	struct vcpu_programs vcpus; /* where vCPUs' time goes */
};

/* Fills it in, and tries which of them can be attached; none is then. */
void on_demand_try(struct on_demand *on_demand, const struct refusals *refusals,
		   struct migtrace_bpf *bpf, struct probed *probed, enum attach_way way);

/* Sees threads off their CPU from now on, or no more; nothing happens where it cannot. */
void on_demand_sched(struct on_demand *on_demand, bool is_wanted);

/* Detaches all. */
void on_demand_detach(struct on_demand *on_demand);

#endif
