/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a return probe is safe in any process, tried on the running kernel. */
#ifndef MIGTRACE_PROBE_KERNEL_URETPROBE_H
#define MIGTRACE_PROBE_KERNEL_URETPROBE_H

#include <stdbool.h>

/*
 * Linux 6.11 on x86-64 returns through a system call, 335, which a seccomp filter that does not
 * know it refuses: the process dies at the first return (ff474a78cef5). 6.14, 6.13.3 and 6.12.14
 * let it pass any filter (cf6cb56ef244), and so do distributions' kernels of other numbers: so it
 * is not concluded from the version, but tried. Returns false also where that is not sure.
 */
bool uretprobe_is_safe(void);

#endif
