/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls that are left to a process, by libseccomp. */
#include "sandbox/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <seccomp.h>

/* ASan's runtime looks at the process when it ends, in ways that no filter of ours leaves. */
#ifdef __SANITIZE_ADDRESS__
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

/* System calls, and the least confinement that leaves them. Of a name that an architecture does not
 * have there is no rule. */
static const struct {
	int call;
	enum confinement least;
} calls[] = {
	/* memory, and libc's own */
	{SCMP_SYS(brk), CONFINE_READER},
	{SCMP_SYS(munmap), CONFINE_READER},
	{SCMP_SYS(mremap), CONFINE_READER},
	{SCMP_SYS(madvise), CONFINE_READER},
	{SCMP_SYS(futex), CONFINE_READER},
	{SCMP_SYS(getrandom), CONFINE_READER},
	{SCMP_SYS(rseq), CONFINE_READER},
	{SCMP_SYS(set_robust_list), CONFINE_READER},
	{SCMP_SYS(sched_yield), CONFINE_READER},
	{SCMP_SYS(sched_getaffinity), CONFINE_READER},
	{SCMP_SYS(sysinfo), CONFINE_READER},
	{SCMP_SYS(exit), CONFINE_READER},
	{SCMP_SYS(exit_group), CONFINE_READER},
	{SCMP_SYS(restart_syscall), CONFINE_READER},
	/* who and when */
	{SCMP_SYS(getpid), CONFINE_READER},
	{SCMP_SYS(gettid), CONFINE_READER},
	{SCMP_SYS(getuid), CONFINE_READER},
	{SCMP_SYS(geteuid), CONFINE_READER},
	{SCMP_SYS(getgid), CONFINE_READER},
	{SCMP_SYS(getegid), CONFINE_READER},
	{SCMP_SYS(getppid), CONFINE_READER},
	{SCMP_SYS(getrusage), CONFINE_READER},
	{SCMP_SYS(uname), CONFINE_READER},
	{SCMP_SYS(clock_gettime), CONFINE_READER},
	{SCMP_SYS(gettimeofday), CONFINE_READER},
	{SCMP_SYS(nanosleep), CONFINE_READER},
	{SCMP_SYS(clock_nanosleep), CONFINE_READER},
	/* signals */
	{SCMP_SYS(rt_sigaction), CONFINE_READER},
	{SCMP_SYS(rt_sigprocmask), CONFINE_READER},
	{SCMP_SYS(rt_sigreturn), CONFINE_READER},
	{SCMP_SYS(sigaltstack), CONFINE_READER},
	{SCMP_SYS(signalfd4), CONFINE_READER},
	/* files; to open one has a rule of its own */
	{SCMP_SYS(read), CONFINE_READER},
	{SCMP_SYS(readv), CONFINE_READER},
	{SCMP_SYS(pread64), CONFINE_READER},
	{SCMP_SYS(write), CONFINE_READER},
	{SCMP_SYS(writev), CONFINE_READER},
	{SCMP_SYS(lseek), CONFINE_READER},
	{SCMP_SYS(close), CONFINE_READER},
	{SCMP_SYS(dup), CONFINE_READER},
	{SCMP_SYS(dup3), CONFINE_READER},
	{SCMP_SYS(fcntl), CONFINE_READER},
	{SCMP_SYS(fstat), CONFINE_READER},
	{SCMP_SYS(stat), CONFINE_READER},
	{SCMP_SYS(newfstatat), CONFINE_READER},
	{SCMP_SYS(statx), CONFINE_READER},
	{SCMP_SYS(access), CONFINE_READER},
	{SCMP_SYS(faccessat), CONFINE_READER},
	{SCMP_SYS(faccessat2), CONFINE_READER},
	{SCMP_SYS(readlink), CONFINE_READER},
	{SCMP_SYS(readlinkat), CONFINE_READER},
	{SCMP_SYS(getcwd), CONFINE_READER},
	{SCMP_SYS(getdents64), CONFINE_READER},
	/* waiting */
	{SCMP_SYS(poll), CONFINE_READER},
	{SCMP_SYS(ppoll), CONFINE_READER},
	/* talking */
	{SCMP_SYS(alarm), CONFINE_CLIENT},
	{SCMP_SYS(setitimer), CONFINE_CLIENT},
	{SCMP_SYS(socket), CONFINE_CLIENT},
	{SCMP_SYS(connect), CONFINE_CLIENT},
	{SCMP_SYS(getsockname), CONFINE_CLIENT},
	{SCMP_SYS(getpeername), CONFINE_CLIENT},
	{SCMP_SYS(getsockopt), CONFINE_CLIENT},
	{SCMP_SYS(setsockopt), CONFINE_CLIENT},
	{SCMP_SYS(sendto), CONFINE_CLIENT},
	{SCMP_SYS(sendmsg), CONFINE_CLIENT},
	{SCMP_SYS(sendmmsg), CONFINE_CLIENT},
	{SCMP_SYS(recvfrom), CONFINE_CLIENT},
	{SCMP_SYS(recvmsg), CONFINE_CLIENT},
	{SCMP_SYS(shutdown), CONFINE_CLIENT},
	{SCMP_SYS(pipe2), CONFINE_CLIENT},
	{SCMP_SYS(eventfd2), CONFINE_CLIENT},
};

/* Nothing is created or written to by its name. */
static int open_allow(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp reads =
		SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);

	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, reads);
}

/* No code comes into being, or from a file. */
static int memory_allow(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp is_data = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, is_data);

	return err ? err : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, is_data);
}

/* What a terminal is like; no character is put into its input. */
static int terminal_allow(scmp_filter_ctx filter)
{
	static const unsigned long requests[] = {TCGETS, TIOCGWINSZ};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(requests) / sizeof(requests[0]); i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_EQ, requests[i]));
	return err;
}

/* A signal may end ourselves, as abort() and a reader that has gone do, and nobody else. */
static int signal_allow(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
}

/* libc asks for clone3() first, of which no filter can see what it makes. */
static int thread_allow(scmp_filter_ctx filter)
{
	int err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	return err ? err : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 0);
}

static int calls_allow(scmp_filter_ctx filter, enum confinement confinement)
{
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].least <= confinement)
			err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i].call, 0);
	return err;
}

static int filter_fill(scmp_filter_ctx filter, enum confinement confinement)
{
	int err = calls_allow(filter, confinement);

	if (!err)
		err = terminal_allow(filter);
	if (!err)
		err = signal_allow(filter);
	if (!err && confinement >= CONFINE_CLIENT)
		err = thread_allow(filter);
	if (!err)
		err = open_allow(filter);
	return err ? err : memory_allow(filter);
}

int filter_load(enum confinement confinement)
{
	scmp_filter_ctx filter;
	int err;

	if (IS_SANITIZED)
		return 0;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	err = filter ? filter_fill(filter, confinement) : -ENOMEM;
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}
