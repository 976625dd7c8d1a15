/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stand-in for libvirt_driver_qemu.so: a source's Perform and a destination's Finish. */
#include <stdio.h>
#include <string.h>

#include "libvirt.h"

#ifdef PLAIN
/* What a libvirt without SDT probes calls in their places. */
struct monitor_message {
	int fd;
	const char *text;
};

int qemuMonitorSend(void *mon, struct monitor_message *msg);
int qemuMonitorJSONIOProcessLine(void *mon, const char *line, struct monitor_message *msg);
void qemuMonitorClose(void *mon);

int qemuMonitorSend(void *mon, struct monitor_message *msg)
{
	return mon && msg->fd;
}

int qemuMonitorJSONIOProcessLine(void *mon, const char *line, struct monitor_message *msg)
{
	return mon && line && msg;
}

void qemuMonitorClose(void *mon)
{
	logged(mon ? __func__ : "", "");
}

void monitor_send(void *mon, const char *text)
{
	struct monitor_message message = {-1, text};

	qemuMonitorSend(mon, &message);
}

void monitor_event(void *mon, const char *text)
{
	qemuMonitorJSONIOProcessLine(mon, text, NULL);
}

void monitor_reply(void *mon, const char *text)
{
	qemuMonitorJSONIOProcessLine(mon, text, NULL);
}

void monitor_close(void *mon)
{
	qemuMonitorClose(mon);
}
#else
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

unsigned short libvirt_qemu_monitor_send_msg_semaphore __attribute__((section(".probes")));
unsigned short libvirt_qemu_monitor_recv_event_semaphore __attribute__((section(".probes")));
unsigned short libvirt_qemu_monitor_close_semaphore __attribute__((section(".probes")));
unsigned short libvirt_qemu_monitor_recv_reply_semaphore __attribute__((section(".probes")));

void monitor_send(void *mon, const char *text)
{
	if (libvirt_qemu_monitor_send_msg_semaphore)
		DTRACE_PROBE3(libvirt, qemu_monitor_send_msg, mon, text, (void *)-1);
}

void monitor_event(void *mon, const char *text)
{
	if (libvirt_qemu_monitor_recv_event_semaphore)
		DTRACE_PROBE2(libvirt, qemu_monitor_recv_event, mon, text);
}

void monitor_reply(void *mon, const char *text)
{
	if (libvirt_qemu_monitor_recv_reply_semaphore)
		DTRACE_PROBE2(libvirt, qemu_monitor_recv_reply, mon, text);
}

void monitor_close(void *mon)
{
	if (libvirt_qemu_monitor_close_semaphore)
		DTRACE_PROBE1(libvirt, qemu_monitor_close, mon);
}
#endif

int qemuMigrationCookieFormat(void *mig, void *driver, void *vm, int party, char **cookieout,
			      int *cookieoutlen, unsigned int flags)
{
	static char source[] = COOKIE, destination[] = COOKIE_BACK;

	(void)mig, (void)driver, (void)vm, (void)flags;
	*cookieout = party == 1 ? source : destination;
	*cookieoutlen = (int)strlen(*cookieout) + 1;
	return 0;
}

int qemuProcessStartCPUs(void *driver, void *vm, int reason, int job)
{
	(void)driver, (void)vm, (void)job;
	return reason == 2 ? 0 : -1;
}

static __attribute__((noinline)) int qemuMigrationSrcRun(void *driver, void *vm)
{
	char *cookie;
	int len;

	logged(__func__, "driver=%p");
	monitor_send(monitor_of(vm),
		     "{\"execute\":\"set_password\",\"arguments\":{\"password\":\"hunter2\"}}\r\n");
	monitor_send(monitor_of(vm),
		     "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"secret-uri\"}}\r\n");
	monitor_reply(monitor_of(vm),
		      "{\"id\": \"libvirt-3\", \"error\": {\"desc\": \"hunter2\"}}");
	monitor_reply(monitor_of(vm), "{\"return\": {}, \"id\": \"libvirt-4\"}"); /* to nothing */
	monitor_send(monitor_of(vm), "{\"execute\":\"query-migrate\",\"id\":\"libvirt-5\"}\r\n");
	monitor_reply(
		monitor_of(vm),
		"{\"return\": {\"status\": \"active\", \"expected-downtime\": 300, \"ram\": "
		"{\"remaining\": 4096, \"total\": -1, \"mbps\": 1.5, \"dirty-sync-count\": 2}, "
		"\"error-desc\": \"no way: password=hunter2\"}, \"id\": \"libvirt-5\"}");
	monitor_event(monitor_of(vm),
		      "{\"timestamp\": {\"seconds\": 1746240028, \"microseconds\": 5}, "
		      "\"event\": \"STOP\"}");
	virDomainObjSetState(vm, 3, 2);
	monitor_event(monitor_of(vm),
		      "{\"timestamp\": {\"seconds\": 1746240028, \"microseconds\": 540071}, "
		      "\"event\": \"MIGRATION\", \"data\": {\"status\": \"device\"}}");
	monitor_event(monitor_of(vm),
		      "{\"timestamp\": {\"seconds\": 1746240028, \"microseconds\": 540071}, "
		      "\"event\": \"VNC_CONNECTED\", \"data\": {\"auth\": \"hunter2\"}}");
	return qemuMigrationCookieFormat(NULL, driver, vm, 1, &cookie, &len, 0x20);
}

int qemuMigrationSrcPerform(void *driver, void *conn, void *vm, const char *xmlin,
			    const char *persist_xml, const char *dconnuri, const char *uri)
{
	struct message call = {vm, 170, 0x20008086, 1, 303, 0, 0, 5};
	struct message reply = {vm, 240, 0x20008086, 1, 303, 1, 0, 5};

	(void)conn, (void)xmlin, (void)persist_xml, (void)dconnuri, (void)uri;
	client_send(&call);
	client_receive(&reply);
	call.proc = reply.proc = 1; /* CONNECT_OPEN: not a migration's */
	client_send(&call);
	client_receive(&reply);
	return qemuMigrationSrcRun(driver, vm) - 3;
}

int qemuMigrationDstPrepareDirect(void *driver, void *dconn, const char *cookiein, int cookieinlen)
{
	(void)driver, (void)dconn, (void)cookiein, (void)cookieinlen;
	return -7;
}

void *qemuMigrationDstFinish(void *driver, void *dconn, void *vm, const char *cookiein,
			     int cookieinlen, char **cookieout, int *cookieoutlen,
			     unsigned int flags, int retcode, int v3proto)
{
	(void)dconn, (void)cookiein, (void)cookieinlen, (void)flags, (void)v3proto;
	monitor_send(monitor_of(vm), "{\"execute\":\"cont\",\"id\":\"libvirt-31\"}\r\n");
	monitor_reply(monitor_of(vm), "{\"return\": {}, \"id\": \"libvirt-31\"}");
	qemuProcessStartCPUs(driver, vm, retcode ? 1 : 2, 2);
	qemuMigrationCookieFormat(NULL, driver, vm, 2, cookieout, cookieoutlen, 0x20);
	return vm;
}

/* Nobody calls this; but the driver has to have calls of its functions, as libvirt's has. */
void driver_calls(void)
{
	qemuMigrationSrcPerform(NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	qemuMigrationDstPrepareDirect(NULL, NULL, NULL, 0);
	qemuMigrationDstFinish(NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, 0, 0);
}
