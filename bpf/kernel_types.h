/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few kernel fields the programs read; CO-RE finds where they are on the running kernel. */
#ifndef MIGTRACE_KERNEL_TYPES_H
#define MIGTRACE_KERNEL_TYPES_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live; /* threads that have not ended */
	int group_exit_code;
	void *oom_mm; /* what the OOM killer took from it */
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level; /* of the innermost of its namespaces; the initial one is 0 */
	struct upid numbers[1];
};

struct cfs_bandwidth {
	__u64 throttled_time;
};

struct task_group {
	struct task_group *parent;
	struct cfs_bandwidth cfs_bandwidth;
};

struct inode {
	unsigned long i_ino;
};

struct file {
	struct inode *f_inode;
};

struct mm_struct {
	struct file *exe_file;
};

struct sched_info {
	unsigned long long run_delay;
};

/* What a task's system call was, and with what. */
struct pt_regs___x86 {
	unsigned long r10;
	unsigned long si;
	unsigned long orig_ax;
};

/* libbpf has a struct pt_regs___arm64 of its own. */
struct pt_regs___arm64_call {
	unsigned long long regs[31];
	int syscallno;
};

struct task_struct {
	struct sched_info sched_info;
	unsigned int __state;
	void *stack;
	unsigned int flags;
	struct task_group *sched_task_group;
	int pid;
	int tgid;
	struct mm_struct *mm;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	char comm[16];
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	char name[16];
	int ifindex;
	possible_net_t nd_net;
};

struct sk_buff {
	struct net_device *dev; /* anything, of one that waits in a socket */
	unsigned char *head;
	__u16 mac_header; /* from there on */
};

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

struct sock_common {
	__u32 skc_daddr;
	__u32 skc_rcv_saddr;
	__u16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
};

struct tcp_sock {
	__u32 rcv_nxt;
	__u32 snd_una;
	__u32 mss_cache;
	__u64 bytes_received;
	__u64 bytes_acked;
};

#pragma clang attribute pop

#endif
