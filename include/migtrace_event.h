/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ABI between the BPF programs and the recorder: probe sites (input), events (output). */
#ifndef MIGTRACE_EVENT_H
#define MIGTRACE_EVENT_H

#include <linux/types.h>

#define MT_ARGS	     8 /* as many as libvirt's SDT probes have */
#define MT_VM	     7 /* the argument that is the domain object, where one is */
#define MT_UUID	     16
#define MT_COMM	     16
#define MT_TEXT	     256  /* of a cookie's head, or a monitor event */
#define MT_COMMAND   32	  /* a QMP command's name, with its NUL */
#define MT_DEVICE    64	  /* a device's name, with its NUL */
#define MT_REPLY     4096 /* of a reply whose numbers are wanted */
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
	MT_COOKIE_STATISTICS = 29,
	MT_MONITOR_REPLY = 30,
	MT_QEMU_STEP = 31,	/* one of enum mt_step */
	MT_MIGRATION_INFO = 32, /* numbers of such a reply: made by the recorder */
	MT_DISPATCH = 33,	/* a worker begins with a client's call; is not an event itself */
	MT_SELF_TEST = 34,	/* of the recorder's own process; is not an event itself */
	MT_KINDS
};

/*
 * What QEMU has come to, all entries of its functions. Numbers are part of the ABI, too. In order
 * of time where there is one.
 */
enum mt_step {
	MT_STEP_NONE = 0,
	MT_STEP_STOP_DECIDED = 1,      /* source: what is left fits into the downtime limit */
	MT_STEP_VCPUS_PAUSE = 2,       /* all vCPUs are told to leave the guest */
	MT_STEP_VCPU_STOP = 3,	       /* one has left it */
	MT_STEP_STOP_SENT = 4,	       /* after the run state's notifiers */
	MT_STEP_BLOCK_DRAIN = 5,       /* requests on the way are waited for */
	MT_STEP_BLOCK_FLUSH = 6,       /* disks are flushed */
	MT_STEP_CONTINUED = 7,	       /* libvirt's migrate-continue has come */
	MT_STEP_LAST_RAM = 8,	       /* dirty pages that are left are sent */
	MT_STEP_DEVICES_SAVE = 9,      /* then the devices' state */
	MT_STEP_DEVICE_SAVE = 10,      /* one of them, by name */
	MT_STEP_BLOCK_INACTIVATE = 11, /* disks are given up */
	MT_STEP_POSTCOPY_PACKAGE = 12, /* post-copy: devices' state leaves in one piece */
	MT_STEP_SOURCE_CLEANUP = 13,
	MT_STEP_LOAD = 14,	    /* destination */
	MT_STEP_LOAD_SECTIONS = 15, /* a stream begins, or that of post-copy's package */
	MT_STEP_DEVICE_LOAD = 16,
	MT_STEP_LOADED = 17,
	MT_STEP_VCPUS_LOADED = 18, /* vCPUs are given their registers */
	MT_STEP_ANNOUNCE = 19,	   /* the guest's network addresses are told */
	MT_STEP_CONT = 20,	   /* libvirt's cont has come */
	MT_STEP_BLOCK_ACTIVATE = 21,
	MT_STEP_START_PREPARE = 22,
	MT_STEP_RESUME_SENT = 23,
	MT_STEP_VCPUS_RELEASE = 24,
	MT_STEP_VCPU_START = 25, /* one of them goes into the guest */
	MT_STEP_FRAME_SENT = 26, /* a frame that tells an address */
	MT_STEP_STREAM_END = 27, /* source: all is saved, what is buffered is sent */
	MT_STEP_LOAD_WAIT = 28,	 /* source: waits for the destination to have loaded that */
	MT_STEPS
};

/* When a step counts: functions are called at other times, too. */
enum mt_when {
	MT_WHEN_ANY = 0,
	MT_WHEN_MIGRATING = 1, /* since QEMU's migration state changed, until all vCPUs run */
	MT_WHEN_HALTED = 2,    /* since its vCPUs were told to stop, or while it loads */
};

/* Where MIGRATION_INFO has its numbers; times are ms, the rest bytes and kbit/s. */
enum mt_info {
	INFO_TOTAL_TIME = 0,
	INFO_SETUP_TIME = 1,
	INFO_EXPECTED_DOWNTIME = 2,
	INFO_DOWNTIME = 3,
	INFO_TRANSFERRED = 4,
	INFO_REMAINING = 5,
	INFO_TOTAL = 6,
	INFO_KBIT = 7,
};

/* The BPF programs of probe hits; the self-test goes through them in this order. */
enum mt_program {
	MT_PROGRAM_HIT = 0, /* the one that is attached */
	MT_PROGRAM_PHASE = 1,
	MT_PROGRAM_COOKIE = 2,
	MT_PROGRAM_MONITOR = 3,
	MT_PROGRAM_RPC = 4,
	MT_PROGRAM_QEMU = 5,
	MT_PROGRAM_PAGES = 6,
	MT_PROGRAM_STATISTICS = 7,
	MT_PROGRAMS
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
	__u16 target;	  /* the number that the recorder gave the file */
	__s64 uuid_delta;
	__u16 step;   /* QEMU_STEP: enum mt_step */
	__u8 when;    /* QEMU_STEP: enum mt_when */
	__u8 program; /* enum mt_program, which tracer_probe() fills in */
	__u8 reserved[4];
	struct mt_arg arg[MT_ARGS];
};
_Static_assert(sizeof(struct mt_site) == 24 + 16 * MT_ARGS, "ABI");

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
 *   COOKIE_STATISTICS: text is what follows <statistics> in a cookie that was formatted, or came
 *   COOKIE_FORMAT enter: 0 party, 1 char **cookie, 2 int *length, 3 flags
 *   MONITOR_SEND: 0 mon, 1 message.  MONITOR_EVENT: 0 mon, 1 text
 *   MONITOR_REPLY: 0 mon, 1 whether it is an error
 *   MIGRATION_INFO: enum mt_info; the downtime limit in cookie_hash, dirty pages per second in
 *              cookie_len, passes in call_len; all bits set where the reply does not say
 *   DISPATCH: 0 the client, 1 the message.  ENSURE_ACL: 0 the domain's definition
 *   QEMU_STEP: 0 the step, 1 what it is about (a pointer to the vCPU), text a device's name
 *   QEMU_PING, QEMU_PONG: 0 the number that is sent and comes back
 *   TCP_STATE: 0 old state, 1 new, 2-3 local address (IPv6, or IPv4 mapped), 4 local port,
 *              5-6 peer's address, 7 peer's port
 *   RPC_*: 0 client, 1 len, 2 prog, 3 vers, 4 proc, 5 type, 6 status, 7 serial
 */
struct mt_event {
	__u64 ktime_ns; /* CLOCK_MONOTONIC */
	/* RPC_SERVER_SEND: when the call was received; MONITOR_REPLY: when the command was sent;
	 * VCPU_STOP: when KVM last returned from the guest. 0 where not seen */
	__u64 earlier_ns;
	__u32 tgid;
	__u32 tid;
	__u16 kind;
	__u8 edge;
	__u8 uuid_check; /* enum mt_check: whether the domain object's own UUID is uuid */
	__u16 command;	 /* MONITOR_SEND, _REPLY: the number that the recorder gave the command;
			  * QEMU_MIGRATION_STATE: the one that it gave the file */
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

/* What is in the ring buffer for a reply whose numbers are wanted. */
struct mt_reply {
	struct mt_event event;
	char text[MT_REPLY]; /* a string */
};
_Static_assert(sizeof(struct mt_reply) == sizeof(struct mt_event) + MT_REPLY, "ABI");

/* A QMP command that may be recorded. */
struct mt_command {
	__u16 number; /* that the recorder gave it; from 1 on */
	__u16 flags;
};

#define MT_COMMAND_CHATTY  1 /* not while a destination is prepared, nor from outside a phase */
#define MT_COMMAND_NUMBERS 2 /* the numbers in its reply are wanted */

/* Which tasks are this host's: those in one namespace, or of one process, or all. */
enum mt_filter {
	MT_FILTER_NONE = 0,
	MT_FILTER_TGID = 1,
	MT_FILTER_NETNS = 2,
	MT_FILTER_MNTNS = 3,
};

#endif
