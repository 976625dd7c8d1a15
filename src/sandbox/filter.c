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

#define EACH	(~0u)
#define KEEPER	(1u << CONFINE_KEEPER)
#define TALKERS (1u << CONFINE_CLIENT | KEEPER)
#define WAITERS (1u << CONFINE_CLIENT | 1u << CONFINE_RECORDER)

/* System calls, and to whom they are left. An architecture that does not have one has no rule. */
static const struct {
	int call;
	unsigned int who;
} calls[] = {
	/* memory, and libc's own */
	{SCMP_SYS(brk), EACH},
	{SCMP_SYS(munmap), EACH},
	{SCMP_SYS(mremap), EACH},
	{SCMP_SYS(madvise), EACH},
	{SCMP_SYS(futex), EACH},
	{SCMP_SYS(getrandom), EACH},
	{SCMP_SYS(rseq), EACH},
	{SCMP_SYS(set_robust_list), EACH},
	{SCMP_SYS(sched_yield), EACH},
	{SCMP_SYS(sched_getaffinity), EACH},
	{SCMP_SYS(sysinfo), EACH},
	{SCMP_SYS(exit), EACH},
	{SCMP_SYS(exit_group), EACH},
	{SCMP_SYS(restart_syscall), EACH},
	/* who and when */
	{SCMP_SYS(getpid), EACH},
	{SCMP_SYS(gettid), EACH},
	{SCMP_SYS(getuid), EACH},
	{SCMP_SYS(geteuid), EACH},
	{SCMP_SYS(getgid), EACH},
	{SCMP_SYS(getegid), EACH},
	{SCMP_SYS(getppid), EACH},
	{SCMP_SYS(getrusage), EACH},
	{SCMP_SYS(uname), EACH},
	{SCMP_SYS(clock_gettime), EACH},
	{SCMP_SYS(gettimeofday), EACH},
	{SCMP_SYS(nanosleep), EACH},
	{SCMP_SYS(clock_nanosleep), EACH},
	/* signals */
	{SCMP_SYS(rt_sigaction), EACH},
	{SCMP_SYS(rt_sigprocmask), EACH},
	{SCMP_SYS(rt_sigreturn), EACH},
	{SCMP_SYS(sigaltstack), EACH},
	{SCMP_SYS(signalfd4), EACH},
	/* files; to open one has a rule of its own */
	{SCMP_SYS(read), EACH},
	{SCMP_SYS(readv), EACH},
	{SCMP_SYS(pread64), EACH},
	{SCMP_SYS(write), EACH},
	{SCMP_SYS(writev), EACH},
	{SCMP_SYS(lseek), EACH},
	{SCMP_SYS(close), EACH},
	{SCMP_SYS(dup), EACH},
	{SCMP_SYS(dup3), EACH},
	{SCMP_SYS(fcntl), EACH},
	{SCMP_SYS(fstat), EACH},
	{SCMP_SYS(stat), EACH},
	{SCMP_SYS(newfstatat), EACH},
	{SCMP_SYS(statx), EACH},
	{SCMP_SYS(access), EACH},
	{SCMP_SYS(faccessat), EACH},
	{SCMP_SYS(faccessat2), EACH},
	{SCMP_SYS(readlink), EACH},
	{SCMP_SYS(readlinkat), EACH},
	{SCMP_SYS(getcwd), EACH},
	{SCMP_SYS(getdents64), EACH},
	/* waiting */
	{SCMP_SYS(poll), EACH},
	{SCMP_SYS(ppoll), EACH},
	{SCMP_SYS(openat2), 1u << CONFINE_RESOLVER},
	/* waiting for much, and what is passed */
	{SCMP_SYS(epoll_wait), WAITERS},
	{SCMP_SYS(epoll_pwait), WAITERS},
	{SCMP_SYS(epoll_ctl), WAITERS},
	{SCMP_SYS(timerfd_settime), WAITERS},
	{SCMP_SYS(pidfd_open), WAITERS},
	{SCMP_SYS(sendmsg), WAITERS},
	{SCMP_SYS(recvmsg), WAITERS},
	{SCMP_SYS(shutdown), WAITERS},
	/* files of its own */
	{SCMP_SYS(unlinkat), KEEPER},
	{SCMP_SYS(renameat), KEEPER},
	{SCMP_SYS(renameat2), KEEPER},
	{SCMP_SYS(fsync), KEEPER},
	{SCMP_SYS(fdatasync), KEEPER},
	{SCMP_SYS(ftruncate), KEEPER},
	{SCMP_SYS(fstatfs), KEEPER},
	{SCMP_SYS(memfd_create), KEEPER | 1u << CONFINE_READER},
	{SCMP_SYS(sendmsg), KEEPER},
	/* talking */
	{SCMP_SYS(alarm), TALKERS},
	{SCMP_SYS(setitimer), TALKERS},
	{SCMP_SYS(socket), TALKERS},
	{SCMP_SYS(connect), TALKERS},
	{SCMP_SYS(getsockname), TALKERS},
	{SCMP_SYS(getpeername), TALKERS},
	{SCMP_SYS(getsockopt), TALKERS},
	{SCMP_SYS(setsockopt), TALKERS},
	{SCMP_SYS(sendto), TALKERS},
	{SCMP_SYS(sendmmsg), TALKERS},
	{SCMP_SYS(recvfrom), TALKERS},
	{SCMP_SYS(pipe2), TALKERS},
	{SCMP_SYS(eventfd2), TALKERS},
};

/* Nothing is created or written to by its name, but for a store. */
static int open_allow(scmp_filter_ctx filter, enum confinement confinement)
{
	const struct scmp_arg_cmp reads =
		SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);

	if (confinement == CONFINE_KEEPER)
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 0);
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
		if (calls[i].who & 1u << confinement)
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
	if (!err && confinement == CONFINE_CLIENT)
		err = thread_allow(filter);
	if (!err)
		err = open_allow(filter, confinement);
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
