/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stand-in for libvirtd: does what it is told on stdin, with known arguments. */
/*
 * For each line `COMMAND COUNT` of stdin it does the command that many times, and says done:
 *
 *   source: a whole Perform
 *   destination: Prepare and Finish
 *   events: an event on the source's monitor
 *   mixed: Perform on another domain than access was checked for
 *   other: Finish with something else where the cookie is expected
 *   left: a whole Perform of a client that has gone, and then calls of others on the same thread
 *   unreadable: texts of monitors that cannot be read
 *   many: Perform on one more domain object, and monitor, each time
 *   start: what the environment variable START has for the shell, as libvirt starts a guest
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libvirt.h"

static struct def source = {
	1, 2, {0x11, 0x22, 0x33, 0x44, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
static struct def destination = {
	1, 2, {0xff, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0xfe}};
static char cookie[] = COOKIE;
static struct vm source_vm = {.def = &source}, destination_vm = {.def = &destination}, unknown_vm;

/* The call comes, and the worker takes it from the queue. */
static void serve(const struct message *call)
{
	struct net_message message = {.proc = (uint32_t)call->proc,
				      .serial = (uint32_t)call->serial};

	server_receive(call);
	virNetServerProgramDispatch(NULL, NULL, call->client, &message);
}

static void do_source(void)
{
	struct message call = {&source, 500, 0x20008086, 1, 305, 0, 0, 9};
	struct message reply = {&source, 64, 0x20008086, 1, 305, 1, 0, 9};

	serve(&call);
	virDomainMigratePerform3ParamsEnsureACL(&call, &source);
	qemuMigrationSrcPerform(NULL, NULL, &source_vm, NULL, NULL, "qemu+tcp://b/system", NULL);
	server_send(&reply);
	monitor_send(monitor_of(&unknown_vm), "{\"execute\":\"cont\",\"id\":\"libvirt-1\"}\r\n");
	virDomainObjSetState(&source_vm, 1, 1); /* is no longer being migrated */
	qemuProcessStartCPUs(NULL, NULL, 2, 0); /* the thread works for no domain now */
}

static void do_destination(void)
{
	struct message call = {&destination, 170, 0x20008086, 1, 303, 0, 0, 5};
	struct message reply = {&destination, 240, 0x20008086, 1, 303, 1, 0, 5};
	char *out;
	int len;

	serve(&call);
	virDomainMigratePrepare3ParamsEnsureACL(&call, &destination);
	qemuMigrationDstPrepareDirect(NULL, NULL, cookie, (int)strlen(cookie) + 1);
	server_send(&reply);
	call.proc = reply.proc = 306;
	call.serial = reply.serial = 6;
	serve(&call);
	virDomainMigrateFinish3ParamsEnsureACL(&call, &destination);
	qemuMigrationDstFinish(NULL, NULL, &destination_vm, cookie, sizeof(cookie), &out, &len, 1,
			       0, 1);
	reply.status = 1;
	server_send(&reply);
	monitor_close(monitor_of(&destination_vm));
	monitor_event(monitor_of(&destination_vm),
		      "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 540071}, "
		      "\"event\": \"RESUME\"}");
}

/* As of a libvirt that has the cookie elsewhere: what is there is no cookie, but a secret. */
static void do_other(void)
{
	char secret[] = "another argument, with hunter2 in it";
	char *out;
	int len;

	virDomainMigrateFinish3ParamsEnsureACL(NULL, &destination);
	qemuMigrationDstFinish(NULL, NULL, &destination_vm, secret, sizeof(secret), &out, &len, 1,
			       0, 1);
}

/* The access check was for one domain, and the work is on another: what no libvirt does. */
static void do_mixed(void)
{
	virDomainMigratePerform3ParamsEnsureACL(&source, &source);
	qemuMigrationSrcPerform(NULL, NULL, &destination_vm, NULL, NULL, "qemu+tcp://b/system",
				NULL);
}

/*
 * No reply is sent to who has gone. What the thread does for the next client is another domain's:
 * a guest is stopped, a migration is refused before the access check.
 */
static void do_left(void)
{
	static uint64_t serial;
	struct message call = {&source, 500, 0x20008086, 1, 305, 0, 0, ++serial};
	struct message next = {&destination, 28, 0x20008086, 1, 12, 0, 0, 3};
	struct message refused = {&destination, 500, 0x20008086, 1, 305, 0, 0, 4};
	struct message reply = {&destination, 90, 0x20008086, 1, 305, 1, 1, 4};

	serve(&call);
	virDomainMigratePerform3ParamsEnsureACL(&call, &source);
	qemuMigrationSrcPerform(NULL, NULL, &source_vm, NULL, NULL, "qemu+tcp://b/system", NULL);
	serve(&next);
	qemuProcessStartCPUs(NULL, &destination_vm, 2, 0);
	serve(&refused);
	server_send(&reply);
}

static void do_many(void)
{
	static struct vm vms[64];
	static unsigned int used;
	struct vm *vm = &vms[used++ % 64];

	vm->def = &source;
	virDomainMigratePerform3ParamsEnsureACL(&source, &source);
	qemuMigrationSrcPerform(NULL, NULL, vm, NULL, NULL, "qemu+tcp://b/system", NULL);
}

static void do_events(void)
{
	monitor_event(monitor_of(&source_vm), "{\"timestamp\": {\"seconds\": 1746240028, "
					      "\"microseconds\": 540071}, \"event\": \"RESUME\"}");
}

/* Texts that are not in memory, of a monitor whose domain is known, and of one
 * that nobody knows. */
static void do_unreadable(void)
{
	monitor_event(monitor_of(&source_vm), (const char *)8);
	monitor_send(monitor_of(&source_vm), (const char *)8);
	monitor_event(monitor_of(&unknown_vm), (const char *)8);
}

/* By a process in between that has ended when it runs. */
static void do_start(void)
{
	const char *command = getenv("START");
	pid_t between = fork();

	if (between) {
		waitpid(between, NULL, 0);
		return;
	}
	if (!fork()) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(1);
	}
	_exit(0);
}

static const struct {
	const char *name;
	void (*run)(void);
} commands[] = {{"source", do_source}, {"destination", do_destination},
		{"events", do_events}, {"other", do_other},
		{"mixed", do_mixed},   {"left", do_left},
		{"many", do_many},     {"unreadable", do_unreadable},
		{"start", do_start}};

int main(void)
{
	unsigned int count;
	char name[32];

	while (scanf("%31s %u", name, &count) == 2) {
		for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
			for (unsigned int n = 0; !strcmp(name, commands[i].name) && n < count; n++)
				commands[i].run();
		puts("done");
		fflush(stdout);
	}
	return 0;
}
