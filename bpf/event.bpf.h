/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hit's site and arguments, and the event that it becomes. */
#ifndef MIGTRACE_EVENT_BPF_H
#define MIGTRACE_EVENT_BPF_H

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MT_SITES_MAX);
	__type(key, __u32);
	__type(value, struct mt_site);
} sites SEC(".maps");

static __always_inline const struct mt_site *site_of(struct pt_regs *regs)
{
	__u32 index = bpf_get_attach_cookie(regs);

	return bpf_map_lookup_elem(&sites, &index);
}

/* Returns value, or limit where it is more, in a way that the verifier can follow. */
static __always_inline __u32 at_most(__u32 value, __u32 limit)
{
	if (value > limit)
		value = limit;
	barrier_var(value);
	return value > limit ? limit : value;
}

static __always_inline __u64 arg_narrow(__u64 value, const struct mt_arg *arg)
{
	__u32 shift = (64 - arg->size * 8) & 63;

	if (arg->is_signed)
		return (__s64)(value << shift) >> shift;
	return value << shift >> shift;
}

static __always_inline __u64 arg_read(const void *regs, const struct mt_arg *arg)
{
	__u64 value = 0;

	if (arg->where == MT_ARG_NONE)
		return 0;
	if (arg->where == MT_ARG_CONSTANT)
		return arg->value;
	bpf_probe_read_kernel(&value, sizeof(value), regs + arg->regs_offset);
	if (arg->where == MT_ARG_MEMORY) {
		const void *address = (const void *)(value + arg->value);

		value = 0;
		if (bpf_probe_read_user(&value, at_most(arg->size, sizeof(value)), address))
			note_unreadable();
	}
	return arg_narrow(value, arg);
}

static __always_inline void args_read(const void *regs, const struct mt_site *site, __u64 *args)
{
	for (int i = 0; i < MT_ARGS; i++)
		args[i] = arg_read(regs, &site->arg[i]);
}

/* All but the payload. */
static __always_inline void event_fill(struct mt_event *event, const struct mt_site *site,
				       const __u8 *uuid)
{
	__u64 id = id_current();

	__builtin_memset(event, 0, sizeof(*event));
	event->ktime_ns = bpf_ktime_get_ns();
	event->tgid = id >> 32;
	event->tid = (__u32)id;
	event->kind = site->kind;
	event->edge = site->edge;
	__builtin_memcpy(event->uuid, uuid, MT_UUID);
	bpf_get_current_comm(event->comm, sizeof(event->comm));
}

/* Returns an event whose payload is still zero, or NULL: it is counted as lost. */
static __always_inline struct mt_event *event_reserve(const struct mt_site *site, const __u8 *uuid)
{
	struct mt_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (event)
		event_fill(event, site, uuid);
	else
		note_lost();
	return event;
}

#endif
