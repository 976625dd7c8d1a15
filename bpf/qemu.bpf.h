/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's own states and steps, each when it counts: its functions are called at
 * other times, too. */
#ifndef MIGTRACE_QEMU_BPF_H
#define MIGTRACE_QEMU_BPF_H

/* A state is set only if it is the old one still: what does not take effect is no event. */
static __always_inline int is_no_change(const struct mt_site *site, const __u64 *args)
{
	return site->kind == MT_QEMU_MIGRATION_STATE &&
	       (args[ARG_MIGRATION_STATE] != args[ARG_MIGRATION_STATE_OLD] ||
		args[ARG_MIGRATION_STATE_OLD] == args[ARG_MIGRATION_STATE_NEW]);
}

/* Of a QEMU that exports its UUID; the recorder knows those of others. Returns 0, or -1. */
static __always_inline int qemu_uuid(const struct mt_site *site, __u64 ip, __u8 *uuid)
{
	if (!site->uuid_delta ||
	    !bpf_probe_read_user(uuid, MT_UUID, (const void *)(ip + site->uuid_delta)))
		return 0;
	note_unreadable();
	return -1;
}

static __always_inline void state_fill(struct mt_event *event, const struct mt_site *site,
				       struct qemu *qemu, const __u64 *args)
{
	switch (site->kind) {
	case MT_QEMU_RUN_STATE:
		event->run_state.is_running = args[ARG_RUN_STATE_RUNNING] != 0;
		event->run_state.state = (__s32)args[ARG_RUN_STATE];
		break;
	case MT_QEMU_MIGRATION_STATE:
		event->migration_state.old = (__s32)args[ARG_MIGRATION_STATE_OLD];
		event->migration_state.new = (__s32)args[ARG_MIGRATION_STATE_NEW];
		event->migration_state.target = site->target;
		if (qemu)
			stalls_take(qemu, &event->migration_state);
		break;
	case MT_QEMU_PING:
	case MT_QEMU_PONG:
		event->ping.number = args[ARG_PING_NUMBER];
		break;
	case MT_QEMU_RAM:
		event->ram.pass = args[ARG_RAM_PASS];
		event->ram.syncs = args[ARG_RAM_SYNCS];
		event->ram.remaining_bytes = args[ARG_RAM_REMAINING];
		event->ram.sent_bytes =
			args[ARG_RAM_SENT] + args[ARG_RAM_SENT + 1] + args[ARG_RAM_SENT + 2];
		event->ram.normal_pages = args[ARG_RAM_NORMAL];
		event->ram.zero_pages = args[ARG_RAM_ZERO];
		event->ram.resident_bytes = ~0ull;
		break;
	}
}

/* What stops its vCPUs may be seen to do so before it says so. */
static __always_inline void pause_note(struct qemu *qemu)
{
	if (qemu->phase == GUEST_RUNS || qemu->phase == GUEST_STARTING)
		qemu->paused = bpf_ktime_get_ns();
}

static __always_inline void on_state(const struct mt_site *site, __u64 ip, const __u64 *args)
{
	__u8 uuid[MT_UUID] = {};
	struct mt_event *event;
	struct qemu *qemu;

	if (is_no_change(site, args) || qemu_uuid(site, ip, uuid))
		return;
	qemu = guest_current(site->kind == MT_QEMU_MIGRATION_STATE);
	if (site->kind == MT_QEMU_RAM && !ram_is_due(qemu, args[ARG_RAM_PASS]))
		return;
	if (site->kind == MT_QEMU_RUN_STATE && qemu && !(args[ARG_RUN_STATE_RUNNING] & 1)) {
		pause_note(qemu);
		qemu->phase = GUEST_HALTED;
	}
	if (site->kind == MT_QEMU_RUN_STATE && qemu && args[ARG_RUN_STATE_RUNNING] & 1)
		standstill_end(&qemu->is_standing);
	event = event_reserve(site, uuid);
	if (!event)
		return;
	state_fill(event, site, qemu, args);
	bpf_ringbuf_submit(event, 0);
}

static __always_inline int is_time_of(const struct mt_site *site, const struct qemu *qemu)
{
	if (site->when == MT_WHEN_ANY)
		return 1;
	if (!qemu)
		return 0;
	return site->when == MT_WHEN_MIGRATING || qemu->phase == GUEST_STOPPING ||
	       qemu->phase == GUEST_HALTED;
}

/* Each vCPU is seen to start once, however long after; later it goes in and out as it likes. */
static __always_inline int is_first_start(struct qemu *qemu, __u64 cpu)
{
	struct pointer_key key = pointer_key(cpu, 0);
	__u64 *seen = bpf_map_lookup_elem(&started, &key), start = qemu->start;

	if (qemu->phase != GUEST_STARTING || (seen && *seen == start))
		return 0;
	pointer_put(&started, &key, &start, BPF_ANY);
	qemu->has_started = 1;
	vcpu_start();
	return 1;
}

/* A guest that starts, or runs since it was started, is not started anew. */
static __always_inline void start_prepare(struct qemu *qemu)
{
	if (qemu->phase == GUEST_STARTING)
		return;
	qemu->start = bpf_ktime_get_ns();
	qemu->has_started = 0;
	qemu->phase = GUEST_STARTING;
}

/*
 * A device's own state begins where the thread's stack is as at the first one's; that of its parts,
 * for which the function calls itself, is farther down. "configuration" is no device.
 */
static __always_inline int is_device(struct qemu *qemu, __u64 sp, const char *name)
{
	if (qemu->device_tid != (__u32)bpf_get_current_pid_tgid() || sp < qemu->top_sp ||
	    word_at(name) == WORD('c', 'o', 'n', 'f', 'i', 'g', 'u', 'r'))
		return 0;
	qemu->top_sp = sp;
	return 1;
}

static __always_inline void devices_begin(struct qemu *qemu)
{
	qemu->device_tid = (__u32)bpf_get_current_pid_tgid();
	qemu->top_sp = 0;
}

/* What the step makes of the guest. Returns whether it is one to report. */
static __always_inline int step_take(const struct mt_site *site, struct qemu *qemu,
				     const __u64 *args)
{
	switch (site->step) {
	case MT_STEP_VCPUS_PAUSE:
		pause_note(qemu);
		qemu->phase = GUEST_STOPPING;
		return 1;
	case MT_STEP_VCPU_STOP:
		return qemu->phase == GUEST_STOPPING;
	case MT_STEP_VCPU_START:
		return is_first_start(qemu, args[ARG_STEP_ABOUT]);
	case MT_STEP_START_PREPARE:
		start_prepare(qemu);
		return 1;
	case MT_STEP_LOAD:
		qemu->phase = GUEST_HALTED;
		loader_begin(qemu);
		return 1;
	case MT_STEP_DEVICES_SAVE:
	case MT_STEP_LOAD_SECTIONS:
		devices_begin(qemu);
		return 1;
	case MT_STEP_LOADED:
		loader_done(qemu);
		qemu->device_tid = 0;
		return 1;
	case MT_STEP_SOURCE_CLEANUP:
		qemu->device_tid = 0;
		return 1;
	default:
		return 1;
	}
}

/* The first member of a VMStateDescription is its name. Returns its length with its
 * NUL, or less. */
static __always_inline long device_name(__u64 description, char *name)
{
	__u64 at = 0;

	if (bpf_probe_read_user(&at, sizeof(at), (const void *)description))
		return -1;
	return bpf_probe_read_user_str(name, MT_DEVICE, (const void *)at);
}

static __always_inline __u64 kvm_exit_last(void)
{
	__u64 key = bpf_get_current_pid_tgid();
	__u64 *last = bpf_map_lookup_elem(&kvm_exits, &key);

	return last ? *last : 0;
}

/* Before the vCPUs are ordered to stop: what they have to wait for then is seen. */
static __always_inline void standstill_decide(struct qemu *qemu, const __u8 *uuid)
{
	__builtin_memcpy(qemu->uuid, uuid, MT_UUID);
	standstill_begin(&qemu->is_standing);
}

static __always_inline void on_step(const struct mt_site *site, const struct pt_regs *regs,
				    const __u64 *args)
{
	int is_of_device = site->step == MT_STEP_DEVICE_SAVE || site->step == MT_STEP_DEVICE_LOAD;
	struct qemu *qemu = guest_current(site->when == MT_WHEN_ANY);
	char name[MT_DEVICE] __attribute__((aligned(8))) = {};
	__u8 uuid[MT_UUID] = {};
	struct mt_event *event;

	if (!qemu || !is_time_of(site, qemu) || !step_take(site, qemu, args))
		return;
	if (is_of_device && (device_name(args[ARG_STEP_ABOUT], name) <= 1 ||
			     !is_device(qemu, PT_REGS_SP(regs), name)))
		return;
	if (qemu_uuid(site, PT_REGS_IP(regs), uuid))
		return;
	if (site->step == MT_STEP_STOP_DECIDED)
		standstill_decide(qemu, uuid);
	event = event_reserve(site, uuid);
	if (!event)
		return;
	event->step.step = site->step;
	event->step.about = args[ARG_STEP_ABOUT] + args[ARG_STEP_TENFOLD] / 10;
	if (site->step == MT_STEP_VCPU_STOP)
		event->earlier_ns = kvm_exit_last();
	if (is_of_device) {
		__builtin_memcpy(event->text, name, MT_DEVICE);
		event->text_len = MT_DEVICE;
	}
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void on_qemu(const struct mt_site *site, const struct pt_regs *regs,
				    const __u64 *args)
{
	if (site->kind == MT_QEMU_STEP)
		on_step(site, regs, args);
	else
		on_state(site, PT_REGS_IP(regs), args);
}

/*
 * In the thread of a vCPU whose registers are loaded. Since it was made it has an offset, so that
 * one of 0 before says that KVM keeps none (kvm_vcpu_write_tsc_offset(); PVM does so).
 */
SEC("tp_btf/kvm_write_tsc_offset")
int kvm_tsc_set(__u64 *context)
{
	const struct mt_site site = {.kind = MT_QEMU_STEP};
	struct mt_event *event;
	__u8 uuid[MT_UUID] = {};

	if (!guest_current(0))
		return 0;
	event = event_reserve(&site, uuid);
	if (!event)
		return 0;
	event->step.step = MT_STEP_TSC_SET;
	event->step.about = context[1] != 0;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/*
 * In the vCPU's thread, as KVM comes back from the guest: of those only that migrate. A vCPU that
 * was kicked while it waited for QEMU's lock goes into KVM once more, which only ends its I/O
 * (immediate_exit): it is interrupted, but not by what is its reason, which is the I/O's still.
 */
SEC("tp_btf/kvm_userspace_exit")
int kvm_exit_seen(__u64 *context)
{
	__u64 key = bpf_get_current_pid_tgid(), now;
	__u32 reason = context[0];
	int error = context[1];

	if ((error == -EINTR && reason != KVM_EXIT_INTR) || !guest_current(0))
		return 0;
	now = bpf_ktime_get_ns();
	state_put(&kvm_exits, &key, &now, BPF_ANY);
	return 0;
}

#endif
