/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a return probe is safe in any process, tried on the running kernel. */
#include "probe/kernel/uretprobe.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <bpf/btf.h>

#include "probe/arch/arch.h"
#include "probe/kernel/kernel.h"

#define FILTERED ENOANO /* which no system call returns by itself */

static void on_sigill(int signal)
{
	(void)signal; /* the kernel's answer to who is no return probe: the call has passed */
}

/* From now on that system call is refused, if filters are asked at all. */
static int filter_set(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)arch_host()->uretprobe_call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | FILTERED),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* What the filter refuses has not passed it. Of a process of its own, which keeps the filter. */
static bool has_passed(void)
{
	signal(SIGILL, on_sigill);
	errno = 0;
	return !filter_set() && syscall(arch_host()->uretprobe_call) == -1 && errno != FILTERED;
}

static bool passes_filters(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(has_passed() ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       !WEXITSTATUS(status);
}

static bool has_function(const struct btf *btf, const char *name)
{
	return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

/*
 * A kernel without the call returns by a breakpoint. Asked of its types, which no filter hides, and
 * no sandbox, as systemd's does /proc/kallsyms. They may lack a function, but hardly the call and
 * what came with it (Linux 6.11), under either of its names.
 */
static bool is_absent(void)
{
	static const char *const signs[] = {"__x64_sys_uretprobe", "__do_sys_uretprobe",
					    "arch_uprobe_trampoline", "arch_uretprobe_trampoline"};
	struct btf *btf = kernel_has_btf() ? btf__load_vmlinux_btf() : NULL;
	bool is_absent = btf && has_function(btf, "arch_uprobe_analyze_insn");

	for (size_t i = 0; is_absent && i < sizeof(signs) / sizeof(signs[0]); i++)
		is_absent = !has_function(btf, signs[i]);
	btf__free(btf);
	return is_absent;
}

bool uretprobe_is_safe(void)
{
	return !arch_host()->uretprobe_call || passes_filters() || is_absent();
}
