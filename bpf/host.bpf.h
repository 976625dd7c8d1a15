/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which tasks are this host's: a probe is hit by every process that has mapped its file. */
#ifndef MIGTRACE_HOST_BPF_H
#define MIGTRACE_HOST_BPF_H

const volatile __u32 filter_kind = MT_FILTER_NONE;
const volatile __u32 filter_id;	 /* a tgid, or a namespace's inode number */
const volatile __u32 qemu_netns; /* of this host's QEMUs, where filter_id does not say; 0: any */

static __always_inline __u32 current_netns(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
}

static __always_inline int is_this_host(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (!is_visible())
		return 0;
	switch (filter_kind) {
	case MT_FILTER_TGID:
		return id_current() >> 32 == filter_id;
	case MT_FILTER_NETNS:
		return current_netns() == filter_id;
	case MT_FILTER_MNTNS:
		return BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum) == filter_id;
	default:
		return 1;
	}
}

/* A QEMU is another process than its daemon, and libvirt gives it a mount namespace of its own. */
static __always_inline int is_this_hosts_qemu(void)
{
	if (filter_kind == MT_FILTER_NONE || filter_kind == MT_FILTER_NETNS)
		return is_this_host();
	return is_visible() && (!qemu_netns || current_netns() == qemu_netns);
}

/* Eight characters as a number: one comparison, and no array that would have to be in memory. */
#define WORD(a, b, c, d, e, f, g, h)                                                               \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |   \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)

static __always_inline __u64 word_at(const void *text)
{
	__u64 word;

	__builtin_memcpy(&word, text, sizeof(word));
	return word;
}

/* libvirt's daemons that start guests, by the names that they have. */
static __always_inline int is_starter_name(const char *comm)
{
	return word_at(comm) == WORD('l', 'i', 'b', 'v', 'i', 'r', 't', 'd') ||
	       word_at(comm) == WORD('v', 'i', 'r', 't', 'q', 'e', 'm', 'u');
}

/* A QEMU by its usual names; it may have any. */
static __always_inline int is_qemu_name(const char *comm)
{
	return word_at(comm) == WORD('q', 'e', 'm', 'u', '-', 's', 'y', 's') ||
	       word_at(comm) == WORD('q', 'e', 'm', 'u', '-', 'k', 'v', 'm');
}

/* Their files are found when they have mapped them. */
static __always_inline int is_daemon_name(const char *comm)
{
	return is_starter_name(comm) || is_qemu_name(comm) ||
	       word_at(comm) == WORD('v', 'i', 'r', 't', 'p', 'r', 'o', 'x');
}

#endif
