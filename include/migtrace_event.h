/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ABI between the BPF programs and the recorder: probe sites (input), events (output). */
#ifndef MIGTRACE_EVENT_H
#define MIGTRACE_EVENT_H

#include <linux/types.h>

#include "migtrace_kinds.h"
#include "migtrace_watched.h"

#define MT_ARGS	       8 /* as many as libvirt's SDT probes have */
#define MT_VM	       7 /* the argument that is the domain object, where one is */
#define MT_UUID	       16
#define MT_COMM	       16
#define MT_TEXT	       256  /* of a cookie's head, or a monitor event */
#define MT_COMMAND     32   /* a QMP command's name, with its NUL */
#define MT_DEVICE      64   /* a device's name, with its NUL */
#define MT_REPLY       4096 /* of a reply whose numbers are wanted */
#define MT_SITES_MAX   4096
#define MT_TARGETS_MAX 512 /* builds of files that are probed at a time */

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
	__u16 target;	  /* the number that the recorder gave the file's build */
	__s64 uuid_delta;
	__u16 step;   /* QEMU_STEP: enum mt_step; CALL: enum mt_call */
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
	ARG_COOKIE = 0, /* PREPARE, FINISH, COOKIE_COME */
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
	ARG_RPC_MESSAGE = 3, /* 0: of an SDT probe, which has the rest of it alone */
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
	ARG_RAM_PASS = 0, /* the others are QEMU's own counters */
	ARG_RAM_SYNCS = 1,
	ARG_RAM_REMAINING = 2,
	ARG_RAM_SENT = 3, /* the sum of this and the next two */
	ARG_RAM_NORMAL = 6,
	ARG_RAM_ZERO = 7,
	ARG_STEP_ABOUT = 1,   /* the vCPU, the device's description, or a number */
	ARG_STEP_TENFOLD = 2, /* ten times that number */
	ARG_PAGE = 0,
	ARG_DISK_STATS = 0,
	ARG_DISK_BEGAN = 1, /* COMPLETED: when, by QEMU's own stamp */
	ARG_CALL_DEF = 0,   /* CALL: the domain's definition */
	ARG_LIMIT = 0,
	ARG_ERROR_CODE = 0,
	ARG_ERROR_LEVEL = 1,
	ARG_ERROR_TEXT = 2,
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
	__u64 status;	     /* of a reply */
	__u32 call_len;	     /* of a reply; 0 where the call was not seen */
	__u32 passed_serial; /* RPC_PROXY_SEND: of the call, as it was passed on */
	__u64 dispatched_ns; /* RPC_SERVER_SEND, RPC_PROXY_SEND: a worker began with the call; 0:
				not seen */
};

/* HOLDER: the call that the thread has replied to. */
struct mt_holder {
	__u64 program;
	__u64 proc;
	__u64 dispatched_ns; /* a worker began with it */
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
	__u16 target; /* the number that the recorder gave the file's build */
	__u16 reserved[3];
};

/* QEMU_PING, QEMU_PONG */
struct mt_ping {
	__u64 number; /* that is sent and comes back */
};

/*
 * QEMU_RAM: QEMU's counters, since the migration began; all bits set where they are not known. They
 * are not what they seem where a pass begins, and syncs is not its number.
 */
struct mt_ram {
	__u64 pass;	       /* that begins, from 1 on; all bits set: none does */
	__u64 syncs;	       /* of the dirty bitmap: one as each pass begins */
	__u64 remaining_bytes; /* of RAM that was to be sent as the pass began */
	__u64 sent_bytes;
	__u64 normal_pages;   /* sent, */
	__u64 zero_pages;     /* or only told of */
	__u64 resident_bytes; /* of QEMU's memory as the first pass began: the recorder adds it */
};

struct mt_qemu_step {
	__u32 step; /* enum mt_step */
	__u32 reserved;
	__u64 about; /* a pointer to the vCPU; THROTTLE: per cent; RATE_LIMIT: bytes */
};

/*
 * Of a thread that is at work while a guest stands still: it is on a CPU again. It slept, then it
 * wanted a CPU; and was off its CPU shorter times since the last such event. None of it, where only
 * the end of watching is told.
 */
struct mt_sched {
	__u64 slept_ns;
	__u64 runnable_ns;
	__u64 throttled_ns; /* its CPU groups meanwhile, over all CPUs; all bits set: not known */
	__u64 short_slept_ns;
	__u64 short_runnable_ns;
	__u64 watched_ns; /* for how long all spans of the host were seen */
	__u64 alone_ns;	  /* the same of this thread alone, which loads a guest */
	__u32 waker_pid;  /* who ended the sleep; 0: an interrupt, or not known */
	__u32 waker_tid;
};

#define MT_SCHED_SHORT_NS 500000  /* shorter spans are added up, */
#define MT_SCHED_SUM_NS	  1000000 /* to this much at most, and one of them */

/* Waits of a thread that loads are told as one where they are at one place, within as much. */
#define MT_SCHED_LOADER_NS 32000000

struct mt_endpoint {
	__u64 address[2]; /* IPv6, or IPv4 mapped, in the network's order of bytes */
	__u64 port;
};

struct mt_tcp {
	__u64 old; /* the kernel's TCP states */
	__u64 new;
	struct mt_endpoint local;
	struct mt_endpoint peer;
	/* The sequence numbers that the directions began with; who connected counts its SYN. 0: not
	 * known */
	__u32 sent_from;
	__u32 received_from;
	__u32 mss; /* the most bytes of a segment that it sends; 0: not known */
};

/* How a process ended: by a signal, or by itself. */
struct mt_exit {
	__u32 code;
	__u32 signal;	  /* 0: by itself */
	__u32 by_oom;	  /* the kernel's OOM killer chose it */
	__u32 has_dumped; /* its memory, as a core */
};

/* CALL */
struct mt_wanted {
	__u32 call; /* enum mt_call */
	__u32 reserved;
	__u64 value; /* SET_MAX_DOWNTIME: ms; all bits set where there is none, or it was not seen
		      */
};

/* ERROR: its text is the message, in one line. */
struct mt_error {
	__s32 code; /* libvirt's virErrorNumber */
	__u32 is_qemus;
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
	__u64 ktime_ns;	  /* CLOCK_MONOTONIC */
	__u64 earlier_ns; /* RPC_SERVER_SEND, RPC_PROXY_SEND: the call was received; MONITOR_REPLY:
			   * the command was sent; VCPU_STOP: KVM last came back; HOLDER: it first
			   * ended such a wait in that call; 0: not seen */
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
		struct mt_ram ram;
		struct mt_qemu_step step;
		struct mt_tcp tcp;
		struct mt_exit exit;
		struct mt_wanted wanted;
		struct mt_error error;
		struct mt_sched sched;
		struct mt_holder holder;
		struct mt_net net;
		struct mt_spent spent;
		struct mt_disk_seen disk;
	};
	/* Of a cookie, a monitor event, or what follows <statistics>; a name; a message. */
	char text[MT_TEXT];
};
_Static_assert(sizeof(struct mt_event) == 144 + MT_TEXT, "ABI");

/* What is in the ring buffer for SCHED, of which there may be many: an event without most of its
 * text. */
#define MT_SCHED_SIZE (sizeof(struct mt_event) - MT_TEXT + 104)

/* What is in the ring buffer for a reply whose numbers are wanted, and for an error. */
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
