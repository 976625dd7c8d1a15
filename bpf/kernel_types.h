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

struct task_struct {
	struct nsproxy *nsproxy;
};

#pragma clang attribute pop

#endif
