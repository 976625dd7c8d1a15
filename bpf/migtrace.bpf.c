/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BPF programs: turn probe hits in libvirt and QEMU into per-domain events; copy no text that is
 * not allowed. */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "kernel_types.h"
#include "migtrace_event.h"
#include "migtrace_disk.h"
#include "migtrace_loader.h"
#include "migtrace_tap.h"
#include "migtrace_vcpu.h"

#include "pid.bpf.h"
#include "state.bpf.h"
#include "host.bpf.h"
#include "event.bpf.h"
#include "watch.bpf.h"
#include "frame.bpf.h"
#include "last.bpf.h"
#include "thread.bpf.h"
#include "phase.bpf.h"
#include "cookie.bpf.h"
#include "statistics.bpf.h"
#include "said.bpf.h"
#include "monitor.bpf.h"
#include "proxy.bpf.h"
#include "rpc.bpf.h"
#include "guest.bpf.h"
#include "pages.bpf.h"
#include "vcpu.bpf.h"
#include "task.bpf.h"
#include "call.bpf.h"
#include "loader.bpf.h"
#include "qemu.bpf.h"
#include "tcp.bpf.h"
#include "net.bpf.h"
#include "disk.bpf.h"
#include "process.bpf.h"
#include "sched.bpf.h"
#include "brownout.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/*
 * One program serves every probe, and a program for each group of kinds is called from there by a
 * tail call. Each has a tail call of its own, by which the self-test goes through all of them: a
 * program that has one is never given a private stack, which is one for each CPU and would be
 * shared with the next task where this one is preempted (docs/internals/preemption.md).
 */
int probe_hit(struct pt_regs *regs);
int phase_hit(struct pt_regs *regs);
int cookie_hit(struct pt_regs *regs);
int statistics_hit(struct pt_regs *regs);
int monitor_hit(struct pt_regs *regs);
int rpc_hit(struct pt_regs *regs);
int qemu_hit(struct pt_regs *regs);
int pages_hit(struct pt_regs *regs);
int disk_hit(struct pt_regs *regs);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries,
	       MT_PROGRAMS + 1); /* the last one stays empty: the self-test ends there */
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct pt_regs *));
} programs SEC(".maps") = {
	.values =
		{
			[MT_PROGRAM_PHASE] = (void *)phase_hit,
			[MT_PROGRAM_COOKIE] = (void *)cookie_hit,
			[MT_PROGRAM_MONITOR] = (void *)monitor_hit,
			[MT_PROGRAM_RPC] = (void *)rpc_hit,
			[MT_PROGRAM_QEMU] = (void *)qemu_hit,
			[MT_PROGRAM_PAGES] = (void *)pages_hit,
			[MT_PROGRAM_STATISTICS] = (void *)statistics_hit,
			[MT_PROGRAM_DISK] = (void *)disk_hit,
		},
};

/* Returns the hit's site; NULL in the self-test, which goes on to the next program. */
static __always_inline const struct mt_site *hit_site(struct pt_regs *regs, __u32 program)
{
	const struct mt_site *site = site_of(regs);

	if (!site || site->kind != MT_SELF_TEST)
		return site;
	frame_check(regs, program);
	bpf_tail_call(regs, &programs, program + 1);
	return NULL;
}

#define PROGRAM(name, program, ...)                                                                \
	SEC("uprobe")                                                                              \
	int name(struct pt_regs *regs)                                                             \
	{                                                                                          \
		const struct mt_site *site = hit_site(regs, program);                              \
		__u64 args[MT_ARGS];                                                               \
                                                                                                   \
		if (site) {                                                                        \
			args_read(regs, site, args);                                               \
			__VA_ARGS__;                                                               \
		}                                                                                  \
		return 0;                                                                          \
	}

static __always_inline void on_phase(const struct mt_site *site, const __u64 *args)
{
	switch (site->kind) {
	case MT_DISPATCH:
		on_dispatch(args);
		break;
	case MT_DOWNTIME_LIMIT:
		on_limit(args);
		break;
	case MT_CALL:
		on_call(site, args);
		break;
	case MT_ERROR:
		on_error(site, args);
		break;
	case MT_ENSURE_ACL:
		thread_bind(args[ARG_ACL_DEF]);
		break;
	default:
		on_function(site, args);
	}
}

PROGRAM(phase_hit, MT_PROGRAM_PHASE, on_phase(site, args))
PROGRAM(monitor_hit, MT_PROGRAM_MONITOR, on_monitor(site, args))
PROGRAM(rpc_hit, MT_PROGRAM_RPC, on_rpc(site, args))
PROGRAM(qemu_hit, MT_PROGRAM_QEMU, on_qemu(site, regs, args))
PROGRAM(pages_hit, MT_PROGRAM_PAGES, on_pages(site, args))
PROGRAM(disk_hit, MT_PROGRAM_DISK, on_disk(site, args))
PROGRAM(cookie_hit, MT_PROGRAM_COOKIE,
	if (on_cookie(site, args)) bpf_tail_call(regs, &programs, MT_PROGRAM_STATISTICS))

/* A cookie that was recorded may have libvirt's numbers. */
SEC("uprobe")
int statistics_hit(struct pt_regs *regs)
{
	if (hit_site(regs, MT_PROGRAM_STATISTICS))
		on_statistics();
	return 0;
}

SEC("uprobe")
int probe_hit(struct pt_regs *regs)
{
	const struct mt_site *site = site_of(regs);

	if (!site || has_ended)
		return 0;
	if (site->kind == MT_SELF_TEST) {
		frame_check(regs, MT_PROGRAM_HIT);
		if (pid_namespace_inode)
			pid_namespace_learn();
	} else {
		/* A guest that is known to migrate is this host's: so often it is not asked again.
		 */
		if (site->kind != MT_QEMU_DISK &&
		    !(site->is_qemu ? is_this_hosts_qemu() : is_this_host()))
			return 0;
		__sync_fetch_and_add(&hits, 1);
	}
	bpf_tail_call(regs, &programs, site->program);
	note_lost(); /* no program is where the site says */
	return 0;
}
