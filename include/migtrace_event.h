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
	MT_STEP_VCPUS_PAUSE = 2,       /* all vCPUs are ordered to leave the guest */
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
	MT_STEP_ANNOUNCE = 19,	   /* the guest's network addresses are announced */
	MT_STEP_CONT = 20,	   /* libvirt's cont has come */
	MT_STEP_BLOCK_ACTIVATE = 21,
	MT_STEP_START_PREPARE = 22,
	MT_STEP_RESUME_SENT = 23,
	MT_STEP_VCPUS_RELEASE = 24,
	MT_STEP_VCPU_START = 25, /* one of them goes into the guest */
	MT_STEP_FRAME_SENT = 26, /* a frame that announces an address */
	MT_STEP_STREAM_END = 27, /* source: all is saved, what is buffered is sent */
	MT_STEP_LOAD_WAIT = 28,	 /* source: waits for the destination to have loaded that */
	MT_STEPS
};

/* When a step counts: functions are called at other times, too. */
enum mt_when {
	MT_WHEN_ANY = 0,
	MT_WHEN_MIGRATING = 1, /* since QEMU's migration state changed, until all vCPUs run */
	MT_WHEN_HALTED = 2,    /* since its vCPUs were ordered to stop, or while it loads */
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
	__u16 def_offset; /* of the definition in the domain object that arg[MT_VM]
			   * is; 0: unknown */
	__u16 target;	  /* the number that the recorder gave the file */
	__s64 uuid_delta;
	__u16 step;   /* QEMU_STEP: enum mt_step */
	__u8 when;    /* QEMU_STEP: enum mt_when */
	__u8 program; /* enum mt_program, which tracer_probe() fills in */
	__u8 reserved[4];
	struct mt_arg arg[MT_ARGS];
};
_Static_assert(sizeof(struct mt_site) == 24 + 16 * MT_ARGS, "ABI");

/* Which of a site's arguments is which, by kind. What only the programs need stays
 * in the kernel. */
enum mt_site_arg {
	ARG_RESULT = 0,	 /* of every return */
	ARG_ACL_DEF = 0, /* ENSURE_ACL: the domain's definition */
	ARG_DISPATCH_CLIENT = 0,
	ARG_DISPATCH_MESSAGE = 1,
	ARG_PERFORM_URI = 0, /* of the peer's daemon (p2p), or 0 */
	ARG_PERFORM_VM = 1,
	ARG_COOKIE = 0, /* PREPARE, FINISH */
	ARG_COOKIE_LEN = 1,
	ARG_FINISH_CANCELLED = 2,
	ARG_CONFIRM_CANCELLED = 0,
	ARG_CPUS_REASON = 0,
	ARG_FORMAT_PARTY = 0,
	ARG_FORMAT_COOKIE = 1, /* char ** */
	ARG_FORMAT_LEN = 2,    /* int * */
	ARG_FORMAT_FLAGS = 3,
	ARG_STATE_VM = 0,
	ARG_STATE = 1,
	ARG_STATE_REASON = 2,
	ARG_MONITOR = 0,
	ARG_MONITOR_TEXT = 1, /* the command's message, the reply, or the event */
	ARG_RPC_CLIENT = 0,
	ARG_RPC_LEN = 1,
	ARG_RPC_PROGRAM = 2,
	ARG_RPC_VERSION = 3,
	ARG_RPC_PROC = 4,
	ARG_RPC_TYPE = 5,
	ARG_RPC_STATUS = 6,
	ARG_RPC_SERIAL = 7,
	ARG_RUN_STATE_RUNNING = 0,
	ARG_RUN_STATE = 1,
	ARG_MIGRATION_STATE = 0, /* as it is before the change */
	ARG_MIGRATION_STATE_OLD = 1,
	ARG_MIGRATION_STATE_NEW = 2,
	ARG_PING_NUMBER = 0,
	ARG_STEP_ABOUT = 1, /* the vCPU, or the device's description */
	ARG_PAGE = 0,
};

/* A cookie of libvirt's. */
struct mt_cookie {
	__u64 hash; /* of its last 2 KiB; the same at both ends. 0: no cookie */
	__u32 len;
	__u32 reserved;
};

/* FINISH enter. */
struct mt_finish {
	struct mt_cookie cookie;
	__u32 is_cancelled;
};

/* COOKIE_FORMAT; the cookie is there as it returns. */
struct mt_format {
	struct mt_cookie cookie;
	__u64 party;
};

/* PERFORM enter. */
struct mt_perform {
	__u32 is_p2p;
};

/* CONFIRM enter. */
struct mt_confirm {
	__u32 is_cancelled;
};

/* START_CPUS, STOP_CPUS enter. */
struct mt_cpus {
	__s32 reason;
};

/* Returns. */
struct mt_result {
	__s32 returned;	     /* PREPARE, PERFORM, RUN, CONFIRM, START_CPUS, STOP_CPUS */
	__u32 has_succeeded; /* BEGIN, FINISH: they return a pointer */
};

struct mt_set_state {
	__s32 state;
	__s32 reason;
};

/* MONITOR_SEND, MONITOR_REPLY */
struct mt_monitor {
	__u16 command; /* the number that the recorder gave it */
	__u16 reserved;
	__u32 has_failed; /* the reply is an error */
};

struct mt_rpc {
	__u64 proc;
	__u64 serial;
	__u64 len;
	__u64 status;	/* of a reply */
	__u32 call_len; /* RPC_SERVER_SEND, RPC_CLIENT_RECEIVE; 0 where it was not seen */
	__u32 reserved;
};

struct mt_run_state {
	__u32 is_running;
	__s32 state;
};

/* QEMU_MIGRATION_STATE, with the waits for pages that ended since the last one. */
struct mt_migration_state {
	__s32 old;
	__s32 new;
	__u64 stalls;
	__u64 stalled_ns;
	__u64 longest_stall_ns;
	__u16 target; /* the number that the recorder gave the file */
	__u16 reserved[3];
};

/* QEMU_PING, QEMU_PONG */
struct mt_ping {
	__u64 number; /* that is sent and comes back */
};

struct mt_qemu_step {
	__u32 step; /* enum mt_step */
	__u32 reserved;
	__u64 about; /* a pointer to the vCPU */
};

struct mt_endpoint {
	__u64 address[2]; /* IPv6, or IPv4 mapped, in the network's order of bytes */
	__u64 port;
};

struct mt_tcp {
	__u64 old; /* the kernel's TCP states */
	__u64 new;
	struct mt_endpoint local;
	struct mt_endpoint peer;
};

/* MIGRATION_INFO: a number has all bits set where the reply does not say it. */
struct mt_info {
	__u64 total_time_ms;
	__u64 setup_time_ms;
	__u64 expected_downtime_ms;
	__u64 downtime_ms;
	__u64 downtime_limit_ms;
	__u64 transferred_bytes;
	__u64 remaining_bytes;
	__u64 total_bytes;
	__u64 kbit_per_s;
	__u32 dirty_pages_per_s;
	__u32 passes;
};
_Static_assert(sizeof(struct mt_info) == 80, "ABI");

/* The payload is the kind's, and all zero in kinds that have none. */
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
	__u16 text_len;	 /* bytes of text[] that count */
	__u16 reserved;
	__u8 uuid[MT_UUID];
	char comm[MT_COMM];
	union {
		struct mt_cookie cookie; /* of PREPARE enter; FINISH's and FORMAT's begin with it */
		struct mt_finish finish;
		struct mt_format format;
		struct mt_perform perform;
		struct mt_confirm confirm;
		struct mt_cpus cpus;
		struct mt_result result;
		struct mt_set_state state;
		struct mt_monitor monitor;
		struct mt_info info;
		struct mt_rpc rpc;
		struct mt_run_state run_state;
		struct mt_migration_state migration_state;
		struct mt_ping ping;
		struct mt_qemu_step step;
		struct mt_tcp tcp;
	};
	char text[MT_TEXT]; /* of a cookie, a monitor event, or what follows <statistics>; a name */
};
_Static_assert(sizeof(struct mt_event) == 144 + MT_TEXT, "ABI");

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
