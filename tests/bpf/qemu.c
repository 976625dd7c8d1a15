/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stand-in for QEMU: exports what is probed, and goes through the states of a migration. */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/wait.h>

#include "disks.h"

unsigned char qemu_uuid[16] = {0xaa, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0xbb};

/* As one that is built without modules, but with dtrace: it exports nothing, and has a probe. */
#ifdef SDT
#include <sys/sdt.h>
#else
#define DTRACE_PROBE3(...)
#endif

/* QEMU's own table of words for its states (qapi/util.h); numbers are those of its version. */
static const char *const states[] = {
	"none", "setup",     "2",      "3",  "active",	       "5",	"6",
	"7",	"completed", "failed", "10", "pre-switchover", "device"};
const struct {
	const char *const *array;
	const void *features;
	int size;
} MigrationStatus_lookup = {states, NULL, 13};

void vm_state_notify(bool running, int state);
void migrate_set_state(int *state, int old_state, int new_state);

static volatile int notified;
static volatile void *touched;

__attribute__((noinline)) void vm_state_notify(bool running, int state)
{
	DTRACE_PROBE3(qemu, vm_state_notify, (int)running, state, "reason");
	notified = running ? state : -state;
}

__attribute__((noinline)) void migrate_set_state(int *state, int old_state, int new_state)
{
	if (*state == old_state)
		*(volatile int *)state = new_state;
}

/* The page's address is the fourth argument where there is this one, too. */
__attribute__((noipa)) void migrate_send_rp_message_req_pages(void)
{
	touched = NULL;
}

__attribute__((noipa)) int migrate_send_rp_req_pages(void *mis, void *rb, unsigned long start,
						     unsigned long haddr)
{
	(void)mis, (void)rb, (void)start;
	touched = (void *)haddr;
	return 0;
}

__attribute__((noipa)) int postcopy_place_page(void *mis, void *host, void *from, void *rb)
{
	(void)mis, (void)from, (void)rb;
	touched = host;
	return 0;
}

#define STEP(name)                                                                                 \
	__attribute__((noipa)) void name(void *about)                                              \
	{                                                                                          \
		touched = about;                                                                   \
	}

STEP(vm_stop_force_state)
STEP(pause_all_vcpus)
STEP(cpu_exec_end)
STEP(cpu_exec_start)
STEP(bdrv_drain_all)
STEP(qemu_savevm_state_complete_precopy_non_iterable)
STEP(qemu_savevm_state_cleanup)
STEP(vm_prepare_start)
STEP(qemu_loadvm_state)
STEP(qemu_loadvm_state_cleanup)

struct description {
	const char *name;
	const struct description *part;
};

/* Calls itself for the device's parts. */
__attribute__((noipa)) int vmstate_save_state_v(void *f, const struct description *description)
{
	int err = description->part ? vmstate_save_state_v(f, description->part) : 0;

	touched = (void *)description;
	return err + 1;
}

static void devices_save(void)
{
	const struct description part = {"cpu/part", NULL}, cpu = {"cpu", &part},
				 serial = {"serial", NULL}, none = {"configuration", NULL};

	vmstate_save_state_v(NULL, &serial); /* not yet its time */
	qemu_savevm_state_complete_precopy_non_iterable(NULL);
	vmstate_save_state_v(NULL, &none);
	vmstate_save_state_v(NULL, &cpu);
	vmstate_save_state_v(NULL, &serial);
	qemu_savevm_state_cleanup(NULL);
	vmstate_save_state_v(NULL, &serial);
}

/* Of two vCPUs each is seen to stop and to start once. */
static void vcpus_stop(void)
{
	bdrv_drain_all(NULL); /* nothing is stopped yet */
	vm_stop_force_state(NULL);
	cpu_exec_end((void *)1);
	pause_all_vcpus(NULL);
	cpu_exec_end((void *)1);
	cpu_exec_end((void *)2);
	vm_state_notify(false, 7);
	cpu_exec_end((void *)1);
	bdrv_drain_all(NULL);
}

static void wait_ms(long ms)
{
	const struct timespec while_ = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&while_, NULL);
}

/* Notifiers of the start take ms before the vCPUs are let go. */
static void vcpus_start(long ms)
{
	cpu_exec_start((void *)1);
	vm_prepare_start(NULL);
	wait_ms(ms);
	cpu_exec_start((void *)1);
	cpu_exec_start((void *)2);
	cpu_exec_start((void *)1);
	vm_state_notify(true, 9);
}

/* Two pages are waited for, one of them twice, and the first for a while; of three that come. */
static void pages_come(void)
{
	migrate_send_rp_req_pages(NULL, NULL, 0x0, 0x7000123);
	wait_ms(20);
	migrate_send_rp_req_pages(NULL, NULL, 0x1000, 0x7001000);
	migrate_send_rp_req_pages(NULL, NULL, 0x0, 0x7000ff8);
	for (unsigned long page = 0x7000000; page < 0x7003000; page += 0x1000)
		postcopy_place_page(NULL, (void *)page, NULL, NULL);
}

static void migrate(long start_ms)
{
	int state = 4;

	vcpus_stop();
	migrate_set_state(&state, 4, 11);
	migrate_set_state(&state, 4, 12); /* is 11 by now: changes nothing */
	pages_come();
	migrate_set_state(&state, 11, 12);
	devices_save();
	vcpus_start(start_ms);
}

/* Both want one CPU for as long. */
static void share_cpu(long ms)
{
	struct timespec now, until;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (until.tv_nsec += ms * 1000000) / 1000000000;
	until.tv_nsec %= 1000000000;
	pid_t other = fork();
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (now.tv_sec < until.tv_sec ||
	       (now.tv_sec == until.tv_sec && now.tv_nsec < until.tv_nsec));
	if (!other)
		_exit(0);
	waitpid(other, NULL, 0);
}

/* Stops as a whole, until another process lets it go on. */
static void stop(long ms)
{
	pid_t self = getpid(), other = fork();

	if (!other) {
		wait_ms(ms);
		kill(self, SIGCONT);
		_exit(0);
	}
	kill(self, SIGSTOP);
	waitpid(other, NULL, 0);
}

/* Sleeps, is stopped, and shares its CPU, each for so long; while the guest stands still. */
static void stand(long ms)
{
	vm_stop_force_state(NULL);
	wait_ms(ms);
	stop(ms);
	share_cpu(ms);
	vm_state_notify(true, 9);
}

/* Waits for more of a stream, sleeps and is stopped, each for so long; while it loads a guest. */
static void load(int ms)
{
	int state = 0;

	migrate_set_state(&state, 0, 4);
	qemu_loadvm_state(NULL);
	poll(NULL, 0, ms);
	wait_ms(ms);
	stop(ms);
	qemu_loadvm_state_cleanup(NULL);
}

/* A source's guest begins to move, and stands still; a destination's comes, and runs. */
static void part_do(const char *name)
{
	int state = 0;

	if (!strcmp(name, "leave")) {
		migrate_set_state(&state, 0, 1);
	} else if (!strcmp(name, "arrive")) {
		migrate_set_state(&state, 0, 4);
		qemu_loadvm_state(NULL);
	} else if (!strcmp(name, "halt")) {
		pause_all_vcpus(NULL);
		vm_state_notify(false, 7);
	} else if (!strcmp(name, "run")) {
		vm_prepare_start(NULL);
		vm_state_notify(true, 9);
	}
}

int main(void)
{
	unsigned int count;
	char name[32];

	while (scanf("%31s %u", name, &count) == 2) {
		for (unsigned int i = 0; !strcmp(name, "qemu") && i < count; i++)
			migrate(0);
		for (unsigned int i = 0; !strcmp(name, "slow") && i < count; i++)
			migrate(1200);
		for (unsigned int i = 0; !strcmp(name, "stand") && i < count; i++)
			stand(60);
		for (unsigned int i = 0; !strcmp(name, "load") && i < count; i++)
			load(60);
		part_do(name);
		disks_do(name, count);
		puts("done");
		fflush(stdout);
	}
	return 0;
}
