/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP connections of guests' processes, and of threads that migrate: state changes that cross. */
#ifndef MIGTRACE_TCP_BPF_H
#define MIGTRACE_TCP_BPF_H

#define ESTABLISHED 1 /* the kernel's include/net/tcp_states.h */
#define SYN_SENT    2
#define SYN_RECV    3
#define FIN_WAIT1   4
#define FIN_WAIT2   5
#define CLOSE	    7
#define CLOSE_WAIT  8
#define LAST_ACK    9
#define LISTEN	    10
#define CLOSING	    11
#define FAMILY_IPV6 10
#define MAPPED	    0xffff0000ull /* ::ffff:0:0/96, as the second half begins in memory */

/* Whatever its name is (libvirt may give it the guest's), it runs a file that is probed. */
static __always_inline int is_emulator(const struct task_struct *task)
{
	__u64 inode = BPF_CORE_READ(task, mm, exe_file, f_inode, i_ino);

	return bpf_map_lookup_elem(&emulators, &inode) != NULL;
}

static __always_inline int is_guest_process(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	char comm[MT_COMM] __attribute__((aligned(8))) = {};

	BPF_CORE_READ_STR_INTO(&comm, task, group_leader, comm);
	return (is_qemu_name(comm) || is_emulator(task)) && is_this_hosts_qemu();
}

static __always_inline struct port_key port_key_of(struct sock *sk)
{
	return (struct port_key){
		.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum),
		.port = BPF_CORE_READ(sk, __sk_common.skc_num),
	};
}

/* Returns whether the current process's sockets are of a migration, and whose. */
static __always_inline int owner_current(struct socket_owner *owner)
{
	struct thread *thread = thread_current();

	owner->tgid = id_current() >> 32;
	if (!thread || !is_this_host())
		return is_guest_process();
	__builtin_memcpy(owner->uuid, thread->uuid, MT_UUID);
	return 1;
}

/* The address was another socket's, whose end was not seen. */
static __always_inline void socket_forget(__u64 key)
{
	if (bpf_map_lookup_elem(&sockets, &key))
		state_drop(&sockets, &key);
}

/* A process listens or connects: only then it is known whose the socket is. */
static __always_inline void on_tcp_begin(struct sock *sk, int state)
{
	struct listener listener = {.sock = (__u64)sk};
	struct port_key port;
	__u64 key = (__u64)sk;

	if (!owner_current(&listener.owner)) {
		socket_forget(key);
		return;
	}
	if (state == SYN_SENT) {
		state_put(&sockets, &key, &listener.owner, BPF_ANY);
		return;
	}
	port = port_key_of(sk);
	state_put(&ports, &port, &listener, BPF_ANY);
}

/* Whose a connection is that has come is known by the port that it came to. */
static __always_inline void on_tcp_accept(struct sock *sk)
{
	struct port_key port = port_key_of(sk);
	struct listener *listener = bpf_map_lookup_elem(&ports, &port);
	struct socket_owner owner;
	__u64 key = (__u64)sk;

	if (!listener) {
		socket_forget(key);
		return;
	}
	owner = listener->owner;
	state_put(&sockets, &key, &owner, BPF_ANY);
}

static __always_inline void on_listen_end(struct sock *sk)
{
	struct port_key port = port_key_of(sk);
	struct listener *listener = bpf_map_lookup_elem(&ports, &port);

	if (listener && listener->sock == (__u64)sk)
		state_drop(&ports, &port);
}

/* Only what one end does because of the other's segment, or before it sends one. */
static __always_inline int is_tcp_message(int old, int new)
{
	return (new == ESTABLISHED && (old == SYN_SENT || old == SYN_RECV)) ||
	       (old == ESTABLISHED && (new == FIN_WAIT1 || new == CLOSE_WAIT)) ||
	       (old == CLOSE_WAIT && new == LAST_ACK) ||
	       (old == FIN_WAIT1 && (new == FIN_WAIT2 || new == CLOSING));
}

static __always_inline void addresses_read(struct sock *sk, struct mt_tcp *tcp)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == FAMILY_IPV6) {
		bpf_core_read(tcp->local.address, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(tcp->peer.address, 16, &sk->__sk_common.skc_v6_daddr);
		return;
	}
	tcp->local.address[1] = MAPPED | (__u64)BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr) << 32;
	tcp->peer.address[1] = MAPPED | (__u64)BPF_CORE_READ(sk, __sk_common.skc_daddr) << 32;
}

/* Both ends of a connection have them in common; who answers for one of them in between has others.
 */
static __always_inline void numbers_read(struct sock *sk, struct mt_tcp *tcp)
{
	struct tcp_sock *tcp_sk = (void *)sk;

	tcp->sent_from = BPF_CORE_READ(tcp_sk, snd_una) - (__u32)BPF_CORE_READ(tcp_sk, bytes_acked);
	tcp->received_from =
		BPF_CORE_READ(tcp_sk, rcv_nxt) - (__u32)BPF_CORE_READ(tcp_sk, bytes_received);
	tcp->mss = BPF_CORE_READ(tcp_sk, mss_cache);
}

/* In whatever context the segment came: the current process has nothing to do with it. */
static __always_inline void on_tcp_message(struct sock *sk, int old, int new,
					   const struct socket_owner *owner)
{
	const struct mt_site site = {.kind = MT_TCP_STATE};
	struct mt_event *event;

	event = event_reserve(&site, owner->uuid);
	if (!event)
		return;
	event->tcp.old = old;
	event->tcp.new = new;
	addresses_read(sk, &event->tcp);
	numbers_read(sk, &event->tcp);
	event->tcp.local.port = BPF_CORE_READ(sk, __sk_common.skc_num);
	event->tcp.peer.port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	event->tgid = owner->tgid;
	event->tid = 0;
	__builtin_memset(event->comm, 0, MT_COMM);
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void on_tcp_change(struct sock *sk, int old, int new)
{
	struct socket_owner *owner;
	__u64 key = (__u64)sk;

	if (old == SYN_RECV && new == ESTABLISHED)
		on_tcp_accept(sk);
	owner = bpf_map_lookup_elem(&sockets, &key);
	if (!owner)
		return;
	if (is_tcp_message(old, new))
		on_tcp_message(sk, old, new, owner);
	if (new == CLOSE)
		state_drop(&sockets, &key);
}

SEC("tp_btf/inet_sock_set_state")
int tcp_state(__u64 *context)
{
	struct sock *sk = (void *)context[0];
	int old = (int)context[1], new = (int)context[2];

	if (new == LISTEN || new == SYN_SENT)
		on_tcp_begin(sk, new);
	else if (old == LISTEN)
		on_listen_end(sk);
	else
		on_tcp_change(sk, old, new);
	return 0;
}

#endif
