/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stand-in for libvirt: the same symbols, arguments and SDT probes, and nothing behind them. */
#ifndef MIGTRACE_TESTS_BPF_LIBVIRT_H
#define MIGTRACE_TESTS_BPF_LIBVIRT_H

#include <stdint.h>

/* As in libvirt: virDomainDef begins so in every version that there is. */
struct def {
	int virt_type;
	int id;
	unsigned char uuid[16];
};

/* The definition is where libvirt 9.0 has it; the monitor's address is any that is no other's. */
struct vm {
	char monitor[0x88];
	struct def *def;
};

struct message {
	void *client;
	uint64_t len, prog, vers, proc, type, status, serial;
};

/* virNetMessage. */
struct net_message {
	uint64_t tracked, buffer, len, offset;
	uint32_t prog, vers, proc, type, serial, status;
};

/* libvirt.so.0 */
void logged(const char *function, const char *format);
int virNetServerProgramDispatch(void *prog, void *server, void *client, struct net_message *msg);
int virDomainMigratePerform3ParamsEnsureACL(void *conn, struct def *def);
int virDomainMigratePrepare3ParamsEnsureACL(void *conn, struct def *def);
int virDomainMigrateFinish3ParamsEnsureACL(void *conn, struct def *def);
void client_send(const struct message *m);
void client_receive(const struct message *m);
void server_send(const struct message *m);
void server_receive(const struct message *m);

void *virDomainEventLifecycleNewFromObj(struct vm *vm, int type, int detail);
void *virDomainEventLifecycleNewFromDef(struct def *def, int type, int detail);
void *virDomainEventLifecycleNew(int id, const char *name, unsigned char *uuid, int type);
void virDomainObjSetState(void *vm, int state, int reason);

void library_calls(void);

/* libvirt_driver_qemu.so */
void driver_calls(void);
static inline void *monitor_of(void *vm)
{
	return ((struct vm *)vm)->monitor + 8;
}

void monitor_send(void *mon, const char *text);
void monitor_event(void *mon, const char *text);
void monitor_reply(void *mon, const char *text);
void monitor_close(void *mon);
int qemuMigrationSrcPerform(void *driver, void *conn, void *vm, const char *xmlin,
			    const char *persist_xml, const char *dconnuri, const char *uri);
int qemuMigrationDstPrepareDirect(void *driver, void *dconn, const char *cookiein, int cookieinlen);
void *qemuMigrationDstFinish(void *driver, void *dconn, void *vm, const char *cookiein,
			     int cookieinlen, char **cookieout, int *cookieoutlen,
			     unsigned int flags, int retcode, int v3proto);
int qemuProcessStartCPUs(void *driver, void *vm, int reason, int job);
int qemuMigrationCookieFormat(void *mig, void *driver, void *vm, int party, char **cookieout,
			      int *cookieoutlen, unsigned int flags);

/*
 * A cookie as the source's Run makes it, longer than its head that is recorded: before libvirt's
 * numbers stands the domain, in which anything may stand, and behind them other things.
 */
#define FEATURE "  <feature name='0123456789012345678901234567890123456789'/>\n"
#define COOKIE                                                                                     \
	"<qemu-migration>\n  <name>fixture</name>\n" FEATURE FEATURE FEATURE FEATURE               \
	"  <domain><statistics><started>1</started></statistics><graphics passwd='hunter2'/>"      \
	"</domain>\n  <statistics>\n    <started>1700000000123</started>\n"                        \
	"    <stopped>1700000004567</stopped>\n    <sent>1700000004602</sent>\n"                   \
	"    <setup_time>3</setup_time>\n  </statistics>\n"                                        \
	"  <nbd passwd='hunter2'/>\n</qemu-migration>\n"
/* The destination's answer: its clock is behind. */
#define COOKIE_BACK                                                                                \
	"<qemu-migration>\n  <statistics>\n    <started>1700000000123</started>\n"                 \
	"    <delta>-7290</delta>\n  </statistics>\n</qemu-migration>\n"

#endif
