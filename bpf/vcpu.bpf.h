/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the time of a vCPU of a guest that migrates goes: what is kept of it. */
#ifndef MIGTRACE_VCPU_BPF_H
#define MIGTRACE_VCPU_BPF_H

#define PLACES_TRIED 8

/* The recorder reads them. */
struct mt_vcpu vcpus[MT_VCPUS];

int are_vcpus_watched; /* set by the recorder while the programs of brownout.bpf.h are attached */
__u32 vcpus_next;
__u64 vcpus_left_out; /* there was no place for them */

/* Returns what is kept of that thread, NULL: it is not watched. */
static __always_inline struct mt_vcpu *vcpu_of(__u32 tid)
{
	__u32 *place = bpf_map_lookup_elem(&vcpu_places, &tid);
	struct mt_vcpu *vcpu;

	if (!place)
		return NULL;
	vcpu = &vcpus[*place & (MT_VCPUS - 1)];
	return vcpu->is_used == tid ? vcpu : NULL;
}

/* Returns a place that was nobody's and is the thread's now, or NULL. */
static __always_inline struct mt_vcpu *vcpu_place(__u32 tid)
{
	for (int i = 0; i < PLACES_TRIED; i++) {
		__u32 place = __sync_fetch_and_add(&vcpus_next, 1) & (MT_VCPUS - 1);

		if (__sync_val_compare_and_swap(&vcpus[place].is_used, 0, tid))
			continue;
		state_put(&vcpu_places, &tid, &place, BPF_ANY);
		return &vcpus[place & (MT_VCPUS - 1)];
	}
	__sync_fetch_and_add(&vcpus_left_out, 1);
	return NULL;
}

static __always_inline void vcpu_lock(struct mt_vcpu *vcpu)
{
	__sync_fetch_and_add(&vcpu->seq, 1);
}

/* Counts from now on, of a thread that is on a CPU. id: as the recorder has it. */
static __always_inline void vcpu_begin(struct mt_vcpu *vcpu, __u64 id, __u64 now)
{
	vcpu_lock(vcpu);
	vcpu->tgid = id >> 32;
	vcpu->tid = (__u32)id;
	vcpu->begun_ns = vcpu->since_ns = now;
	vcpu->does = vcpu->was = MT_VCPU_ON_CPU;
	vcpu->was_ns = vcpu->quota_ns = vcpu->quota_sum = vcpu->delay_ns = 0;
	__builtin_memset(vcpu->time_ns, 0, sizeof(vcpu->time_ns));
	__builtin_memset(vcpu->faults, 0, sizeof(vcpu->faults));
	vcpu_lock(vcpu);
}

/* In the vCPU's thread, as it goes into the guest for the first time since that was started. */
static __always_inline void vcpu_start(void)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct mt_vcpu *vcpu;

	if (!are_vcpus_watched)
		return;
	vcpu = vcpu_of(tid) ?: vcpu_place(tid);
	if (!vcpu)
		return;
	bpf_get_current_comm(vcpu->name, MT_VCPU_NAME);
	vcpu_begin(vcpu, id_current(), bpf_ktime_get_ns());
}

static __always_inline void vcpu_forget(__u32 tid)
{
	if (bpf_map_lookup_elem(&vcpu_places, &tid))
		state_drop(&vcpu_places, &tid);
}

#endif
