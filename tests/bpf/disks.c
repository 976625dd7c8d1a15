/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks of the stand-in for QEMU: its structures, as far as they matter, and what counts
 * requests. */
#include "disks.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define THREADS 4
#define WAITING 64

struct object {
	void *class, *free, *properties;
	uint32_t ref;
	struct object *parent;
};

struct device {
	struct object object;
	const char *id;
};

struct stats {
	uint64_t requests;
};

struct backend {
	struct device *device;
	void *ops, *opaque;
	int open_flags, detect_zeroes;
	_Bool enable_write_cache;
	struct stats stats;
};
_Static_assert(offsetof(struct backend, stats) == 40, "as QEMU has it");

struct cookie {
	int64_t bytes, start_time_ns;
	int type;
};

void block_acct_start(struct stats *stats, struct cookie *cookie, int64_t bytes, int type);
void block_acct_done(struct stats *stats, struct cookie *cookie);
void block_acct_failed(struct stats *stats, struct cookie *cookie);

/* Of virtio what is plugged in has the id, and what is in it is the disk. */
static struct device proxy = {.id = "virtio-disk0"}, second = {.id = "scsi0-0-0-1"}, unplugged;
static struct device first = {.object = {.parent = &proxy.object}};
static struct backend backends[] = {
	{.device = &first}, {.device = &second}, {.device = &unplugged}};
static struct cookie waiting[WAITING];
static unsigned int begun;

/* Has a function begin with a push, as most do, which the kernel's probes do not have to step over.
 */
#ifdef __aarch64__
#define SAVE_A_REGISTER __asm__ volatile("" ::: "x19")
#else
#define SAVE_A_REGISTER __asm__ volatile("" ::: "rbx")
#endif

__attribute__((noipa)) void block_acct_start(struct stats *stats, struct cookie *cookie,
					     int64_t bytes, int type)
{
	struct timespec now;

	SAVE_A_REGISTER;
	clock_gettime(CLOCK_MONOTONIC, &now);
	*cookie = (struct cookie){bytes, now.tv_sec * INT64_C(1000000000) + now.tv_nsec, type};
	__atomic_add_fetch(&stats->requests, 1, __ATOMIC_RELAXED);
}

__attribute__((noipa)) static void account(struct stats *stats, struct cookie *cookie,
					   int has_failed)
{
	cookie->type = has_failed;
	__atomic_sub_fetch(&stats->requests, 1, __ATOMIC_RELAXED);
}

__attribute__((noipa)) void block_acct_done(struct stats *stats, struct cookie *cookie)
{
	SAVE_A_REGISTER;
	account(stats, cookie, 0);
}

/* As GCC makes QEMU's: a constant, and a jump. */
__attribute__((noipa)) void block_acct_failed(struct stats *stats, struct cookie *cookie)
{
	account(stats, cookie, 1);
}

static void requests_make(struct backend *backend, unsigned int count, unsigned int failures)
{
	for (unsigned int i = 0; i < count; i++) {
		struct cookie cookie;

		block_acct_start(&backend->stats, &cookie, 512, 1);
		if (i < failures)
			block_acct_failed(&backend->stats, &cookie);
		else
			block_acct_done(&backend->stats, &cookie);
	}
}

static void *thread_run(void *count)
{
	requests_make(&backends[0], *(unsigned int *)count, *(unsigned int *)count / 2);
	return NULL;
}

static void threads_run(unsigned int count)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, thread_run, &count);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

void disks_do(const char *name, unsigned int count)
{
	static const char *const names[] = {"disk", "second", "nameless"};

	for (int i = 0; i < 3; i++)
		if (!strcmp(name, names[i]))
			requests_make(&backends[i], count, 0);
	if (!strcmp(name, "threads"))
		threads_run(count);
	for (; !strcmp(name, "begin") && count && begun < WAITING; count--)
		block_acct_start(&backends[0].stats, &waiting[begun++], 512, 1);
	for (; !strcmp(name, "complete") && count && begun; count--)
		block_acct_done(&backends[0].stats, &waiting[--begun]);
}
