/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What clients want of a domain, and what libvirt says did not work. */
#ifndef MIGTRACE_SAID_BPF_H
#define MIGTRACE_SAID_BPF_H

#define LEVEL_ERROR 2 /* libvirt: VIR_ERR_ERROR */

/* libvirt's API says which limit, and then the access check of the same thread for which domain. */
static __always_inline void on_limit(const __u64 *args)
{
	__u64 key = bpf_get_current_pid_tgid(), limit = args[ARG_LIMIT];

	state_put(&limits, &key, &limit, BPF_ANY);
}

static __always_inline __u64 limit_take(void)
{
	__u64 key = bpf_get_current_pid_tgid(), value;
	__u64 *limit = bpf_map_lookup_elem(&limits, &key);

	if (!limit)
		return -1ull;
	value = *limit;
	state_drop(&limits, &key);
	return value;
}

/* Of any domain: whether a guest was paused, or ended, before or behind a migration is asked, too.
 */
static __always_inline void on_call(const struct mt_site *site, const __u64 *args)
{
	struct mt_event *event;
	__u8 uuid[MT_UUID];

	if (bpf_probe_read_user(uuid, MT_UUID, (const void *)(args[ARG_CALL_DEF] + DEF_UUID))) {
		note_unreadable();
		return;
	}
	event = event_reserve(site, uuid);
	if (!event)
		return;
	event->wanted.call = site->step;
	event->wanted.value = site->step == MT_CALL_SET_MAX_DOWNTIME ? limit_take() : -1ull;
	bpf_ringbuf_submit(event, 0);
}

/*
 * Codes of messages that quote a configuration, or are about keys and passwords: they are left out
 * whatever they say (libvirt: XML_ERROR, XML_DETAIL, CONF_SYNTAX, XML_INVALID_SCHEMA, AUTH_FAILED,
 * AUTH_CANCELLED, AUTH_UNAVAILABLE, INVALID_SECRET, NO_SECRET).
 */
static __always_inline int is_quoting(__u64 code)
{
	return code == 27 || code == 33 || code == 35 || code == 45 || code == 65 || code == 66 ||
	       code == 79 || code == 92 || code == 94;
}

/* Returns the domain of the thread, which works for it or has its monitor; NULL: it has none. */
static __always_inline const __u8 *domain_current(void)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct thread *thread = thread_current();
	struct domain *heard;

	if (thread && thread->depth)
		return thread->uuid;
	heard = bpf_map_lookup_elem(&monitor_threads, &key);
	return heard ? heard->uuid : NULL;
}

/* The text goes no farther than to the recorder, which takes out what may be a secret. */
static __always_inline void on_error(const struct mt_site *site, const __u64 *args)
{
	__u64 level = args[ARG_ERROR_LEVEL]; /* 0: of a function that makes errors only */
	const __u8 *uuid = domain_current();
	struct mt_reply *said;

	if (!uuid || !args[ARG_ERROR_TEXT] || (level && level != LEVEL_ERROR) ||
	    is_quoting(args[ARG_ERROR_CODE]))
		return;
	said = bpf_ringbuf_reserve(&events, sizeof(*said), 0);
	if (!said) {
		note_lost();
		return;
	}
	event_fill(&said->event, site, uuid);
	said->event.error.code = (__s32)args[ARG_ERROR_CODE];
	if (bpf_probe_read_user_str(said->text, MT_REPLY, (const void *)args[ARG_ERROR_TEXT]) < 0)
		said->text[0] = 0;
	bpf_ringbuf_submit(said, 0);
}

/* From libvirt 6.2 on each monitor has a thread of its own, "vm-NAME"; before, one had all. */
static __always_inline void monitor_thread_note(const struct domain *domain)
{
	char comm[MT_COMM] __attribute__((aligned(8))) = {};
	__u64 key = bpf_get_current_pid_tgid();

	bpf_get_current_comm(comm, sizeof(comm));
	if (comm[0] != 'v' || comm[1] != 'm' || comm[2] != '-' ||
	    bpf_map_lookup_elem(&monitor_threads, &key))
		return;
	state_put(&monitor_threads, &key, domain, BPF_ANY);
}

static __always_inline void said_forget(void)
{
	__u64 key = bpf_get_current_pid_tgid();

	if (bpf_map_lookup_elem(&monitor_threads, &key))
		state_drop(&monitor_threads, &key);
	if (bpf_map_lookup_elem(&limits, &key))
		state_drop(&limits, &key);
}

#endif
