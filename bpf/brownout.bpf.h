/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The vCPUs of guests that migrate, as they get a CPU and give it up: what they waited for. */
#ifndef MIGTRACE_BROWNOUT_BPF_H
#define MIGTRACE_BROWNOUT_BPF_H

#define FUTEX_COMMAND	  0x7f
#define FUTEX_WAIT	  0
#define FUTEX_WAIT_BITSET 9

/*
 * QEMU slows a vCPU down by a sleep of a set length, or a wait on a condition that has an end
 * (cpu_throttle_thread(), dirtylimit_vcpu_execute()); it has no other one in a vCPU's thread. Its
 * lock, and a vCPU that is stopped, are waited for without an end.
 */
static __always_inline int is_timed_wait(struct task_struct *task)
{
	const REGISTERS *regs = (const REGISTERS *)bpf_task_pt_regs(task);
	__u64 command = BPF_CORE_READ(regs, REGISTER_SECOND) & FUTEX_COMMAND;

	return (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET) &&
	       BPF_CORE_READ(regs, REGISTER_FOURTH);
}

/* What the task begins to wait for, by the system call that it is in. */
static __always_inline __u32 sleep_of(struct task_struct *task)
{
	switch (call_of(task)) {
	case CALL_IOCTL:
		return MT_VCPU_FAULT; /* unless KVM says soon that it was halted */
	case CALL_NANOSLEEP:
	case CALL_CLOCK_NANOSLEEP:
		return MT_VCPU_THROTTLED;
	case CALL_FUTEX:
		return is_timed_wait(task) ? MT_VCPU_THROTTLED : MT_VCPU_IN_QEMU;
	default:
		return MT_VCPU_IN_QEMU;
	}
}

/* Returns until when its guest ran, as far as that is now. */
static __always_inline __u64 ran_until(const struct task_struct *task, __u64 now)
{
	__u32 tgid = task->tgid;
	const struct qemu *qemu = bpf_map_lookup_elem(&guests, &tgid);

	if (!qemu || qemu->phase == GUEST_RUNS || qemu->phase == GUEST_STARTING)
		return now;
	return qemu->paused < now ? qemu->paused : now;
}

/* What it did until now counts. Returns for how long that was. */
static __always_inline __u64 time_add(struct mt_vcpu *vcpu, __u64 until, __u64 now)
{
	__u64 ns = until > vcpu->since_ns ? until - vcpu->since_ns : 0;

	if (vcpu->does < MT_VCPU_TIMES)
		vcpu->time_ns[vcpu->does] += ns;
	vcpu->since_ns = now;
	return ns;
}

static __always_inline void time_move(struct mt_vcpu *vcpu, __u32 to, __u64 ns)
{
	if (vcpu->was < MT_VCPU_TIMES)
		vcpu->time_ns[vcpu->was] -= ns;
	vcpu->time_ns[to] += ns;
}

static __always_inline void fault_count(struct mt_vcpu *vcpu, __u64 ns)
{
	__u64 us = ns / 1000;
	__u32 power = 0;

	for (int i = 0; i < MT_WAIT_TIMES - 1; i++)
		power += us >> i > 1;
	if (power < MT_WAIT_TIMES)
		vcpu->faults[power]++;
}

/*
 * By the kernel's own sum it is known only now how long it had waited for its CPU, of the time that
 * it had none before it had this one.
 */
static __always_inline void before_settle(struct mt_vcpu *vcpu, const struct task_struct *task)
{
	__u64 delay_ns = 0;

	if (bpf_core_field_exists(task->sched_info))
		delay_ns = task->sched_info.run_delay - vcpu->delay_ns;
	if (delay_ns > vcpu->was_ns)
		delay_ns = vcpu->was_ns;
	if (vcpu->was != MT_VCPU_ON_CPU && vcpu->was != MT_VCPU_RUNNABLE)
		time_move(vcpu, MT_VCPU_RUNNABLE, delay_ns);
	if (vcpu->was == MT_VCPU_FAULT && vcpu->was_ns)
		fault_count(vcpu, vcpu->was_ns - delay_ns);
	vcpu->was = MT_VCPU_ON_CPU;
	vcpu->was_ns = 0;
}

static __always_inline void vcpu_switch_out(struct task_struct *task, struct mt_vcpu *vcpu,
					    int is_preempted, __u64 now)
{
	__u32 state = state_of(task);

	vcpu_lock(vcpu);
	time_add(vcpu, ran_until(task, now), now);
	before_settle(vcpu, task);
	if (is_preempted || state == STATE_RUNNING || state == STATE_WAKING)
		vcpu->does = MT_VCPU_RUNNABLE;
	else
		vcpu->does = sleep_of(task);
	if (bpf_core_field_exists(task->sched_info))
		vcpu->delay_ns = task->sched_info.run_delay;
	vcpu->quota_sum = throttled_sum(task);
	vcpu_lock(vcpu);
}

static __always_inline void quota_add(struct mt_vcpu *vcpu, const struct task_struct *task)
{
	__u64 sum = throttled_sum(task), ns = sum - vcpu->quota_sum;

	if (!bpf_core_field_exists(task->sched_task_group->cfs_bandwidth))
		vcpu->quota_ns = ~0ull;
	else if (sum > vcpu->quota_sum)
		vcpu->quota_ns += ns < vcpu->was_ns ? ns : vcpu->was_ns;
}

static __always_inline void vcpu_switch_in(const struct task_struct *task, struct mt_vcpu *vcpu,
					   __u64 now)
{
	vcpu_lock(vcpu);
	vcpu->was_ns = time_add(vcpu, ran_until(task, now), now);
	vcpu->was = vcpu->does;
	vcpu->does = MT_VCPU_ON_CPU;
	quota_add(vcpu, task);
	vcpu_lock(vcpu);
}

/* QEMU names its threads by what libvirt asks of it: CPU 0/KVM, CPU 0/TCG. */
static __always_inline int is_vcpus_name(const struct task_struct *task)
{
	return task->comm[0] == 'C' && task->comm[1] == 'P' && task->comm[2] == 'U' &&
	       task->comm[3] == ' ';
}

/* A guest that was started before it was watched has vCPUs that nothing was seen of. */
static __always_inline struct mt_vcpu *vcpu_find(const struct task_struct *task, __u64 now)
{
	__u32 tgid = task->tgid, tid = task->pid;
	struct mt_vcpu *vcpu = vcpu_of(tid);
	const struct qemu *qemu;

	if (vcpu || !is_vcpus_name(task))
		return vcpu;
	qemu = bpf_map_lookup_elem(&guests, &tgid);
	if (!qemu || qemu->phase != GUEST_RUNS || task->flags & EXITING)
		return NULL;
	vcpu = vcpu_place(tid);
	if (!vcpu)
		return NULL;
	bpf_core_read(vcpu->name, MT_VCPU_NAME, &task->comm);
	vcpu_begin(vcpu, id_of(task), now);
	return vcpu;
}

/* Most switches of the machine are of other processes. */
SEC("tp_btf/sched_switch")
int vcpu_switched(__u64 *context)
{
	struct task_struct *prev = (struct task_struct *)context[1];
	struct task_struct *next = (struct task_struct *)context[2];
	int is_of_prev = may_be_noted(prev->tgid), is_of_next = may_be_noted(next->tgid);
	struct mt_vcpu *vcpu;
	__u64 now;

	if (!is_of_prev && !is_of_next)
		return 0;
	now = bpf_ktime_get_ns();
	if (is_of_prev && (vcpu = vcpu_find(prev, now)))
		vcpu_switch_out(prev, vcpu, context[0] & 1, now);
	if (is_of_next && (vcpu = vcpu_find(next, now)))
		vcpu_switch_in(next, vcpu, now);
	return 0;
}

/* KVM has found that the vCPU, whose thread this is, was halted for so long, and waited for it. */
SEC("tp_btf/kvm_vcpu_wakeup")
int vcpu_woken(__u64 *context)
{
	struct mt_vcpu *vcpu;

	if (!(context[1] & 1))
		return 0;
	vcpu = vcpu_of((__u32)bpf_get_current_pid_tgid());
	if (!vcpu || vcpu->was != MT_VCPU_FAULT)
		return 0;
	vcpu_lock(vcpu);
	time_move(vcpu, MT_VCPU_HALTED, vcpu->was_ns);
	vcpu->was = MT_VCPU_HALTED;
	vcpu_lock(vcpu);
	return 0;
}

#endif
