/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name of a host, as processes in its UTS namespace have it: to enter that takes more. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define HOST_NAME 65 /* __NEW_UTS_LEN and a NUL */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct new_utsname {
	char nodename[HOST_NAME];
};

struct ns_common {
	unsigned int inum;
};

struct uts_namespace {
	struct new_utsname name;
	struct ns_common ns;
};

struct nsproxy {
	struct uts_namespace *uts_ns;
};

struct task_struct {
	struct nsproxy *nsproxy;
};

struct bpf_iter__task {
	struct task_struct *task;
};

#pragma clang attribute pop

char LICENSE[] SEC("license") = "GPL";

__u32 uts_inode; /* which namespace is wanted */

char host_name[HOST_NAME]; /* "" as long as no process in it was seen */

SEC("iter/task")
int task_seen(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct uts_namespace *uts;

	if (!task || host_name[0])
		return 0;
	uts = BPF_CORE_READ(task, nsproxy, uts_ns);
	if (uts && BPF_CORE_READ(uts, ns.inum) == uts_inode)
		bpf_core_read_str(host_name, sizeof(host_name), &uts->name.nodename);
	return 0;
}
