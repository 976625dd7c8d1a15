/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libbpf and the kernel's verifier say, kept instead of printed. */
#ifndef MIGTRACE_PROBE_KERNEL_BPF_LOG_H
#define MIGTRACE_PROBE_KERNEL_BPF_LOG_H

/* Keeps what libbpf says from now on, the last 64 KiB of it; what was kept before is forgotten. */
void bpf_log_begin(void);

/* Returns what was kept: lines of any bytes but NUL, static, until the next call of libbpf. */
const char *bpf_log(void);

#endif
