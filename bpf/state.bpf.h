/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept between hits: the maps, who owns an entry, and what could not be kept. */
#ifndef MIGTRACE_STATE_BPF_H
#define MIGTRACE_STATE_BPF_H

__u64 lost;	  /* events that found no room, and state that could not be kept, or forgotten */
__u64 unreadable; /* events with memory that could not be read */
__u64 hits;	  /* of probes, in this host */
int has_ended;	  /* set by the recorder: probes that are not detached yet do nothing */

/*
 * Each entry has an owner whose end deletes it: the thread's dispatch, the monitor, the process,
 * the connection. None is evicted: what finds no room is counted as lost. Sizes are the recorder's
 * (src/probe/kernel/sizes.c).
 */
#define KEPT_BY(key_, value_)                                                                      \
	__uint(type, BPF_MAP_TYPE_HASH);                                                           \
	__uint(max_entries, 1024);                                                                 \
	__type(key, key_);                                                                         \
	__type(value, value_)

/* What only has a meaning in one process. */
struct pointer_key {
	__u64 pointer;
	__u32 tgid;
	__u32 serial;
};

/* The end of a cookie in the daemon's memory. */
struct tail {
	__u64 begin;
	__u64 size;
	__u64 statistics; /* where libvirt's numbers begin in it; size: nowhere */
};

/* What a thread of the daemon does for which domain, until it has replied or serves the next. */
struct thread {
	__u8 uuid[MT_UUID];
	__u32 is_bound; /* to a domain, by the access check: else only what it serves is known */
	__u32 depth;	/* phases entered and not returned from */
	__u32 is_preparing;
	__u32 cookie_party;
	__u32 is_finishing; /* a migration whose guest stands still (watch.bpf.h) */
	__u32 is_named;	    /* not bound; but of a call that may be passed on the cookie names it */
	__u32 passed_serial; /* of the call as it was passed on; 0: it was not */
	__u64 vm;	     /* the domain object that Perform works on */
	__u64 cookie_out;    /* char ** and int * of the cookie being formatted */
	__u64 cookie_len;
	struct tail tail;	   /* of the cookie that was recorded last */
	struct pointer_key served; /* the client's call that it works for; 0: unknown */
	__u64 dispatched_ns;	   /* when it began with that */
	struct pointer_key call;   /* to the peer, that it waits for */
	__u64 message;		   /* of that call, which becomes the reply; 0: not known */
};

struct {
	KEPT_BY(__u64, struct thread);
} threads SEC(".maps"); /* by pid_tgid */

struct domain {
	__u8 uuid[MT_UUID];
};

struct {
	KEPT_BY(struct pointer_key, struct domain);
} domains SEC(".maps"); /* of monitors, and of domain objects that are being migrated */

struct {
	KEPT_BY(__u64, struct domain);
} monitor_threads SEC(".maps"); /* by pid_tgid */

struct {
	KEPT_BY(__u64, __u64);
} limits SEC(".maps"); /* by pid_tgid: the downtime limit that its client wants */

struct call {
	__u64 ktime_ns;
	__u32 len;
	__u32 proc;
	__u8 uuid[MT_UUID];
};

struct {
	KEPT_BY(struct pointer_key, struct call);
} calls SEC(".maps"); /* by client and serial */

/* A command that was sent and not yet answered: a monitor has one at a time. */
struct asked {
	__u64 ktime_ns;
	__u8 uuid[MT_UUID];
	struct mt_command command;
	__u32 reserved;
};

struct {
	KEPT_BY(struct pointer_key, struct asked);
} asked SEC(".maps"); /* by monitor */

/* A QEMU that migrates, and the waits for pages that ended since they were last reported. */
struct qemu {
	__u32 tgid; /* as the recorder has it, which looks for it here */
	__u32 phase;
	__u32 device_tid; /* of the thread that saves or loads devices; 0: none does */
	__u32 loader;	  /* the place of the thread that loads it (loader.bpf.h), from 1 on */
	__u64 top_sp;	  /* of its stack, where a device of its own begins and no part of one */
	__u64 start;	  /* which one it is: its stamp */
	__u64 paused;	  /* its vCPUs were last ordered to stop */
	__u64 stalls;
	__u64 stalled_ns;
	__u64 longest_stall_ns;
	__u64 ram_begun;    /* its first pass over the guest's RAM began; 0: not seen */
	__u64 ram_next;	    /* from then on it is worth telling how far it is */
	__u32 is_standing;  /* it was decided to stop (watch.bpf.h) */
	__u32 has_started;  /* since its start was prepared */
	__u8 uuid[MT_UUID]; /* 0: not known here */
};

struct {
	KEPT_BY(__u32, struct qemu);
} guests SEC(".maps"); /* by tgid */

struct {
	KEPT_BY(__u64, __u64);
} kvm_exits SEC(".maps"); /* by a vCPU's pid_tgid: when KVM last came back from the guest */

/* A thread that is watched: since when it is off its CPU, and what was too short to report. */
struct off {
	__u64 since;  /* watching began: what is of another time is void */
	__u64 off_ns; /* 0: it is on a CPU */
	__u64 woken_ns;
	__u64 throttled_ns; /* its groups in all, when it was woken */
	__u64 waker;	    /* pid_tgid */
	__u64 waker_inside; /* in the recorder's PID namespace, if that is not the initial one */
	__u64 is_noted;	    /* what that one serves will be told */
	__u64 short_slept_ns;
	__u64 short_runnable_ns;
};

struct {
	KEPT_BY(__u32, struct off);
} offs SEC(".maps"); /* by tid */

/* Where threads sleep in the kernel: for as long as that runs. */
struct place_key {
	__u64 frames[3];
};

struct place {
	char names[96];
	__u64 len;
};

struct {
	KEPT_BY(struct place_key, struct place);
} places SEC(".maps");

/* To put into it: before Linux 6.2 that cannot be the memory of an event. */
static const struct place no_place;

/* What a thread of a daemon does for any client, while something migrates. */
struct serving {
	__u64 dispatched_ns;
	__u64 woke_ns; /* it first ended a wait meanwhile; 0: it has not */
};

struct {
	KEPT_BY(__u64, struct serving);
} servings SEC(".maps"); /* by pid_tgid */

struct {
	KEPT_BY(__u32, __u32);
} vcpu_places SEC(".maps"); /* by tid: where its time is counted (vcpu.bpf.h) */

struct {
	KEPT_BY(struct pointer_key, __u64);
} started SEC(".maps"); /* by QEMU's CPUState *: of which start it was seen to go into the guest */

struct {
	KEPT_BY(struct pointer_key, __u64);
} awaited SEC(".maps"); /* by page: since when the guest waits for it */

/* Whose connection a socket is. */
struct socket_owner {
	__u32 tgid;	    /* as the recorder has it */
	__u8 uuid[MT_UUID]; /* 0: known by its process */
};

struct {
	KEPT_BY(__u64, struct socket_owner);
} sockets SEC(".maps"); /* by struct sock * */

struct port_key {
	__u32 netns;
	__u32 port;
};

struct listener {
	__u64 sock;
	struct socket_owner owner;
};

struct {
	KEPT_BY(struct port_key, struct listener);
} ports SEC(".maps"); /* that guests' processes, and threads that migrate, listen on */

struct {
	KEPT_BY(__u32, __u32);
} children SEC(".maps"); /* by tgid: what a daemon has started, and what these have */

struct {
	KEPT_BY(__u64, __u32);
} emulators SEC(".maps"); /* by inode number: the QEMUs that are probed, by the recorder */

struct {
	KEPT_BY(__u32, __u32);
} processes SEC(".maps"); /* by tgid: those with entries that are theirs; and of these: */

#define IS_NOTED  1
#define IS_DAEMON 2

static __always_inline void note_lost(void)
{
	__sync_fetch_and_add(&lost, 1);
}

static __always_inline void note_unreadable(void)
{
	__sync_fetch_and_add(&unreadable, 1);
}

/*
 * The flags are bpf_map_update_elem()'s. Before Linux 6.4 only the lower half of what it and
 * bpf_map_delete_elem() return is set.
 */
static __always_inline void state_put(void *map, const void *key, const void *value, __u64 flags)
{
	int err = bpf_map_update_elem(map, key, value, flags);

	if (err && err != -EEXIST)
		note_lost();
}

/* An entry that stays would be taken for what comes later under its key. */
static __always_inline void state_drop(void *map, const void *key)
{
	int err = bpf_map_delete_elem(map, key);

	if (err && err != -ENOENT)
		note_lost();
}

static __always_inline struct pointer_key pointer_key(__u64 pointer, __u64 serial)
{
	return (struct pointer_key){
		.pointer = pointer, .tgid = bpf_get_current_pid_tgid() >> 32, .serial = serial};
}

/*
 * A bit for all processes whose number ends so, of which one had an entry: without it no process
 * has one. In one cache line, for who asks at each switch of the machine.
 */
__u64 process_bits[8] __attribute__((aligned(64)));

static __always_inline int may_be_noted(__u32 tgid)
{
	return process_bits[tgid >> 6 & 7] >> (tgid & 63) & 1;
}

/* The process's exit deletes what is its own (process.bpf.h). */
static __always_inline void process_note(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32, noted = IS_NOTED;

	if (bpf_map_lookup_elem(&processes, &tgid))
		return;
	state_put(&processes, &tgid, &noted, BPF_ANY);
	__sync_fetch_and_or(&process_bits[tgid >> 6 & 7], 1ull << (tgid & 63));
}

static __always_inline void pointer_put(void *map, const struct pointer_key *key, const void *value,
					__u64 flags)
{
	process_note();
	state_put(map, key, value, flags);
}

#endif
