/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the running kernel can do of what probing needs. */
#include "probe/kernel.h"

#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "probe/tracer.h"
#include "sandbox/privileges.h"

static struct kernel_feature feature(const char *name, const char *without, bool is_vital)
{
	return (struct kernel_feature){.name = name, .without = without, .is_vital = is_vital};
}

static void tell(struct kernel_feature *feature, bool is_there)
{
	feature->is_known = true;
	feature->is_there = is_there;
}

/* Loading the programs is the only sure test of whether they load. */
static void programs_try(struct kernel_feature *load, struct kernel_feature *multi,
			 struct kernel_feature *exec)
{
	const struct tracer_setup setup = {.way = ATTACH_MULTI};
	struct tracer *tracer;

	if (privileges_missing(0, !kernel_has_multi()))
		return;
	if (tracer_new(&setup, &tracer)) {
		tell(load, false);
		return;
	}
	tell(load, true);
	tell(multi, tracer_way(tracer) == ATTACH_MULTI);
	tell(exec, tracer_watches(tracer));
	tracer_free(tracer);
}

void kernel_features(struct kernel_feature features[KERNEL_FEATURES])
{
	features[0] = feature("BTF", "all: the programs cannot be fitted to this kernel", true);
	features[1] = feature("uprobes", "all: nothing can be probed", true);
	features[2] = feature("BPF ring buffer", "all: the programs do not load", true);
	features[3] = feature("uprobe_multi", "time: to detach takes some seconds", false);
	features[4] =
		feature("exec tracepoint", "new versions of libvirt and QEMU go unnoticed", false);
	features[5] = feature("tp_btf", "clock bounds by TCP", false);
	features[6] =
		feature("KVM tracepoints", "the first and last instruction of a guest", false);
	features[7] = feature("uprobes on nop5", "SDT probes of newer builds: it damages the stack",
			      false);
	tell(&features[5], kernel_has_tp_btf());
	if (!access("/sys/kernel/tracing/events/sched", F_OK))
		tell(&features[6], !access("/sys/kernel/tracing/events/kvm/kvm_entry", F_OK));
	tell(&features[7], kernel_nop5_is_safe());
	tell(&features[0], !access("/sys/kernel/btf/vmlinux", R_OK));
	tell(&features[1], !access("/sys/bus/event_source/devices/uprobe", F_OK));
	programs_try(&features[2], &features[3], &features[4]);
}

bool kernel_has_tp_btf(void)
{
	return libbpf_find_vmlinux_btf_id("inet_sock_set_state", BPF_TRACE_RAW_TP) > 0;
}

bool kernel_has_kvm_exit(void)
{
	return libbpf_find_vmlinux_btf_id("kvm_userspace_exit", BPF_TRACE_RAW_TP) > 0;
}

/* The type of such links is in BTF, which anybody may read. */
bool kernel_has_multi(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool has_multi =
		btf && btf__find_by_name_kind(btf, "bpf_uprobe_multi_link", BTF_KIND_STRUCT) > 0;

	btf__free(btf);
	return has_multi;
}

bool kernel_nop5_is_safe(void)
{
	unsigned int major, minor;
	struct utsname uts;

	if (uname(&uts) || sscanf(uts.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major * 1000 + minor < 6018 || major * 1000 + minor >= 7002;
}
