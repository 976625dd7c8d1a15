/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A daemon of which every thread works for a domain of its own, without a pause, on one CPU. */
/*
 * hammer PROCESS THREADS SECONDS: says "ready", and begins when stdin says a line. First each
 * domain alone does one migration, both sides of it, so that what undisturbed hits give is known;
 * then all of them at once. At the end a line for each domain: how its UUID begins, and how many
 * migrations it did, each of which is in and out again. Thread 17 of process 3 has a cookie of its
 * own, its UUID begins with d00311, its password is "secret-0311", and its guest was started 0x0311
 * ms after 1700000000000.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "libvirt.h"

#define THREADS_MAX 64
#define COOKIE_LEN  1024
#define SILENCE	    8 /* times what a migration takes */

struct domain {
	struct def def;
	struct vm source, destination;
	char cookie[COOKIE_LEN];
	unsigned int migrations;
	pthread_t thread;
};

static struct domain domains[THREADS_MAX];
static time_t end;

static void domain_init(struct domain *domain, unsigned int process, unsigned int thread)
{
	domain->def = (struct def){
		1, 2, {0xd0, process, thread, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, thread}};
	domain->source.def = domain->destination.def = &domain->def;
	snprintf(
		domain->cookie, COOKIE_LEN,
		"<qemu-migration>\n  <name>domain-%02x%02x</name>\n" FEATURE FEATURE FEATURE FEATURE
		"  <graphics passwd='secret-%02x%02x'/>\n  <statistics>\n"
		"    <started>%llu</started>\n  </statistics>\n"
		"  <nbd passwd='secret-%02x%02x'/>\n</qemu-migration>\n",
		process, thread, process, thread, 1700000000000ull + process * 256 + thread,
		process, thread);
}

/* One call of libvirt's RPC, from its receipt to its reply, and what it does. */
static void serve(struct domain *domain, void (*work)(struct domain *domain, struct message *call),
		  struct message call, struct message reply)
{
	server_receive(&call);
	work(domain, &call);
	server_send(&reply);
}

static void perform(struct domain *domain, struct message *call)
{
	virDomainMigratePerform3ParamsEnsureACL(call, &domain->def);
	qemuMigrationSrcPerform(NULL, NULL, &domain->source, NULL, NULL, "qemu+tcp://b/system",
				NULL);
}

static void prepare(struct domain *domain, struct message *call)
{
	virDomainMigratePrepare3ParamsEnsureACL(call, &domain->def);
	qemuMigrationDstPrepareDirect(NULL, NULL, domain->cookie, (int)strlen(domain->cookie) + 1);
}

static void finish(struct domain *domain, struct message *call)
{
	int out_len;
	char *out;

	virDomainMigrateFinish3ParamsEnsureACL(call, &domain->def);
	qemuMigrationDstFinish(NULL, NULL, &domain->destination, domain->cookie,
			       (int)strlen(domain->cookie) + 1, &out, &out_len, 1, 0, 1);
}

/* Lengths, serials and status as in ../bpf/daemon.c. */
static void migrate_in(struct domain *domain)
{
	void *client = &domain->destination;

	serve(domain, prepare, (struct message){client, 170, 0x20008086, 1, 303, 0, 0, 5},
	      (struct message){client, 240, 0x20008086, 1, 303, 1, 0, 5});
	serve(domain, finish, (struct message){client, 170, 0x20008086, 1, 306, 0, 0, 6},
	      (struct message){client, 240, 0x20008086, 1, 306, 1, 1, 6});
	monitor_close(monitor_of(&domain->destination));
}

static void migrate_out(struct domain *domain)
{
	void *client = &domain->source;

	serve(domain, perform, (struct message){client, 500, 0x20008086, 1, 305, 0, 0, 9},
	      (struct message){client, 64, 0x20008086, 1, 305, 1, 0, 9});
	virDomainObjSetState(&domain->source, 1, 1); /* is no longer being migrated */
}

static void migrate(struct domain *domain)
{
	migrate_in(domain);
	migrate_out(domain);
	domain->migrations++;
}

static long cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Hits that give no event, so that the recorder can keep up: of a monitor that is no domain's. */
static void do_silent(struct domain *domain, long until_us)
{
	do {
		monitor_send(domain, "{\"execute\":\"cont\",\"id\":\"libvirt-1\"}\r\n");
		monitor_event(domain, "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, "
				      "\"event\": \"RESUME\"}");
	} while (cpu_us() < until_us);
}

static void *work(void *argument)
{
	struct domain *domain = argument;

	while (time(NULL) < end) {
		long began_us = cpu_us();

		migrate(domain);
		do_silent(domain, began_us + SILENCE * (cpu_us() - began_us));
	}
	return NULL;
}

static void pin(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(1, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

int main(int argc, char **argv)
{
	unsigned int process = argc > 1 ? atoi(argv[1]) : 0, threads = argc > 2 ? atoi(argv[2]) : 0;

	if (argc != 4 || !threads || threads > THREADS_MAX)
		return 2;
	pin();
	mlockall(MCL_CURRENT); /* what libvirt has just written can be read, and so what we say */
	for (unsigned int i = 0; i < threads; i++)
		domain_init(&domains[i], process, i);
	puts("ready");
	fflush(stdout);
	getchar();
	for (unsigned int i = 0; i < threads; i++)
		migrate(&domains[i]);
	puts("begins");
	fflush(stdout);
	getchar();
	end = time(NULL) + atoi(argv[3]);
	for (unsigned int i = 0; i < threads; i++)
		pthread_create(&domains[i].thread, NULL, work, &domains[i]);
	for (unsigned int i = 0; i < threads; i++) {
		pthread_join(domains[i].thread, NULL);
		printf("d0%02x%02x %u\n", process, i, domains[i].migrations);
	}
	return 0;
}
