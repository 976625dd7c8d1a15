/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's RPC: calls of a migration and their replies, on both ends of a connection. */
#ifndef MIGTRACE_RPC_BPF_H
#define MIGTRACE_RPC_BPF_H

#define REMOTE_PROGRAM 0x20008086 /* libvirt: src/remote/remote_protocol.x */
#define RPC_CALL       0
#define RPC_REPLY      1

static __always_inline int is_migration_call(const __u64 *args)
{
	__u64 proc = args[ARG_RPC_PROC];

	if (args[ARG_RPC_PROGRAM] != REMOTE_PROGRAM)
		return 0;
	return (proc >= 213 && proc <= 218) || (proc >= 302 && proc <= 307) ||
	       (proc >= 61 && proc <= 63) || proc == 108 || proc == 109 || proc == 148;
}

/* By protocol versions 1, 2, 3, and 3 with parameters. */
static __always_inline int is_finish(const __u64 *args)
{
	__u64 proc = args[ARG_RPC_PROC];

	return proc == 63 || proc == 109 || proc == 217 || proc == 306;
}

static __always_inline struct mt_event *rpc_reserve(const struct mt_site *site, const __u8 *uuid,
						    const __u64 *args)
{
	struct mt_event *event = event_reserve(site, uuid);

	if (!event)
		return NULL;
	event->rpc.proc = args[ARG_RPC_PROC];
	event->rpc.serial = args[ARG_RPC_SERIAL];
	event->rpc.len = args[ARG_RPC_LEN];
	event->rpc.status = args[ARG_RPC_STATUS];
	return event;
}

/* The thread waits for the reply: if none comes, the call is forgotten with what it does. */
static __always_inline void on_client_send(const struct mt_site *site, const __u64 *args)
{
	struct pointer_key key = pointer_key(args[ARG_RPC_CLIENT], args[ARG_RPC_SERIAL]);
	struct call call = {.len = args[ARG_RPC_LEN], .proc = args[ARG_RPC_PROC]};
	struct thread *thread = thread_current();
	struct mt_event *event;

	if (args[ARG_RPC_TYPE] != RPC_CALL)
		return;
	relay_note(args);
	if (!thread || !thread->depth)
		return;
	if (thread->call.pointer)
		state_drop(&calls, &thread->call);
	__builtin_memcpy(call.uuid, thread->uuid, MT_UUID);
	event = rpc_reserve(site, thread->uuid, args);
	if (!event)
		return;
	call.ktime_ns = event->ktime_ns;
	bpf_ringbuf_submit(event, 0);
	pointer_put(&calls, &key, &call, BPF_ANY);
	thread->call = key;
	thread->message = args[ARG_RPC_MESSAGE];
	if (is_finish(args))
		standings_end(thread);
}

static __always_inline void call_add(struct mt_event *event, const struct call *call)
{
	event->earlier_ns = call->ktime_ns;
	event->rpc.call_len = call->len;
}

static __always_inline void on_client_receive(const struct mt_site *site, const __u64 *args)
{
	struct pointer_key key = pointer_key(args[ARG_RPC_CLIENT], args[ARG_RPC_SERIAL]);
	struct mt_event *event;
	struct call *call;

	if (args[ARG_RPC_TYPE] != RPC_REPLY)
		return;
	call = bpf_map_lookup_elem(&calls, &key);
	if (!call || call->proc != args[ARG_RPC_PROC])
		return;
	event = rpc_reserve(site, call->uuid, args);
	if (event) {
		call_add(event, call);
		bpf_ringbuf_submit(event, 0);
	}
	state_drop(&calls, &key);
}

/* libvirt's virNetMessage, as far as it is read. */
struct message {
	__u64 before[2];
	__u64 len;
	__u64 offset;
	__u32 program, version, proc, type, serial, status;
};

/* The function that sent the call returns: where no SDT probe says so, the reply has come before.
 */
static __always_inline void on_client_return(void)
{
	const struct mt_site site = {.kind = MT_RPC_CLIENT_RECEIVE};
	struct thread *thread = thread_current();
	struct message message = {};
	__u64 args[MT_ARGS] = {};

	if (!thread || !thread->message)
		return;
	if (bpf_probe_read_user(&message, sizeof(message), (const void *)thread->message))
		note_unreadable();
	thread->message = 0;
	args[ARG_RPC_CLIENT] = thread->call.pointer;
	args[ARG_RPC_LEN] = message.len;
	args[ARG_RPC_PROC] = message.proc;
	args[ARG_RPC_TYPE] = message.type;
	args[ARG_RPC_SERIAL] = message.serial;
	args[ARG_RPC_STATUS] = message.status;
	on_client_receive(&site, args);
}

/* Kept for the reply; the worker that takes it from the daemon's queue owns it then. */
static __always_inline void on_server_receive(const __u64 *args)
{
	struct pointer_key key = pointer_key(args[ARG_RPC_CLIENT], args[ARG_RPC_SERIAL]);
	struct call call = {.len = args[ARG_RPC_LEN], .proc = args[ARG_RPC_PROC]};

	if (args[ARG_RPC_TYPE] != RPC_CALL)
		return;
	call.ktime_ns = bpf_ktime_get_ns();
	pointer_put(&calls, &key, &call, BPF_ANY);
	if (is_finish(args)) /* what it has to wait for before that begins is seen, too */
		watch_begin();
}

/* Returns whether the reply is to the call that the thread serves, as far as that is known. */
static __always_inline int is_served(const struct thread *thread, const struct pointer_key *key)
{
	return !thread->served.pointer ||
	       (thread->served.pointer == key->pointer && thread->served.serial == key->serial);
}

static __always_inline void reply_emit(const struct mt_site *site, const struct thread *thread,
				       const struct call *call, const __u64 *args)
{
	struct mt_event *event = rpc_reserve(site, thread->uuid, args);

	if (!event)
		return;
	if (call && call->proc == args[ARG_RPC_PROC])
		call_add(event, call);
	event->rpc.dispatched_ns = thread->dispatched_ns;
	if (!thread->is_bound) {
		event->kind = MT_RPC_PROXY_SEND;
		event->rpc.passed_serial = thread->passed_serial;
	}
	bpf_ringbuf_submit(event, 0);
}

/* The worker that did the phase sends the reply: after it the thread belongs to no domain. */
static __always_inline void on_server_send(const struct mt_site *site, const __u64 *args)
{
	struct pointer_key key = pointer_key(args[ARG_RPC_CLIENT], args[ARG_RPC_SERIAL]);
	struct thread *thread = thread_any();
	struct call *call;

	if (args[ARG_RPC_TYPE] != RPC_REPLY)
		return;
	call = bpf_map_lookup_elem(&calls, &key);
	if (thread && (thread->is_bound || thread->passed_serial) && is_served(thread, &key))
		reply_emit(site, thread, call, args);
	if (call)
		state_drop(&calls, &key);
	if (thread && thread->is_bound)
		standings_end(thread);
	thread_forget();
	if (is_finish(args))
		watch_end();
}

/* Of any client's call: what it is, and nothing else of it. */
static __always_inline void holder_tell(const struct mt_site *site, const __u64 *args,
					const struct serving *serving)
{
	struct mt_event *event = bpf_ringbuf_reserve(&switches, sizeof(*event), 0);
	__u8 uuid[MT_UUID] = {};

	if (!event) {
		watch_restart(bpf_ktime_get_ns());
		return;
	}
	event_fill(event, site, uuid);
	event->kind = MT_HOLDER;
	event->earlier_ns = serving->woke_ns;
	event->holder.dispatched_ns = serving->dispatched_ns;
	event->holder.program = args[ARG_RPC_PROGRAM];
	event->holder.proc = args[ARG_RPC_PROC];
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/* The thread has replied. What a migration's own calls do is known without that. */
static __always_inline void on_any_reply(const struct mt_site *site, const __u64 *args)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct serving *serving = bpf_map_lookup_elem(&servings, &key);

	if (!serving)
		return;
	if (serving->woke_ns && !is_migration_call(args))
		holder_tell(site, args, serving);
	state_drop(&servings, &key);
}

static __always_inline void on_rpc(const struct mt_site *site, const __u64 *args)
{
	if (site->kind == MT_RPC_SERVER_SEND && args[ARG_RPC_TYPE] == RPC_REPLY)
		on_any_reply(site, args);
	if (site->kind == MT_COOKIE_COME) {
		on_cookie_come(args);
		return;
	}
	if (site->kind == MT_RPC_CLIENT_RECEIVE && site->edge == MT_RETURN) {
		on_client_return();
		return;
	}
	if (!is_migration_call(args))
		return;
	switch (site->kind) {
	case MT_RPC_CLIENT_SEND:
		on_client_send(site, args);
		break;
	case MT_RPC_CLIENT_RECEIVE:
		on_client_receive(site, args);
		break;
	case MT_RPC_SERVER_SEND:
		on_server_send(site, args);
		break;
	default:
		on_server_receive(args);
	}
}

#endif
