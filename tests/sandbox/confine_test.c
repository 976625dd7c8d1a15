/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What confined processes claim: no capability, no new program, no file written, no one reached. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <cap-ng.h>

#include "probe/find/points.h"
#include "sandbox/apart.h"
#include "sandbox/confine.h"
#include "sandbox/privileges.h"

#define UNUSED __attribute__((unused))

/* Each returns 0 where it is possible, else the errno. */
static int try_exec(void)
{
	char *const argv[] = {(char *)"/bin/true", NULL};

	execve(argv[0], argv, NULL);
	return errno;
}

static int try_fork(void)
{
	return (int)syscall(SYS_vfork) < 0 ? errno : 0;
}

static int try_call(long result)
{
	return result < 0 ? errno : 0;
}

static int try_create(void)
{
	return try_call(open("/tmp/confine-test", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int try_truncate(void)
{
	return try_call(open("/proc/self/comm", O_RDONLY | O_TRUNC | O_CLOEXEC));
}

static int try_read(void)
{
	return try_call(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int try_openat2(void)
{
	return try_call(syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", NULL, 0));
}

static int try_unlink(void)
{
	return try_call(unlink("/tmp/confine-test"));
}

static int try_socket(void)
{
	return try_call(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int try_alarm(void)
{
	alarm(100);
	return alarm(0) == 100 ? 0 : EPERM;
}

static int try_kill(void)
{
	return try_call(kill(getppid(), 0));
}

static int try_ptrace(void)
{
	return try_call(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));
}

static int try_bpf(void)
{
	return try_call(syscall(SYS_bpf, 0, NULL, 0));
}

static int try_perf(void)
{
	return try_call(syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0));
}

static int try_mount(void)
{
	return try_call(mount("none", "/tmp", "tmpfs", 0, NULL));
}

static int try_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	return at == MAP_FAILED ? errno : 0;
}

static int try_memory(void)
{
	void *at = malloc(1 << 24);

	free(at);
	return at ? 0 : errno;
}

static int try_capability(void)
{
	capng_get_caps_process();
	return capng_have_capabilities(CAPNG_SELECT_ALL) == CAPNG_NONE ? EPERM : 0;
}

static int try_user(void)
{
	return geteuid() ? EPERM : 0;
}

/* Runs it in a child of that confinement. Returns what it returned. */
static int confined(void (*enter)(enum confinement), enum confinement confinement,
		    int (*function)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		enter(confinement);
		_exit(function());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static const struct {
	const char *name;
	int (*function)(void);
	int reader, client; /* what it returns there */
} tries[] = {
	{"to have a capability", try_capability, EPERM, EPERM},
	{"to run a program", try_exec, EPERM, EPERM},
	{"to make a process", try_fork, EPERM, EPERM},
	{"to create a file", try_create, EPERM, EPERM},
	{"to truncate a file", try_truncate, EPERM, EPERM},
	{"to remove a file", try_unlink, EPERM, EPERM},
	{"to open a file in ways that a filter cannot see", try_openat2, EPERM, EPERM},
	{"to signal another process", try_kill, EPERM, EPERM},
	{"to trace another process", try_ptrace, EPERM, EPERM},
	{"to use BPF", try_bpf, EPERM, EPERM},
	{"to use perf events", try_perf, EPERM, EPERM},
	{"to mount", try_mount, EPERM, EPERM},
	{"to make code", try_code, EPERM, EPERM},
	{"to open a socket", try_socket, EPERM, 0},
	{"to set an alarm", try_alarm, EPERM, 0},
	{"to read a file", try_read, 0, 0},
	{"to get memory", try_memory, 0, 0},
};

static void nothing_dangerous_is_left(UNUSED void **state)
{
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		int reader = confined(confine, CONFINE_READER, tries[i].function);
		int client = confined(confine, CONFINE_CLIENT, tries[i].function);

		if (reader != tries[i].reader || client != tries[i].client)
			fail_msg("%s: %d for a reader, %d for a client", tries[i].name, reader,
				 client);
	}
}

/* What it runs is the user's choice, but gets nothing of ours. */
static void a_caller_has_no_capability(UNUSED void **state)
{
	assert_int_equal(confined(confine, CONFINE_CALLER, try_capability), EPERM);
	assert_int_equal(confined(confine, CONFINE_CALLER, try_exec), 0);
}

static void root_becomes_nobody(UNUSED void **state)
{
	assert_int_equal(confined(confine_as_nobody, CONFINE_CLIENT, try_user), EPERM);
	assert_int_equal(confined(confine, CONFINE_CLIENT, try_user), geteuid() ? EPERM : 0);
}

static int *shared_number;

/* Runs apart, with one file descriptor that is kept; what is to be done there is the argument. */
static int apart_try(const void *arg, void *result)
{
	const char *what = arg;

	if (!strcmp(what, "crash"))
		raise(SIGKILL);
	if (!strcmp(what, "fail"))
		return -ENOEXEC;
	if (!strcmp(what, "scribble"))
		*shared_number = 1;
	memcpy(result, "done", 5);
	return 0;
}

static int apart(const char *what, char result[5])
{
	return apart_run(CONFINE_RESOLVER, apart_try, what, NULL, 0, result, 5);
}

static void what_runs_apart_leaves_its_result_alone(UNUSED void **state)
{
	char result[5];

	shared_number = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_int_equal(apart("well", result), 0);
	assert_string_equal(result, "done");
	assert_int_equal(apart("fail", result), -ENOEXEC);
	assert_int_equal(apart("crash", result), -EIO);
	assert_int_equal(apart("scribble", result), -EIO);
	assert_int_equal(*shared_number, 0);
	munmap(shared_number, 4096);
}

/* What a taken-over process could say, each with one thing that points_find() would not. */
static void unsound_points_are_refused(UNUSED void **state)
{
	static struct points points, bad;
	const struct probe *probe;
	size_t count;

	probe = probe_catalogue(&count);
	while (probe->file != PROBE_QEMU)
		probe++;
	points.file = PROBE_QEMU;
	points.count = points.finding_count = 1;
	points.finding[0] = (struct row_found){.probe = probe, .name = probe->names[0].name};
	points.point[0].offset = 99;
	points.point[0].site = (struct mt_site){.kind = probe->kind, .edge = MT_ENTER};
	assert_true(points_are_sound(&points, PROBE_QEMU, 100));
	assert_false(points_are_sound(&points, PROBE_QEMU, 99));
	assert_false(points_are_sound(&points, PROBE_DRIVER, 100));
#define UNSOUND(change)                                                                            \
	(bad = points, change, assert_false(points_are_sound(&bad, PROBE_QEMU, 100)))
	UNSOUND(bad.point[0].site.edge = MT_RETURN);
	UNSOUND(bad.point[0].site.kind++);
	UNSOUND(bad.point[0].finding = 1);
	UNSOUND(bad.point[0].semaphore = 100);
	UNSOUND(bad.count = POINTS_MAX + 1);
	UNSOUND(bad.finding_count = ROWS_FOUND_MAX + 1);
	UNSOUND(bad.finding[0].name = "anything");
	UNSOUND(bad.finding[0].probe = (const void *)((const char *)probe + 1));
	UNSOUND(bad.finding[0].probe = probe_catalogue(&count));
	UNSOUND(memset(bad.finding[0].how, 'x', RESOLVE_TEXT_SIZE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_dangerous_is_left),
		cmocka_unit_test(a_caller_has_no_capability),
		cmocka_unit_test(root_becomes_nobody),
		cmocka_unit_test(what_runs_apart_leaves_its_result_alone),
		cmocka_unit_test(unsound_points_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
