/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stand-in for libvirt.so.0: access checks and the RPC's SDT probes. */
#include <stddef.h>
#include <stdio.h>

#include "libvirt.h"

/* What VIR_DEBUG is for the resolver: a function that is given its own name. */
void logged(const char *function, const char *format)
{
	if (!function)
		puts(format);
}

int virNetServerProgramDispatch(void *prog, void *server, void *client, struct net_message *msg)
{
	return !prog && !server && client && msg;
}

int virDomainMigratePerform3ParamsEnsureACL(void *conn, struct def *def)
{
	return conn && def;
}

int virDomainMigratePrepare3ParamsEnsureACL(void *conn, struct def *def)
{
	return conn || def;
}

int virDomainMigrateFinish3ParamsEnsureACL(void *conn, struct def *def)
{
	return !conn && def;
}

void *virDomainEventLifecycleNew(int id, const char *name, unsigned char *uuid, int type)
{
	return name && id && type ? uuid : NULL;
}

void *virDomainEventLifecycleNewFromDef(struct def *def, int type, int detail)
{
	return virDomainEventLifecycleNew(def->id, "", def->uuid, type + detail);
}

void *virDomainEventLifecycleNewFromObj(struct vm *vm, int type, int detail)
{
	return virDomainEventLifecycleNewFromDef(vm->def, type, detail);
}

void virDomainObjSetState(void *vm, int state, int reason)
{
	static int last;

	last = vm ? state : reason;
	(void)last;
}

/* Nobody calls this; but the library has to have a call of it, as libvirt's has. */
void library_calls(void)
{
	virNetServerProgramDispatch(NULL, NULL, NULL, NULL);
}

#ifdef PLAIN
/* What a libvirt without SDT probes calls in their places. */
int virNetClientSendWithReply(void *client, struct net_message *msg);
int virNetServerClientSendMessage(void *client, struct net_message *msg);

static const struct message *called, *answer;

static struct net_message net_message(const struct message *m)
{
	return (struct net_message){.len = m->len,
				    .prog = (uint32_t)m->prog,
				    .vers = (uint32_t)m->vers,
				    .proc = (uint32_t)m->proc,
				    .type = (uint32_t)m->type,
				    .status = (uint32_t)m->status,
				    .serial = (uint32_t)m->serial};
}

int virNetClientSendWithReply(void *client, struct net_message *msg)
{
	*msg = net_message(answer);
	return client == called->client;
}

int virNetServerClientSendMessage(void *client, struct net_message *msg)
{
	return client && msg;
}

/* It is static, and logs. */
static __attribute__((noinline)) void virNetServerDispatchNewMessage(void *client,
								     struct net_message *msg)
{
	__asm__ volatile("" ::"r"(msg) : "memory"); /* all of it is there */
	logged(__func__, client && msg ? "client=%p" : "");
}

void client_send(const struct message *m)
{
	called = m;
}

void client_receive(const struct message *m)
{
	struct net_message message = net_message(called);

	answer = m;
	virNetClientSendWithReply(called->client, &message);
}

void server_send(const struct message *m)
{
	struct net_message message = net_message(m);

	virNetServerClientSendMessage(m->client, &message);
}

void server_receive(const struct message *m)
{
	struct net_message message = net_message(m);

	virNetServerDispatchNewMessage(m->client, &message);
}
#else
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

#define SEMAPHORE(name)                                                                            \
	__extension__ unsigned short libvirt_##name##_semaphore __attribute__((section(".probe"    \
										       "s")))

SEMAPHORE(rpc_client_msg_tx_queue);
SEMAPHORE(rpc_client_msg_rx);
SEMAPHORE(rpc_server_client_msg_tx_queue);
SEMAPHORE(rpc_server_client_msg_rx);

/* Every argument is a pointer to libvirt's PROBE(), too: so the notes say 8@ for all of them. */
#define PROBE(name, m)                                                                             \
	do {                                                                                       \
		if (libvirt_##name##_semaphore)                                                    \
			DTRACE_PROBE8(libvirt, name, m->client, m->len, m->prog, m->vers, m->proc, \
				      m->type, m->status, m->serial);                              \
	} while (0)

void client_send(const struct message *m)
{
	PROBE(rpc_client_msg_tx_queue, m);
}

void client_receive(const struct message *m)
{
	PROBE(rpc_client_msg_rx, m);
}

void server_send(const struct message *m)
{
	PROBE(rpc_server_client_msg_tx_queue, m);
}

void server_receive(const struct message *m)
{
	PROBE(rpc_server_client_msg_rx, m);
}
#endif
