/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What events mean: kinds of probe hits, QEMU's steps, clients' calls. Part of the ABI. */
#ifndef MIGTRACE_KINDS_H
#define MIGTRACE_KINDS_H

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
	MT_EXIT = 35,		/* a process that gave events has ended */
	MT_CALL = 36,		/* one of enum mt_call: a client wants that of a domain */
	MT_ERROR = 37,		/* libvirt or QEMU says what did not work */
	MT_SCHED = 38, /* a thread was off its CPU, or until when that would have been seen */
	MT_DOWNTIME_LIMIT = 39, /* that a client wants; kept for its call; is not an event itself */
	MT_HOLDER = 40, /* who ended a wait of a thread at work has replied to its client's call */
	MT_COOKIE_COME =
		41, /* names the domain of a call that may be passed on; is not an event itself */
	MT_RPC_PROXY_SEND = 42, /* the reply of a daemon that had passed the call on to another */
	MT_QEMU_RAM = 43, /* source: how far the guest's RAM is sent, as a pass begins, or in one */
	MT_NET_BEGIN = 44, /* a network interface of a guest that migrates is watched from now on */
	MT_NET_END = 45,   /* it is not any more: what was seen meanwhile */
	MT_VCPU = 46,	   /* where a vCPU's time went so far, of a guest that migrates */
	MT_QEMU_DISK = 47, /* one of enum mt_disk_step: is counted, and is not an event itself */
	MT_DISK_BEGIN = 48, /* a disk of a guest that migrates is watched from now on */
	MT_DISK_END = 49,   /* it is not any more: what was seen meanwhile */
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
	MT_STEP_THROTTLE = 29,	 /* source: vCPUs are slowed down, by so many per cent */
	MT_STEP_RATE_LIMIT = 30, /* source: no more bytes are sent, in each tenth of a second */
	MT_STEP_TSC_READ = 31,	 /* source: of each vCPU, as it was stopped */
	MT_STEP_TSC_SET =
		32, /* by KVM, of a vCPU of its own: about is 0 where that has no effect */
	MT_STEPS
};

/* What becomes of a guest's request to one of its disks. */
enum mt_disk_step {
	MT_DISK_REQUEST = 1,
	MT_DISK_COMPLETED = 2, /* or failed: the guest is told */
};

/* What clients call of libvirt that ends a migration, or its guest, or stops it. Part of the ABI.
 */
enum mt_call {
	MT_CALL_NONE = 0,
	MT_CALL_DESTROY = 1,
	MT_CALL_SHUTDOWN = 2,
	MT_CALL_REBOOT = 3,
	MT_CALL_RESET = 4,
	MT_CALL_SUSPEND = 5,
	MT_CALL_RESUME = 6,
	MT_CALL_ABORT_JOB = 7,
	MT_CALL_SAVE = 8,
	MT_CALL_SET_MAX_DOWNTIME = 9,
	MT_CALLS
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
	MT_PROGRAM_DISK = 8,
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

#endif
