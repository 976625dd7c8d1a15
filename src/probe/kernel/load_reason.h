/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel does not load the BPF programs, in one line. */
#ifndef MIGTRACE_PROBE_KERNEL_LOAD_REASON_H
#define MIGTRACE_PROBE_KERNEL_LOAD_REASON_H

#include <stdbool.h>

#define LOAD_REASON_SIZE 256

/* What there is to conclude from. */
struct load_facts {
	int err;		/* -errno, of the load */
	const char *log;	/* libbpf's and the verifier's: see bpf_log() */
	const char *lockdown;	/* of securityfs: "none [integrity] confidentiality"; "": unknown */
	const char *capability; /* that is missing; NULL: none */
	int helper; /* of the newest that our programs call, if the kernel lacks it; 0 */
	bool has_sysfs, has_btf; /* /sys is there, and the kernel's BTF in it */
};

/* Writes what the facts say: the first that explains it, at last the error itself. */
void load_reason(const struct load_facts *facts, char reason[LOAD_REASON_SIZE]);

#endif
