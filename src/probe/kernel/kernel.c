/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernel features that probing needs are available. */
#include "probe/kernel/kernel.h"

#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "probe/arch/arch.h"
#include "probe/kernel/bpf_log.h"
#include "probe/kernel/kernel_btf.h"
#include "probe/kernel/tracer.h"
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

enum {
	BTF,
	UPROBES,
	RING_BUFFER,
	PROGRAMS,
	MULTI,
	EXEC,
	TP_BTF,
	KVM,
	SCHED,
	NET,
	VCPUS,
	NOP5,
};

/* Loading the programs is the only sure test of whether they load. */
static void programs_try(struct kernel_feature features[KERNEL_FEATURES])
{
	const struct tracer_setup setup = {.way = ATTACH_MULTI};
	struct tracer *tracer;
	int err;

	if (privileges_missing(0, !kernel_has_multi()))
		return;
	tell(&features[RING_BUFFER], libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) > 0);
	err = tracer_new(&setup, &tracer);
	tell(&features[PROGRAMS], !err);
	if (err) {
		kernel_load_reason(err, features[PROGRAMS].why);
		return;
	}
	tell(&features[MULTI], tracer_way(tracer) == ATTACH_MULTI);
	tell(&features[EXEC], tracer_watches(tracer));
	tell(&features[TP_BTF], tracer_sees_tcp(tracer));
	tell(&features[KVM], tracer_sees_kvm(tracer));
	tell(&features[SCHED], tracer_on_demand(tracer)->sched.can);
	tell(&features[NET], tracer_on_demand(tracer)->subjects.net.links.can);
	tell(&features[VCPUS], tracer_on_demand(tracer)->vcpus.links.can);
	tracer_free(tracer);
}

void kernel_features(struct kernel_feature features[KERNEL_FEATURES])
{
	bpf_log_begin();
	features[BTF] = feature("BTF", "all: the programs cannot be fitted to this kernel", true);
	features[UPROBES] = feature("uprobes", "all: nothing can be probed", true);
	features[RING_BUFFER] = feature("BPF ring buffer", "all: no event can be read", true);
	features[PROGRAMS] = feature("BPF programs", "all: nothing runs at a probe", true);
	features[MULTI] = feature("uprobe_multi", "time: each probe is attached alone", false);
	features[EXEC] =
		feature("exec tracepoint", "new versions of libvirt and QEMU go unnoticed", false);
	features[TP_BTF] = feature("tp_btf", "clock bounds by TCP", false);
	features[KVM] =
		feature("KVM tracepoints", "the first and last instruction of a guest", false);
	features[SCHED] = feature("sched tracepoints",
				  "what the threads of a part of the downtime waited for", false);
	features[NET] =
		feature("net tracepoints",
			"how long the network lost a guest, and frames that missed it", false);
	features[VCPUS] =
		feature("vCPU tracepoints",
			"what vCPUs waited for before the stop and after the start", false);
	features[NOP5] = feature("uprobes on nop5",
				 "SDT probes of newer builds: it damages the stack", false);
	tell(&features[BTF], kernel_has_btf());
	tell(&features[UPROBES], !access("/sys/bus/event_source/devices/uprobe", F_OK));
	tell(&features[TP_BTF], kernel_has_tp_btf());
	tell(&features[KVM], kernel_has_kvm_exit());
	tell(&features[SCHED], kernel_has_sched());
	tell(&features[NET], kernel_has_net());
	tell(&features[VCPUS], kernel_has_vcpus());
	tell(&features[NOP5], kernel_nop5_is_safe());
	programs_try(features);
}

bool kernel_has_btf(void)
{
	return !access(KERNEL_BTF "/vmlinux", R_OK);
}

bool kernel_has_tp_btf(void)
{
	return kernel_btf_has(KERNEL_BTF, NULL, "inet_sock_set_state");
}

bool kernel_has_kvm_exit(void)
{
	return kernel_btf_has(KERNEL_BTF, "kvm", "kvm_userspace_exit");
}

bool kernel_has_tsc(void)
{
	return kernel_btf_has(KERNEL_BTF, "kvm", "kvm_write_tsc_offset");
}

bool kernel_has_sched(void)
{
	return kernel_btf_has(KERNEL_BTF, NULL, "sched_switch") &&
	       kernel_btf_has(KERNEL_BTF, NULL, "sched_waking");
}

bool kernel_has_net(void)
{
	return kernel_btf_has(KERNEL_BTF, NULL, "netif_receive_skb") &&
	       kernel_btf_has(KERNEL_BTF, NULL, "net_dev_start_xmit") &&
	       kernel_btf_has(KERNEL_BTF, NULL, "consume_skb") &&
	       kernel_btf_has(KERNEL_BTF, NULL, "kfree_skb");
}

bool kernel_has_vcpus(void)
{
	return kernel_btf_has(KERNEL_BTF, NULL, "sched_switch") &&
	       kernel_btf_has(KERNEL_BTF, "kvm", "kvm_vcpu_wakeup");
}

/* The type of such links is in BTF, which anybody may read. */
bool kernel_has_multi(void)
{
	struct btf *btf = kernel_has_btf() ? btf__load_vmlinux_btf() : NULL;
	bool has_multi =
		btf && btf__find_by_name_kind(btf, "bpf_uprobe_multi_link", BTF_KIND_STRUCT) > 0;

	btf__free(btf);
	return has_multi;
}

/* As 6018 for 6.18; 0: not known. */
static unsigned int kernel_version(void)
{
	unsigned int major, minor;
	struct utsname uts;

	if (uname(&uts) || sscanf(uts.release, "%u.%u", &major, &minor) != 2)
		return 0;
	return major * 1000 + minor;
}

bool kernel_multi_knows_threads(void)
{
	return kernel_version() >= 6010;
}

bool kernel_nop5_is_safe(void)
{
	unsigned int version = kernel_version();

	if (!arch_has(arch_host(), CODE_NOP5))
		return true;
	return version && (version < 6018 || version >= 7002);
}

static void line_read(const char *path, char *line, int size)
{
	FILE *file = fopen(path, "re");

	if (!file || !fgets(line, size, file))
		line[0] = '\0';
	if (file)
		fclose(file);
}

/*
 * The newest helper that the programs cannot do without, if the kernel lacks it. Asked for by
 * itself, as an old verifier may refuse the programs for something else before it comes to their
 * calls.
 */
static int helper_missing(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL) == 0
		       ? BPF_FUNC_get_attach_cookie
		       : 0;
}

void kernel_load_reason(int err, char reason[LOAD_REASON_SIZE])
{
	char lockdown[64];
	const struct load_facts facts = {
		.err = err,
		.log = bpf_log(),
		.lockdown = lockdown,
		.capability = privileges_missing(0, !kernel_has_multi()),
		.helper = helper_missing(),
		.has_sysfs = !access("/sys/kernel", F_OK),
		.has_btf = kernel_has_btf(),
	};

	line_read("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	load_reason(&facts, reason);
}
