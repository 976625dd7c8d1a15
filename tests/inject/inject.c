// SPDX-License-Identifier: GPL-2.0-or-later
/* Loaded before a program: one of its calls fails, or does less than it was asked to. */

/*
 * INJECT=CALL:N:ERRNO says which: the Nth of that system call that libc makes, from whatever of its
 * functions; of malloc the first one from the Nth place, as there are many from each. ERRNO 0: half
 * of the bytes are read or written. INJECT=all:0:0 lets none fail. INJECT_COUNT names a file, in
 * which stand how many failed, and how many there were of each call in the table's order. With
 * INJECT_TRACE it is said on stderr from where the call came.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define PLACES (1u << 16)
#define FRAMES 8
#define TRACED 24
#define OWN    2 /* of these frames are here */

static const struct {
	const char *name;
	int number;
} calls[] = {
	{"read", SYS_read},
	{"pread", SYS_pread64},
	{"write", SYS_write},
	{"writev", SYS_writev},
	{"open", SYS_openat},
	{"close", SYS_close},
	{"fsync", SYS_fsync},
	{"fdatasync", SYS_fdatasync},
	{"rename", SYS_renameat},
	{"unlink", SYS_unlinkat},
	{"truncate", SYS_ftruncate},
	{"readdir", SYS_getdents64},
	{"stat", SYS_newfstatat},
	{"fstat", SYS_fstat},
	{"seek", SYS_lseek},
	{"lock", SYS_flock},
	{"mkdir", SYS_mkdirat},
	{"dup", SYS_dup},
	{"pipe", SYS_pipe2},
	{"statfs", SYS_fstatfs},
	{"access", SYS_faccessat},
	{"link", SYS_linkat},
	{"malloc", -1},
	{"fork", -1},
};

#define CALLS ((int)(sizeof(calls) / sizeof(*calls)))
enum { FORK = CALLS - 1, MALLOC = CALLS - 2, ALL = CALLS };

/* Of all processes that come of it. */
struct counted {
	uint32_t failed, calls[CALLS];
};

static struct counted *counted;
static int wanted, fails_with;
static uint32_t nth;
static bool is_ready;
static __thread bool is_within;

/* Returns whether this is the one. */
static bool is_due(int call)
{
	uint32_t number = __atomic_add_fetch(&counted->calls[call], 1, __ATOMIC_RELAXED);
	void *frames[TRACED];

	if (call != wanted || number != nth)
		return false;
	counted->failed++;
	if (getenv("INJECT_TRACE"))
		backtrace_symbols_fd(frames, backtrace(frames, TRACED), STDERR_FILENO);
	return true;
}

static bool is_wanted(int call)
{
	return wanted == call || wanted == ALL;
}

/* The system call from here, which the filter lets pass. */
static long pass(const greg_t *regs, long third)
{
	register long r10 __asm__("r10") = regs[REG_R10];
	register long r8 __asm__("r8") = regs[REG_R8];
	register long r9 __asm__("r9") = regs[REG_R9];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(regs[REG_RAX]), "D"(regs[REG_RDI]), "S"(regs[REG_RSI]), "d"(third),
			   "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static void on_call(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	int call = 0;

	(void)sig;
	while (calls[call].number != info->si_syscall)
		call++;
	regs[REG_RAX] = info->si_syscall;
	if (!is_due(call))
		regs[REG_RAX] = pass(regs, regs[REG_RDX]);
	else if (fails_with)
		regs[REG_RAX] = -fails_with;
	else
		regs[REG_RAX] = pass(regs, (regs[REG_RDX] + 1) / 2);
}

static int libc_find(struct dl_phdr_info *info, size_t size, void *arg)
{
	uint64_t *span = arg;

	(void)size;
	if (!strstr(info->dlpi_name, "libc.so"))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
			continue;
		span[0] = info->dlpi_addr + part->p_vaddr;
		span[1] = span[0] + part->p_memsz;
	}
	return 1;
}

#define STMT(code, value)      BPF_STMT((code), (uint32_t)(value))
#define JUMP(how, value, t, f) BPF_JUMP(BPF_JMP | BPF_K | (how), (uint32_t)(value), (t), (f))
#define LOAD(at)	       STMT(BPF_LD | BPF_W | BPF_ABS, (at))
#define POINTER		       offsetof(struct seccomp_data, instruction_pointer)

/* Of libc's code alone: what sanitizers do themselves is not disturbed. */
static size_t filter_make(struct sock_filter *program)
{
	uint64_t span[2] = {0};
	size_t count = 0;

	dl_iterate_phdr(libc_find, span);
	if (!span[0] || span[0] >> 32 != span[1] >> 32)
		abort();
	program[count++] = (struct sock_filter)LOAD(POINTER + 4);
	program[count++] = (struct sock_filter)JUMP(BPF_JEQ, span[0] >> 32, 1, 0);
	program[count++] = (struct sock_filter)STMT(BPF_RET, SECCOMP_RET_ALLOW);
	program[count++] = (struct sock_filter)LOAD(POINTER);
	program[count++] = (struct sock_filter)JUMP(BPF_JGE, span[0], 0, 1);
	program[count++] = (struct sock_filter)JUMP(BPF_JGE, span[1], 0, 1);
	program[count++] = (struct sock_filter)STMT(BPF_RET, SECCOMP_RET_ALLOW);
	program[count++] = (struct sock_filter)LOAD(offsetof(struct seccomp_data, nr));
	for (int i = 0; i < MALLOC; i++) {
		if (!is_wanted(i))
			continue;
		program[count++] = (struct sock_filter)JUMP(BPF_JEQ, calls[i].number, 0, 1);
		program[count++] = (struct sock_filter)STMT(BPF_RET, SECCOMP_RET_TRAP);
	}
	program[count++] = (struct sock_filter)STMT(BPF_RET, SECCOMP_RET_ALLOW);
	return count;
}

static void filter_set(void)
{
	struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_NODEFER};
	struct sock_filter program[2 * CALLS + 16];
	struct sock_fprog filter = {(unsigned short)filter_make(program), program};

	if (sigaction(SIGSYS, &action, NULL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		abort();
}

static void count_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *at = fd < 0 ? MAP_FAILED
			  : mmap(NULL, sizeof(*counted), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		abort();
	close(fd);
	counted = at;
}

static __attribute__((constructor)) void begin(void)
{
	const char *text = getenv("INJECT"), *path = getenv("INJECT_COUNT");
	void *frames[FRAMES];
	char name[32];

	if (!text || !path || sscanf(text, "%31[a-z]:%u:%d", name, &nth, &fails_with) != 3)
		return;
	backtrace(frames, FRAMES); /* which loads what it needs */
	count_open(path);
	while (wanted < CALLS && strcmp(name, calls[wanted].name) != 0)
		wanted++;
	filter_set();
	is_ready = true;
}

/* Returns whether nothing was asked for from there before. */
static bool is_new_place(void)
{
	static uint64_t places[PLACES];
	void *frames[FRAMES];
	int count = backtrace(frames, FRAMES);
	uint64_t hash = 14695981039346656037u;

	for (int i = OWN; i < count; i++)
		hash = (hash ^ (uint64_t)frames[i]) * 1099511628211u;
	for (uint32_t i = (uint32_t)(hash % PLACES);; i = (i + 1) % PLACES) {
		if (places[i] == hash)
			return false;
		if (places[i])
			continue;
		places[i] = hash;
		return true;
	}
}

static bool has_no_memory(void)
{
	bool has_none;

	if (!is_ready || !is_wanted(MALLOC) || is_within)
		return false;
	is_within = true;
	has_none = is_new_place() && is_due(MALLOC);
	is_within = false;
	if (has_none)
		errno = ENOMEM;
	return has_none;
}

/* Defines which function of that name is the next one. */
#define NEXT(name)                                                                                 \
	static __typeof__(&name) real;                                                             \
	real = real ?: (__typeof__(&name))dlsym(RTLD_NEXT, #name)

void *malloc(size_t size)
{
	NEXT(malloc);

	return has_no_memory() ? NULL : real(size);
}

void *calloc(size_t count, size_t size)
{
	NEXT(calloc);

	return has_no_memory() ? NULL : real(count, size);
}

void *realloc(void *at, size_t size)
{
	NEXT(realloc);

	return has_no_memory() ? NULL : real(at, size);
}

void *reallocarray(void *at, size_t count, size_t size)
{
	NEXT(reallocarray);

	return has_no_memory() ? NULL : real(at, count, size);
}

pid_t fork(void)
{
	NEXT(fork);

	if (!is_ready || !is_due(FORK))
		return real();
	errno = fails_with;
	return -1;
}
