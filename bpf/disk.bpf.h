/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests of the disks of guests that migrate: the last that was completed and the first, and
 * those on the way as the guest stopped. */
#ifndef MIGTRACE_DISK_BPF_H
#define MIGTRACE_DISK_BPF_H

/*
 * What QEMU counts requests in (BlockAcctStats) is a member of the disk's BlockBackend, behind its
 * device and four small members: dev_ops, dev_opaque, root_state (larger in 5.2) and
 * enable_write_cache. A device begins with its Object, the last member of which is its parent, and
 * has its id behind that. Virtio's has none: that is its parent's, which is how it is plugged in.
 * An id is believed where it is one of the guest's.
 */
#define DEVICE_BEFORE_STATS	40
#define DEVICE_BEFORE_STATS_5_2 48
#define PARENT_IN_DEVICE	32
#define ID_IN_DEVICE		40

/* The programs below are attached while there are any. */
struct mt_disk disks[MT_DISKS];

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MT_DISKS);
	__type(key, struct mt_disk_key);
	__type(value, __u32);
} disk_ids SEC(".maps");

struct disk_place {
	__u32 index, generation;
};

struct {
	KEPT_BY(struct pointer_key, struct disk_place);
} disk_places SEC(".maps"); /* by BlockAcctStats * */

static __always_inline __u64 pointer_at(__u64 address)
{
	__u64 pointer = 0;

	if (bpf_probe_read_user(&pointer, sizeof(pointer), (void *)address))
		return 0;
	return pointer;
}

/* Writes the id of the device that is so far before the counters, or "" where there is none. */
static __always_inline void disk_id(__u64 device_at, struct mt_disk_key *key)
{
	__u64 device = pointer_at(device_at);
	__u64 id = pointer_at(device + ID_IN_DEVICE);

	if (!id)
		id = pointer_at(pointer_at(device + PARENT_IN_DEVICE) + ID_IN_DEVICE);
	__builtin_memset(key->id, 0, MT_DISK_ID);
	if (bpf_probe_read_user_str(key->id, MT_DISK_ID, (void *)id) <= 0)
		__builtin_memset(key->id, 0, MT_DISK_ID);
}

/* In a way that the verifier can follow. */
static __always_inline struct mt_disk *disk_of(__u32 index)
{
	barrier_var(index);
	return &disks[index & (MT_DISKS - 1)];
}

/* Returns its index, or MT_DISKS: it is none that is watched. */
static __always_inline __u32 disk_learn(const struct pointer_key *at)
{
	struct mt_disk_key key = {.tgid = at->tgid};
	struct disk_place place;
	__u32 *index;

	disk_id(at->pointer - DEVICE_BEFORE_STATS, &key);
	index = bpf_map_lookup_elem(&disk_ids, &key);
	if (!index) {
		disk_id(at->pointer - DEVICE_BEFORE_STATS_5_2, &key);
		index = bpf_map_lookup_elem(&disk_ids, &key);
	}
	if (!index) {
		__builtin_memset(key.id, 0, MT_DISK_ID);
		index = bpf_map_lookup_elem(&disk_ids, &key);
	}
	if (!index)
		return MT_DISKS;
	place.index = *index;
	place.generation = disk_of(place.index)->generation;
	pointer_put(&disk_places, at, &place, BPF_ANY);
	return place.index;
}

/* The same of the one that is counted there. */
static __always_inline __u32 disk_at(__u64 stats)
{
	struct pointer_key at = pointer_key(stats, 0);
	struct disk_place *place = bpf_map_lookup_elem(&disk_places, &at);

	if (place && disk_of(place->index)->generation == place->generation)
		return place->index;
	return disk_learn(&at);
}

#define STAMP_TRIES 4 /* threads that complete requests of one disk at the very same time */

/* Makes it the stamp where that is not of this time, or there is no such before it, or behind it.
 */
static __always_inline void stamp_note(__u64 *stamp, __u64 since, __u64 ns, int is_last)
{
	for (int i = 0; i < STAMP_TRIES; i++) {
		__u64 old = *stamp;

		if (old && old >= since && (is_last ? old >= ns : old <= ns))
			return;
		if (__sync_val_compare_and_swap(stamp, old, ns) == old)
			return;
	}
	note_lost();
}

static __always_inline void on_completed(struct mt_disk *disk, const struct qemu *qemu)
{
	__u64 now = bpf_ktime_get_ns();

	if (qemu->phase == GUEST_STARTING) {
		disk->start = qemu->start;
		stamp_note(&disk->first_ns, qemu->start, now, 0);
	}
	stamp_note(&disk->last_ns, 0, now, 1);
}

/* The guest runs no more: it was on the way when that stopped. */
static __always_inline void on_drained(struct mt_disk *disk, __u64 began)
{
	__sync_fetch_and_add(&disk->in_flight, 1);
	if (!began || began > bpf_ktime_get_ns()) {
		__sync_fetch_and_add(&disk->unreadable, 1);
		return;
	}
	stamp_note(&disk->oldest_ns, 0, began, 0);
	stamp_note(&disk->newest_ns, 0, began, 1);
}

static __always_inline void on_disk(const struct mt_site *site, const __u64 *args)
{
	const struct qemu *qemu = guest_current(0);
	__u32 index = qemu ? disk_at(args[ARG_DISK_STATS]) : MT_DISKS;
	struct mt_disk *disk = disk_of(index);

	if (index >= MT_DISKS)
		return;
	if (site->step == MT_DISK_REQUEST) {
		__sync_fetch_and_add(&disk->begun, 1);
		return;
	}
	__sync_fetch_and_add(&disk->completed, 1);
	if (qemu->phase == GUEST_HALTED)
		on_drained(disk, args[ARG_DISK_BEGAN]);
	else
		on_completed(disk, qemu);
}

#endif
