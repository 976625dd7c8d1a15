/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ABI between the BPF programs and the recorder: probe sites going in, events coming out. */
#ifndef MIGTRACE_EVENT_H
#define MIGTRACE_EVENT_H

#include <linux/types.h>

#define MT_ARGS	     8 /* as many as libvirt's SDT probes have */
#define MT_VM	     7 /* the argument that is the domain object, where one is */
#define MT_UUID	     16
#define MT_COMM	     16
#define MT_TEXT	     256 /* of a cookie's head, or a monitor event */
#define MT_COMMAND   32	 /* a QMP command's name, with its NUL */
#define MT_SITES_MAX 4096

/* What a probe hit means. Numbers are part of the ABI: append only, never renumber. */
enum mt_kind {
	MT_NONE = 0,
	MT_BEGIN = 1,
	MT_PREPARE = 2,
	MT_PERFORM = 3,
	MT_RUN = 4,
	MT_FINISH = 5,
	MT_CONFIRM = 6,
	MT_COMPLETE = 7,
	MT_STOP_CPUS = 8,
	MT_START_CPUS = 9,
	MT_COOKIE_FORMAT = 10,
	MT_ENSURE_ACL = 11, /* names the domain that its thread works for; is not an event itself */
	MT_MONITOR_SEND = 12,
	MT_MONITOR_EVENT = 13,
	MT_MONITOR_CLOSE = 14, /* the domain's QEMU has gone, or is to go */
	MT_RPC_CLIENT_SEND = 15,
	MT_RPC_CLIENT_RECEIVE = 16,
	MT_RPC_SERVER_SEND = 17,
	MT_RPC_SERVER_RECEIVE = 18, /* kept for the reply to carry; is not an event itself */
	MT_SET_STATE = 19,
	MT_EXEC = 20, /* a daemon was started: there may be a new file to probe; is not recorded */
	MT_QEMU_RUN_STATE = 21,
	MT_QEMU_MIGRATION_STATE = 22,
	MT_QEMU_PING = 23, /* the source's QEMU asks for an answer on the return path */
	MT_QEMU_PONG = 24, /* the destination's answers */
	MT_QEMU_SHUT = 25, /* the destination's says on the return path that it is done */
	MT_TCP_STATE = 26, /* of a connection of a guest's QEMU, or of a thread that migrates it */
	MT_QEMU_PAGE_REQUEST =
		27,		 /* post-copy: the guest waits for a page; is not an event itself */
	MT_QEMU_PAGE_PLACE = 28, /* a page has come: ends that wait; is not an event itself */
	MT_KINDS
};

enum mt_edge {
	MT_ENTER = 0,
	MT_RETURN = 1,
};

/* Two ways to know one thing: whether they agree. */
enum mt_check {
	MT_UNCHECKED = 0,
	MT_AGREES = 1,
	MT_DISAGREES = 2,
};

/* Where an argument is found at a probe site. */
enum mt_where {
	MT_ARG_NONE = 0,
	MT_ARG_REGISTER = 1,
	MT_ARG_MEMORY = 2, /* at register + value */
	MT_ARG_CONSTANT = 3,
};

struct mt_arg {
	__u16 regs_offset; /* of the register in struct pt_regs */
	__u8 where;
	__u8 size; /* 1, 2, 4 or 8 bytes */
	__u8 is_signed;
	__u8 reserved[3];
	__s64 value;
};
_Static_assert(sizeof(struct mt_arg) == 16, "ABI");

struct mt_site {
	__u16 kind;
	__u8 edge;
	__u8 is_qemu;	  /* its domain's UUID is at uuid_delta from the instruction; 0: unknown */
	__u16 def_offset; /* of the definition in the domain object that arg[MT_VM] is; 0: unknown
			   */
	__u8 reserved[2];
	__s64 uuid_delta;
	struct mt_arg arg[MT_ARGS];
};
_Static_assert(sizeof(struct mt_site) == 16 + 16 * MT_ARGS, "ABI");

/*
 * arg[] by kind:
 *   PERFORM enter: 0 the URI of the peer's daemon (p2p) or 0, 1 vm
 *   QEMU_RUN_STATE: 0 running, 1 run state
 *   QEMU_MIGRATION_STATE: 0 now, 1 old, 2 new, and of the waits for pages that ended since the last
 *              one: 3 how many, 4 ns in all, 5 ns of the longest
 *   QEMU_PAGE_REQUEST, QEMU_PAGE_PLACE: 0 the page's address
 *   SET_STATE: 0 vm, 1 state, 2 reason.  any return: 0 the value returned
 *   PREPARE enter: 0 cookie, 1 its length.  FINISH enter: the same, 2 cancelled
 *   START_CPUS, STOP_CPUS enter: 0 reason
 *   COOKIE_FORMAT enter: 0 party, 1 char **cookie, 2 int *length, 3 flags
 *   MONITOR_SEND: 0 mon, 1 message.  MONITOR_EVENT: 0 mon, 1 text
 *   QEMU_PING, QEMU_PONG: 0 the number that is sent and comes back
 *   TCP_STATE: 0 old state, 1 new, 2-3 local address (IPv6, or IPv4 mapped), 4 local port,
 *              5-6 peer's address, 7 peer's port
 *   RPC_*: 0 client, 1 len, 2 prog, 3 vers, 4 proc, 5 type, 6 status, 7 serial
 */
struct mt_event {
	__u64 ktime_ns;	  /* CLOCK_MONOTONIC */
	__u64 earlier_ns; /* RPC_SERVER_SEND: when the call was received; 0 where not seen */
	__u32 tgid;
	__u32 tid;
	__u16 kind;
	__u8 edge;
	__u8 uuid_check; /* enum mt_check: whether the domain object's own UUID is uuid */
	__u16 command;	 /* MONITOR_SEND: the number that the recorder gave the command */
	__u16 text_len;	 /* bytes of text[] that count */
	__u8 uuid[MT_UUID];
	char comm[MT_COMM];
	__u64 arg[MT_ARGS];
	__u64 cookie_hash; /* of the cookie's last 2 KiB; the same at both ends. 0: no cookie */
	__u32 cookie_len;
	__u32 call_len; /* RPC_SERVER_SEND, RPC_CLIENT_RECEIVE: the call's length; 0 where not seen
			 */
	char text[MT_TEXT];
};
_Static_assert(sizeof(struct mt_event) == 160 - 16 + MT_TEXT, "ABI");

/* Which tasks are this host's: those in one namespace, or of one process, or all. */
enum mt_filter {
	MT_FILTER_NONE = 0,
	MT_FILTER_TGID = 1,
	MT_FILTER_NETNS = 2,
	MT_FILTER_MNTNS = 3,
};

#endif
