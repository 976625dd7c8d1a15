/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Probe hits of libvirt's daemons become events of one domain: no policy, no text that leaks. */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#include "kernel_types.h"
#include "migtrace_event.h"

#define REMOTE_PROGRAM 0x20008086 /* libvirt: src/remote/remote_protocol.x */
#define RPC_CALL       0
#define RPC_REPLY      1
#define DEF_UUID       8 /* virDomainDef: int virtType, int id, then uuid; 1.2.15 to today */
#define COOKIE_TAIL    2048
#define EVENT_NAME_AT  48 /* the shortest timestamp before `"event": "` is longer */
#define EVENT_NAME_END 96
#define PAGE_SHIFT     12

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 filter_kind = MT_FILTER_NONE;
const volatile __u32 filter_id;	 /* a tgid, or a namespace's inode number */
const volatile __u32 qemu_netns; /* of this host's QEMUs, where filter_id does not tell; 0: any */

__u64 lost;	  /* events that found no room */
__u64 unreadable; /* events with memory that could not be read */
__u64 hits;	  /* of probes, in this host */
int has_ended;	  /* set by the recorder: probes that are not detached yet do nothing */

/* What a thread of the daemon is doing for which domain. */
struct thread {
	__u8 uuid[MT_UUID];
	__u32 depth; /* phases entered and not returned from */
	__u32 is_preparing;
	__u32 cookie_party;
	__u64 vm;	  /* the domain object that Perform works on */
	__u64 cookie_out; /* char ** and int * of the cookie being formatted */
	__u64 cookie_len;
	__u64 cookie; /* one that was recorded, in which libvirt's numbers may be */
	__u32 cookie_size;
	__u32 reserved;
};

struct pointer_key {
	__u64 pointer;
	__u32 tgid;
	__u32 serial;
};

struct domain {
	__u8 uuid[MT_UUID];
};

struct call {
	__u64 ktime_ns;
	__u32 len;
	__u32 proc;
	__u8 uuid[MT_UUID];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MT_SITES_MAX);
	__type(key, __u32);
	__type(value, struct mt_site);
} sites SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct thread);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct pointer_key);
	__type(value, struct domain);
} owners SEC(".maps"); /* of monitors, and of domain objects that are being migrated */

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct pointer_key);
	__type(value, struct call);
} calls SEC(".maps");

/* A command that was sent and not yet answered: a monitor has one at a time. */
struct asked {
	__u64 ktime_ns;
	__u8 uuid[MT_UUID];
	struct mt_command command;
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct pointer_key);
	__type(value, struct asked);
} asked SEC(".maps"); /* by monitor */

/* A QEMU that migrates. */
struct guest {
	__u32 phase;
	__u32 device_tid;  /* of the thread that saves or loads devices; 0: none does */
	__u64 top_sp;	   /* of its stack, where a device of its own begins and no part of one */
	__u64 starting_ns; /* since when its vCPUs are being started */
};

#define GUEST_RUNS     1
#define GUEST_STOPPING 2
#define GUEST_HALTED   3
#define GUEST_STARTING 4
#define STARTING_NS    1000000000 /* after it, who has not started was not to */

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32); /* its tgid */
	__type(value, struct guest);
} guests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);   /* pid_tgid of a vCPU's thread */
	__type(value, __u64); /* when KVM last came back from the guest */
} kvm_exits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct pointer_key); /* QEMU's CPUState * */
	__type(value, __u64);		 /* of which start it was seen to go into the guest */
} started SEC(".maps");

/* Whose connection a socket is. */
struct owner {
	__u32 tgid;
	__u8 uuid[MT_UUID]; /* 0: the process tells */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* struct sock * */
	__type(value, struct owner);
} sockets SEC(".maps");

struct port_key {
	__u32 netns;
	__u32 port;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct port_key);
	__type(value, struct owner);
} ports SEC(".maps"); /* that QEMUs listen on */

/* The QMP commands that may be recorded, by name: of all others nothing leaves the kernel. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, char[MT_COMMAND]);
	__type(value, struct mt_command);
} commands SEC(".maps");

/* The QMP events that may be recorded, by name. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, char[MT_COMMAND]);
	__type(value, __u16);
} monitor_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[COOKIE_TAIL / 8]);
} scratch SEC(".maps");

struct page_key {
	__u64 page;
	__u32 tgid;
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct page_key);
	__type(value, __u64); /* since when the guest waits for it */
} awaited SEC(".maps");

struct stalls {
	__u64 count;
	__u64 total_ns;
	__u64 longest_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, __u32); /* a QEMU's tgid */
	__type(value, struct stalls);
} stalls SEC(".maps");

static __always_inline __u32 current_netns(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
}

static __always_inline int is_this_host(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	switch (filter_kind) {
	case MT_FILTER_TGID:
		return bpf_get_current_pid_tgid() >> 32 == filter_id;
	case MT_FILTER_NETNS:
		return current_netns() == filter_id;
	case MT_FILTER_MNTNS:
		return BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum) == filter_id;
	default:
		return 1;
	}
}

/* A QEMU is another process than its daemon, and libvirt gives it a mount namespace of its own. */
static __always_inline int is_this_hosts_qemu(void)
{
	if (filter_kind == MT_FILTER_NONE || filter_kind == MT_FILTER_NETNS)
		return is_this_host();
	return !qemu_netns || current_netns() == qemu_netns;
}

static __always_inline __u64 arg_narrow(__u64 value, const struct mt_arg *arg)
{
	__u32 shift = (64 - arg->size * 8) & 63;

	if (arg->is_signed)
		return (__s64)(value << shift) >> shift;
	return value << shift >> shift;
}

static __always_inline __u64 arg_read(const void *regs, const struct mt_arg *arg)
{
	__u64 value = 0;

	if (arg->where == MT_ARG_NONE)
		return 0;
	if (arg->where == MT_ARG_CONSTANT)
		return arg->value;
	bpf_probe_read_kernel(&value, sizeof(value), regs + arg->regs_offset);
	if (arg->where == MT_ARG_MEMORY) {
		const void *address = (const void *)(value + arg->value);

		value = 0;
		if (bpf_probe_read_user(&value, arg->size & 15, address))
			__sync_fetch_and_add(&unreadable, 1);
	}
	return arg_narrow(value, arg);
}

static __always_inline void event_fill(struct mt_event *event, const struct mt_site *site,
				       const __u8 *uuid, const __u64 *args)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	__builtin_memset(event, 0, sizeof(*event));
	event->ktime_ns = bpf_ktime_get_ns();
	event->tgid = pid_tgid >> 32;
	event->tid = (__u32)pid_tgid;
	event->kind = site->kind;
	event->edge = site->edge;
	__builtin_memcpy(event->uuid, uuid, MT_UUID);
	__builtin_memcpy(event->arg, args, sizeof(event->arg));
	bpf_get_current_comm(event->comm, sizeof(event->comm));
}

static __always_inline struct mt_event *event_reserve(const struct mt_site *site, const __u8 *uuid,
						      const __u64 *args)
{
	struct mt_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (event)
		event_fill(event, site, uuid, args);
	else
		__sync_fetch_and_add(&lost, 1);
	return event;
}

static __always_inline struct thread *thread_current(void)
{
	__u64 key = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&threads, &key);
}

/* The driver checks access at the start of every phase, with the domain's definition in hand. */
static __always_inline void thread_bind(__u64 def)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct thread thread = {};

	if (bpf_probe_read_user(thread.uuid, MT_UUID, (const void *)(def + DEF_UUID)))
		__sync_fetch_and_add(&unreadable, 1);
	else
		bpf_map_update_elem(&threads, &key, &thread, BPF_ANY);
}

/* Returns value, or limit where it is more, in a way that the verifier can follow. */
static __always_inline __u32 at_most(__u32 value, __u32 limit)
{
	if (value > limit)
		value = limit;
	barrier_var(value);
	return value > limit ? limit : value;
}

/*
 * Copies the cookie's head if it is one. Where a libvirt has its arguments elsewhere, this reads
 * something else, which must neither be believed nor leave the kernel.
 */
static __always_inline int cookie_head(struct mt_event *event, __u64 cookie, __u32 len)
{
	static const char start[] = "<qemu-migration";
	__u32 head = at_most(len, MT_TEXT);
	int err = bpf_probe_read_user(event->text, head, (const void *)cookie);

	for (__u32 i = 0; i < sizeof(start) - 1 && !err; i++)
		err = event->text[i] != start[i];
	if (err) {
		__builtin_memset(event->text, 0, MT_TEXT);
		__sync_fetch_and_add(&unreadable, 1);
		return -1;
	}
	event->text_len = head;
	return 0;
}

/*
 * The same bytes give the same number at both ends of the connection. The tail is taken, since the
 * time stamps that make a cookie unlike every other stand behind what can be long in it.
 */
static __always_inline void event_add_cookie(struct mt_event *event, __u64 cookie, __u32 len)
{
	__u32 zero = 0, tail = at_most(len & ~7u, COOKIE_TAIL);
	__u64 *words = bpf_map_lookup_elem(&scratch, &zero);
	__u64 hash = 0xcbf29ce484222325 ^ len;

	if (!words || !cookie || !len || cookie_head(event, cookie, len))
		return;
	if (bpf_probe_read_user(words, tail, (const void *)(cookie + len - tail))) {
		__sync_fetch_and_add(&unreadable, 1);
		return;
	}
	for (__u32 i = 0; i < COOKIE_TAIL / 8; i++) {
		if (i * 8 >= tail)
			break;
		hash = (hash ^ words[i]) * 0x100000001b3;
		hash ^= hash >> 32;
	}
	event->cookie_len = len;
	event->cookie_hash = hash;
}

/* The last 16 bytes of a text that is gone through byte by byte. */
struct last {
	__u64 early, late;
};

static __always_inline void last_add(struct last *last, char c)
{
	last->early = last->early << 8 | last->late >> 56;
	last->late = last->late << 8 | (__u8)c;
}

/*
 * Returns 1 if early, of which mask counts, and late came last, else 0. Without a branch: the
 * verifier would follow both ways of it in each round of a loop.
 */
static __always_inline __u64 last_is(const struct last *last, __u64 early, __u64 mask, __u64 late)
{
	__u64 differs = ((last->early ^ early) & mask) | (last->late ^ late), minus = -differs;

	/* The compiler would see through it, and make a branch of each step. */
	barrier_var(minus);
	differs = (differs | minus) >> 63;
	barrier_var(differs);
	return differs ^ 1;
}

/*
 * Returns where in scratch, of so many bytes, libvirt's numbers begin; the size if they are not
 * there. The last place counts: what stands before is the domain, in which anything may stand.
 */
static __noinline __u32 statistics_find(__u32 size)
{
	__u32 zero = 0;
	const char *tail = bpf_map_lookup_elem(&scratch, &zero);
	struct last last = {};
	__u64 at = size;

	for (__u32 i = 0; tail && i < COOKIE_TAIL; i++) {
		__u64 found, before;

		last_add(&last, tail[i]);
		found = last_is(&last, 0x3c737461 /* <sta */, 0xffffffff,
				0x746973746963733e /* tistics> */);
		before = (__u64)i - size; /* what is behind it is of another cookie */
		barrier_var(before);
		found &= before >> 63;
		barrier_var(found);
		at = at * (found ^ 1) + (i + 1) * found;
		barrier_var(at);
	}
	return at;
}

/* Clears in scratch what stands behind the numbers: that is no part of them. Returns their length.
 */
static __noinline __u32 statistics_cut(__u32 size)
{
	__u32 zero = 0;
	char *text = bpf_map_lookup_elem(&scratch, &zero);
	__u64 is_over = 0, len = 0;
	struct last last = {};

	for (__u32 i = 0; text && i < MT_TEXT; i++) {
		text[i] &= (char)(is_over - 1);
		last_add(&last, text[i]);
		len += is_over ^ 1;
		is_over |= last_is(&last, 0x3c2f737461 /* </sta */, 0xffffffffff,
				   0x746973746963733e /* tistics> */);
		barrier_var(is_over);
	}
	return at_most(len, size);
}

static __always_inline struct pointer_key pointer_key(__u64 pointer, __u64 serial)
{
	return (struct pointer_key){
		.pointer = pointer, .tgid = bpf_get_current_pid_tgid() >> 32, .serial = serial};
}

static __always_inline void owner_learn(__u64 pointer, const __u8 *uuid)
{
	struct pointer_key key = pointer_key(pointer, 0);
	struct domain domain;

	__builtin_memcpy(domain.uuid, uuid, MT_UUID);
	bpf_map_update_elem(&owners, &key, &domain, BPF_ANY);
}

static __always_inline void owner_forget(__u64 pointer)
{
	struct pointer_key key = pointer_key(pointer, 0);

	bpf_map_delete_elem(&owners, &key);
}

/*
 * Of a monitor, or a domain object, whose domain is known: a monitor is closed when its QEMU has
 * gone, or is not wanted any more; the object's new state is how the monitor's thread says that it
 * has handled a STOP.
 */
static __always_inline void on_owned(const struct mt_site *site, const __u64 *args)
{
	struct pointer_key key = pointer_key(args[0], 0);
	struct domain *known = bpf_map_lookup_elem(&owners, &key);
	struct mt_event *event;

	if (!known)
		return;
	event = event_reserve(site, known->uuid, args);
	if (event)
		bpf_ringbuf_submit(event, 0);
	if (site->kind == MT_MONITOR_CLOSE)
		owner_forget(args[0]);
}

/* The domain object is this domain's while Perform runs; later its address may be another's. */
static __always_inline void perform_note(const struct mt_site *site, struct thread *thread,
					 const __u64 *args)
{
	if (site->edge == MT_ENTER) {
		thread->vm = args[1];
		owner_learn(args[1], thread->uuid);
	} else {
		owner_forget(thread->vm);
	}
}

/* Reads the UUID in the definition of the domain object that the function got. */
static __always_inline int vm_uuid(const struct mt_site *site, const __u64 *args, __u8 *uuid)
{
	__u64 def;

	return !site->def_offset || !args[MT_VM] ||
	       bpf_probe_read_user(&def, sizeof(def), (void *)(args[MT_VM] + site->def_offset)) ||
	       bpf_probe_read_user(uuid, MT_UUID, (void *)(def + DEF_UUID));
}

/* The thread's UUID is from the access check; the domain object that it works on has one, too. */
static __always_inline __u8 uuid_check(const struct mt_site *site, const __u64 *args,
				       const __u8 *expected)
{
	__u8 uuid[MT_UUID];

	if (vm_uuid(site, args, uuid))
		return MT_UNCHECKED;
	for (__u32 i = 0; i < MT_UUID; i++)
		if (uuid[i] != expected[i])
			return MT_DISAGREES;
	return MT_AGREES;
}

/*
 * A thread that we came too late for to see its access check, in the middle of a phase: Perform,
 * and Run within it. Their returns may be seen all the same, if another recorder has seen them
 * begin.
 */
static __always_inline struct thread *thread_bind_late(const struct mt_site *site,
						       const __u64 *args)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct thread thread = {.depth = 2};

	if (!vm_uuid(site, args, thread.uuid))
		bpf_map_update_elem(&threads, &key, &thread, BPF_NOEXIST);
	return bpf_map_lookup_elem(&threads, &key);
}

/* Returns whether there is a cookie, which may have libvirt's numbers. */
static __always_inline int cookie_note(struct thread *thread, const struct mt_event *event,
				       __u64 cookie)
{
	thread->cookie = cookie;
	thread->cookie_size = event->cookie_len;
	return event->cookie_len != 0;
}

static __always_inline int on_function(const struct mt_site *site, const __u64 *args)
{
	struct thread *thread = thread_current();
	struct mt_event *event;
	int has_cookie = 0;

	if (!thread)
		return 0;
	if (site->edge == MT_ENTER)
		thread->depth++;
	if (site->kind == MT_PERFORM)
		perform_note(site, thread, args);
	if (site->kind == MT_PREPARE)
		thread->is_preparing = site->edge == MT_ENTER;
	event = event_reserve(site, thread->uuid, args);
	if (event)
		event->uuid_check = uuid_check(site, args, thread->uuid);
	if (event && site->edge == MT_ENTER &&
	    (site->kind == MT_FINISH || site->kind == MT_PREPARE)) {
		event_add_cookie(event, args[0], args[1]);
		has_cookie = cookie_note(thread, event, args[0]);
	}
	if (event)
		bpf_ringbuf_submit(event, 0);
	if (site->edge == MT_RETURN && thread->depth)
		thread->depth--;
	return has_cookie;
}

static __always_inline int on_cookie_format(const struct mt_site *site, __u64 *args)
{
	struct thread *thread = thread_current();
	struct mt_event *event;
	__u64 cookie = 0;
	int has_cookie;
	__u32 len = 0;

	if (!thread && site->edge == MT_ENTER)
		thread = thread_bind_late(site, args);
	if (!thread)
		return 0;
	if (site->edge == MT_ENTER) {
		thread->cookie_party = args[0];
		thread->cookie_out = args[1];
		thread->cookie_len = args[2];
	} else {
		args[0] = thread->cookie_party;
		if (bpf_probe_read_user(&cookie, sizeof(cookie), (void *)thread->cookie_out) ||
		    bpf_probe_read_user(&len, sizeof(len), (void *)thread->cookie_len))
			__sync_fetch_and_add(&unreadable, 1);
	}
	event = event_reserve(site, thread->uuid, args);
	if (!event)
		return 0;
	event_add_cookie(event, cookie, len);
	has_cookie = cookie_note(thread, event, cookie);
	bpf_ringbuf_submit(event, 0);
	return has_cookie;
}

/* Copies the JSON string that starts at text[at], up to its closing quote. */
static __always_inline void name_copy(char *name, const char *text, __u32 at)
{
	for (__u32 i = 0; i < MT_COMMAND - 1; i++) {
		char c = text[(at + i) & 127];

		if (c == '"' || !c)
			break;
		name[i] = c;
	}
}

static __always_inline int is_wanted(const struct mt_command *command, const struct thread *thread)
{
	return !(command->flags & MT_COMMAND_CHATTY) ||
	       (thread && thread->depth && !thread->is_preparing);
}

static __always_inline void asked_note(const struct pointer_key *key, const struct mt_event *event,
				       const struct mt_command *command)
{
	struct asked note = {.ktime_ns = event->ktime_ns, .command = *command};

	__builtin_memcpy(note.uuid, event->uuid, MT_UUID);
	bpf_map_update_elem(&asked, key, &note, BPF_ANY);
}

/* A thread in a phase of a migration sends on its own domain's monitor only: that names it. */
static __always_inline void on_monitor_send(const struct mt_site *site, const __u64 *args)
{
	static const char execute[] = "{\"execute\":\"";
	struct pointer_key key = pointer_key(args[0], 0);
	struct thread *thread = thread_current();
	char text[128] = {}, name[MT_COMMAND] = {};
	struct mt_event *event;
	struct mt_command *command;
	struct domain *known;

	bpf_map_delete_elem(&asked, &key);
	if (thread && thread->depth)
		owner_learn(args[0], thread->uuid);
	known = bpf_map_lookup_elem(&owners, &key);
	if (!known)
		return;
	if (bpf_probe_read_user_str(text, 64, (const void *)args[1]) < (long)sizeof(execute))
		return;
	for (__u32 i = 0; i < sizeof(execute) - 1; i++)
		if (text[i] != execute[i])
			return;
	name_copy(name, text, sizeof(execute) - 1);
	command = bpf_map_lookup_elem(&commands, name);
	if (!command || !is_wanted(command, thread))
		return;
	event = event_reserve(site, known->uuid, args);
	if (!event)
		return;
	event->command = command->number;
	asked_note(&key, event, command);
	bpf_ringbuf_submit(event, 0);
}

/* Its text goes no farther than to the recorder, which takes the numbers in it. */
static __always_inline void reply_emit_long(const struct mt_site *site, const struct asked *note,
					    const __u64 *args, __u64 text)
{
	struct mt_reply *reply = bpf_ringbuf_reserve(&events, sizeof(*reply), 0);

	if (!reply) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	event_fill(&reply->event, site, note->uuid, args);
	reply->event.earlier_ns = note->ktime_ns;
	reply->event.command = note->command.number;
	if (bpf_probe_read_user_str(reply->text, MT_REPLY, (const void *)text) < 0)
		reply->text[0] = 0;
	bpf_ringbuf_submit(reply, 0);
}

/* QEMU begins with `{"return": `, or with `{"id": ` where it is an error. */
static __always_inline void on_monitor_reply(const struct mt_site *site, __u64 *args)
{
	struct pointer_key key = pointer_key(args[0], 0);
	struct asked *known = bpf_map_lookup_elem(&asked, &key), note;
	__u64 text = args[1];
	struct mt_event *event;
	char head[4] = {};

	if (!known)
		return;
	note = *known;
	bpf_map_delete_elem(&asked, &key);
	bpf_probe_read_user(head, sizeof(head), (const void *)text);
	args[1] = head[2] != 'r';
	if (note.command.flags & MT_COMMAND_NUMBERS) {
		reply_emit_long(site, &note, args, text);
		return;
	}
	event = event_reserve(site, note.uuid, args);
	if (!event)
		return;
	event->earlier_ns = note.ktime_ns;
	event->command = note.command.number;
	bpf_ringbuf_submit(event, 0);
}

/* QEMU writes `{"timestamp": {"seconds": S, "microseconds": U}, "event": "NAME"`, 1 to 6 digits. */
static __always_inline void on_monitor_event(const struct mt_site *site, const __u64 *args)
{
	struct pointer_key key = pointer_key(args[0], 0);
	struct domain *known = bpf_map_lookup_elem(&owners, &key);
	char text[128] = {}, name[MT_COMMAND] = {};
	struct mt_event *event;
	long len;

	if (!known)
		return;
	len = bpf_probe_read_user_str(text, sizeof(text), (const void *)args[1]);
	if (len <= EVENT_NAME_AT)
		return;
	for (__u32 i = EVENT_NAME_AT; i < EVENT_NAME_END; i++) {
		if (text[i] == 't' && text[i + 1] == '"' && text[i + 2] == ':' &&
		    text[i + 3] == ' ' && text[i + 4] == '"') {
			name_copy(name, text, i + 5);
			break;
		}
	}
	if (!bpf_map_lookup_elem(&monitor_events, name))
		return;
	event = event_reserve(site, known->uuid, args);
	if (!event)
		return;
	event->text_len = len - 1;
	__builtin_memcpy(event->text, text, sizeof(text));
	bpf_ringbuf_submit(event, 0);
}

static __always_inline int is_migration_call(const __u64 *args)
{
	__u64 proc = args[4];

	if (args[2] != REMOTE_PROGRAM)
		return 0;
	return (proc >= 213 && proc <= 218) || (proc >= 302 && proc <= 307) ||
	       (proc >= 61 && proc <= 63) || proc == 108 || proc == 109 || proc == 148;
}

static __always_inline void on_rpc_client_send(const struct mt_site *site, const __u64 *args)
{
	struct pointer_key key = pointer_key(args[0], args[7]);
	struct thread *thread = thread_current();
	struct call call = {.len = args[1], .proc = args[4]};
	struct mt_event *event;

	if (!thread || !thread->depth || args[5] != RPC_CALL || !is_migration_call(args))
		return;
	__builtin_memcpy(call.uuid, thread->uuid, MT_UUID);
	event = event_reserve(site, thread->uuid, args);
	if (!event)
		return;
	call.ktime_ns = event->ktime_ns;
	bpf_ringbuf_submit(event, 0);
	bpf_map_update_elem(&calls, &key, &call, BPF_ANY);
}

static __always_inline void on_rpc_client_receive(const struct mt_site *site, const __u64 *args)
{
	struct pointer_key key = pointer_key(args[0], args[7]);
	struct mt_event *event;
	struct call *call;

	if (args[5] != RPC_REPLY || !is_migration_call(args))
		return;
	call = bpf_map_lookup_elem(&calls, &key);
	if (!call || call->proc != args[4])
		return;
	event = event_reserve(site, call->uuid, args);
	if (event) {
		event->earlier_ns = call->ktime_ns;
		event->call_len = call->len;
		bpf_ringbuf_submit(event, 0);
	}
	bpf_map_delete_elem(&calls, &key);
}

static __always_inline void on_rpc_server_receive(const __u64 *args)
{
	struct pointer_key key = pointer_key(args[0], args[7]);
	struct call call = {.len = args[1], .proc = args[4]};

	if (args[5] != RPC_CALL || !is_migration_call(args))
		return;
	call.ktime_ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&calls, &key, &call, BPF_ANY);
}

/* The worker that did the phase sends the reply: after it the thread belongs to no domain. */
static __always_inline void on_rpc_server_send(const struct mt_site *site, const __u64 *args)
{
	struct pointer_key key = pointer_key(args[0], args[7]);
	__u64 tid = bpf_get_current_pid_tgid();
	struct thread *thread = thread_current();
	struct mt_event *event;
	struct call *call;

	if (!thread || args[5] != RPC_REPLY || !is_migration_call(args))
		return;
	call = bpf_map_lookup_elem(&calls, &key);
	event = event_reserve(site, thread->uuid, args);
	if (event) {
		if (call && call->proc == args[4]) {
			event->earlier_ns = call->ktime_ns;
			event->call_len = call->len;
		}
		bpf_ringbuf_submit(event, 0);
	}
	bpf_map_delete_elem(&calls, &key);
	bpf_map_delete_elem(&threads, &tid);
}

/* A state is set only if it is the old one still: what does not take effect is no event. */
static __always_inline int is_no_change(const struct mt_site *site, const __u64 *args)
{
	return site->kind == MT_QEMU_MIGRATION_STATE && (args[0] != args[1] || args[1] == args[2]);
}

static __always_inline struct page_key page_key_of(__u64 address)
{
	return (struct page_key){address >> PAGE_SHIFT, bpf_get_current_pid_tgid() >> 32, 0};
}

static __always_inline void on_page_request(__u64 address)
{
	struct page_key key = page_key_of(address);
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&awaited, &key, &now, BPF_NOEXIST);
}

/* Of each page that comes: most were not waited for. */
static __always_inline void on_page_place(__u64 address)
{
	struct page_key key = page_key_of(address);
	__u64 *since = bpf_map_lookup_elem(&awaited, &key);
	struct stalls *sum, none = {};
	__u64 waited_ns;

	if (!since)
		return;
	waited_ns = bpf_ktime_get_ns() - *since;
	bpf_map_delete_elem(&awaited, &key);
	bpf_map_update_elem(&stalls, &key.tgid, &none, BPF_NOEXIST);
	sum = bpf_map_lookup_elem(&stalls, &key.tgid);
	if (!sum)
		return;
	__sync_fetch_and_add(&sum->count, 1);
	__sync_fetch_and_add(&sum->total_ns, waited_ns);
	if (waited_ns > sum->longest_ns)
		sum->longest_ns = waited_ns;
}

static __always_inline void stalls_take(__u64 *args)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct stalls *sum = bpf_map_lookup_elem(&stalls, &tgid);

	if (!sum)
		return;
	args[3] = sum->count;
	args[4] = sum->total_ns;
	args[5] = sum->longest_ns;
	bpf_map_delete_elem(&stalls, &tgid);
}

/* Of a QEMU that exports its UUID; the recorder knows those of others. Returns 0, or -1. */
static __always_inline int qemu_uuid(const struct mt_site *site, __u64 ip, __u8 *uuid)
{
	if (!site->uuid_delta ||
	    !bpf_probe_read_user(uuid, MT_UUID, (const void *)(ip + site->uuid_delta)))
		return 0;
	__sync_fetch_and_add(&unreadable, 1);
	return -1;
}

/* Returns the current process's, which is made if it is not there and is_wanted. */
static __always_inline struct guest *guest_current(int is_wanted)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct guest *guest = bpf_map_lookup_elem(&guests, &tgid), new = {.phase = GUEST_RUNS};

	if (guest || !is_wanted)
		return guest;
	bpf_map_update_elem(&guests, &tgid, &new, BPF_NOEXIST);
	return bpf_map_lookup_elem(&guests, &tgid);
}

static __always_inline void on_qemu(const struct mt_site *site, __u64 ip, __u64 *args)
{
	__u8 uuid[MT_UUID] = {};
	struct mt_event *event;
	struct guest *guest;

	if (is_no_change(site, args) || qemu_uuid(site, ip, uuid))
		return;
	guest = guest_current(site->kind == MT_QEMU_MIGRATION_STATE);
	if (site->kind == MT_QEMU_RUN_STATE && guest && !(args[0] & 1))
		guest->phase = GUEST_HALTED;
	if (site->kind == MT_QEMU_MIGRATION_STATE)
		stalls_take(args);
	event = event_reserve(site, uuid, args);
	if (!event)
		return;
	event->command = site->target;
	bpf_ringbuf_submit(event, 0);
}

static __always_inline int is_time_of(const struct mt_site *site, const struct guest *guest)
{
	if (site->when == MT_WHEN_ANY)
		return 1;
	if (!guest)
		return 0;
	return site->when == MT_WHEN_MIGRATING || guest->phase == GUEST_STOPPING ||
	       guest->phase == GUEST_HALTED;
}

/* Each vCPU is seen to start once: later it goes in and out as it likes. */
static __always_inline int is_first_start(struct guest *guest, __u64 cpu)
{
	struct pointer_key key = pointer_key(cpu, 0);
	__u64 *seen = bpf_map_lookup_elem(&started, &key), since = guest->starting_ns;

	if (guest->phase != GUEST_STARTING || (seen && *seen == since))
		return 0;
	if (bpf_ktime_get_ns() - since > STARTING_NS) {
		guest->phase = GUEST_RUNS;
		return 0;
	}
	bpf_map_update_elem(&started, &key, &since, BPF_ANY);
	return 1;
}

/*
 * A device's own state begins where the thread's stack is as at the first one's; that of its parts,
 * for which the function calls itself, is farther down. "configuration" is no device.
 */
static __always_inline int is_device(struct guest *guest, __u64 sp, const char *name)
{
	if (guest->device_tid != (__u32)bpf_get_current_pid_tgid() || sp < guest->top_sp ||
	    (name[0] == 'c' && name[1] == 'o' && name[2] == 'n' && name[3] == 'f' &&
	     name[4] == 'i' && name[5] == 'g' && name[6] == 'u' && name[7] == 'r'))
		return 0;
	guest->top_sp = sp;
	return 1;
}

/* What the step makes of the guest. Returns whether it is one to tell of. */
static __always_inline int step_take(const struct mt_site *site, struct guest *guest,
				     const __u64 *args)
{
	switch (site->step) {
	case MT_VCPUS_PAUSE:
		guest->phase = GUEST_STOPPING;
		return 1;
	case MT_VCPU_STOP:
		return guest->phase == GUEST_STOPPING;
	case MT_VCPU_START:
		return is_first_start(guest, args[1]);
	case MT_START_PREPARE:
		guest->phase = GUEST_STARTING;
		guest->starting_ns = bpf_ktime_get_ns();
		return 1;
	case MT_LOAD:
		guest->phase = GUEST_HALTED;
		return 1;
	case MT_DEVICES_SAVE:
	case MT_LOAD_SECTIONS:
		guest->device_tid = (__u32)bpf_get_current_pid_tgid();
		guest->top_sp = 0;
		return 1;
	case MT_SOURCE_CLEANUP:
	case MT_LOADED:
		guest->device_tid = 0;
		return 1;
	default:
		return 1;
	}
}

/* The first member of a VMStateDescription is its name. Returns its length with its NUL, or less.
 */
static __always_inline long device_name(__u64 description, char *name)
{
	__u64 at = 0;

	if (bpf_probe_read_user(&at, sizeof(at), (const void *)description))
		return -1;
	return bpf_probe_read_user_str(name, MT_DEVICE, (const void *)at);
}

static __always_inline __u64 kvm_exit_last(void)
{
	__u64 key = bpf_get_current_pid_tgid();
	__u64 *last = bpf_map_lookup_elem(&kvm_exits, &key);

	return last ? *last : 0;
}

static __always_inline void on_step(const struct mt_site *site, const struct pt_regs *regs,
				    __u64 *args)
{
	int is_of_device = site->step == MT_DEVICE_SAVE || site->step == MT_DEVICE_LOAD;
	struct guest *guest = guest_current(site->when == MT_WHEN_ANY);
	char name[MT_DEVICE] = {};
	__u8 uuid[MT_UUID] = {};
	struct mt_event *event;

	if (!guest || !is_time_of(site, guest) || !step_take(site, guest, args))
		return;
	if (is_of_device && (device_name(args[1], name) <= 1 || !is_device(guest, regs->rsp, name)))
		return;
	if (qemu_uuid(site, regs->rip, uuid))
		return;
	args[0] = site->step;
	event = event_reserve(site, uuid, args);
	if (!event)
		return;
	if (site->step == MT_VCPU_STOP)
		event->earlier_ns = kvm_exit_last();
	if (is_of_device) {
		__builtin_memcpy(event->text, name, MT_DEVICE);
		event->text_len = MT_DEVICE;
	}
	bpf_ringbuf_submit(event, 0);
}

/*
 * An event of its own, as what else is in the cookie (the persistent domain, with its passwords) is
 * not to leave the kernel. In one place at the end, as the verifier follows each way to it.
 */
static __always_inline void statistics_emit(void)
{
	const struct mt_site site = {.kind = MT_COOKIE_STATISTICS};
	const __u64 args[MT_ARGS] = {};
	struct thread *thread = thread_current();
	__u32 zero = 0, tail, at, size;
	char *text = bpf_map_lookup_elem(&scratch, &zero);
	struct mt_event *event;

	if (!thread || !text)
		return;
	tail = at_most(thread->cookie_size & ~7u, COOKIE_TAIL);
	if (bpf_probe_read_user(text, tail, (void *)(thread->cookie + thread->cookie_size - tail)))
		return;
	at = statistics_find(tail);
	if (at >= tail)
		return;
	size = at_most(tail - at, MT_TEXT);
	if (bpf_probe_read_user(text, size,
				(void *)(thread->cookie + thread->cookie_size - tail + at)))
		return;
	size = at_most(statistics_cut(size), MT_TEXT);
	event = event_reserve(&site, thread->uuid, args);
	if (!event)
		return;
	event->text_len = size;
	bpf_probe_read_kernel(event->text, size, text);
	bpf_ringbuf_submit(event, 0);
}

/* Returns whether there is a cookie that may have libvirt's numbers. */
static __always_inline int on_hit(struct pt_regs *regs)
{
	__u32 index = bpf_get_attach_cookie(regs);
	__u64 args[MT_ARGS];
	struct mt_site *site;

	site = bpf_map_lookup_elem(&sites, &index);
	if (!site || !(site->is_qemu ? is_this_hosts_qemu() : is_this_host()))
		return 0;
	__sync_fetch_and_add(&hits, 1);
	for (int i = 0; i < MT_ARGS; i++)
		args[i] = arg_read(regs, &site->arg[i]);
	switch (site->kind) {
	case MT_ENSURE_ACL:
		thread_bind(args[0]);
		break;
	case MT_COOKIE_FORMAT:
		return on_cookie_format(site, args);
	case MT_MONITOR_SEND:
		on_monitor_send(site, args);
		break;
	case MT_MONITOR_EVENT:
		on_monitor_event(site, args);
		break;
	case MT_MONITOR_REPLY:
		on_monitor_reply(site, args);
		break;
	case MT_MONITOR_CLOSE:
	case MT_SET_STATE:
		on_owned(site, args);
		break;
	case MT_QEMU_RUN_STATE:
	case MT_QEMU_MIGRATION_STATE:
	case MT_QEMU_PING:
	case MT_QEMU_PONG:
	case MT_QEMU_SHUT:
		on_qemu(site, regs->rip, args);
		break;
	case MT_QEMU_STEP:
		on_step(site, regs, args);
		break;
	case MT_QEMU_PAGE_REQUEST:
		on_page_request(args[0]);
		break;
	case MT_QEMU_PAGE_PLACE:
		on_page_place(args[0]);
		break;
	case MT_RPC_CLIENT_SEND:
		on_rpc_client_send(site, args);
		break;
	case MT_RPC_CLIENT_RECEIVE:
		on_rpc_client_receive(site, args);
		break;
	case MT_RPC_SERVER_SEND:
		on_rpc_server_send(site, args);
		break;
	case MT_RPC_SERVER_RECEIVE:
		on_rpc_server_receive(args);
		break;
	default:
		return on_function(site, args);
	}
	return 0;
}

/* libvirt's daemons by the names that they have; their files are found when they have mapped them.
 */
static __always_inline int is_daemon_name(const char *comm)
{
	static const char names[][9] = {"libvirtd", "virtqemu", "qemu-sys", "qemu-kvm"};

	for (__u32 i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		__u32 same = 0;

		for (__u32 j = 0; j < 8; j++)
			same += comm[j] == names[i][j];
		if (same == 8)
			return 1;
	}
	return 0;
}

#define ESTABLISHED 1 /* the kernel's include/net/tcp_states.h */
#define SYN_SENT    2
#define SYN_RECV    3
#define FIN_WAIT1   4
#define FIN_WAIT2   5
#define CLOSE	    7
#define CLOSE_WAIT  8
#define LAST_ACK    9
#define LISTEN	    10
#define CLOSING	    11
#define FAMILY_IPV6 10
#define MAPPED	    0xffff0000ull /* ::ffff:0:0/96, as the second half begins in memory */

static __always_inline int is_guest_process(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	char comm[MT_COMM] = {};

	BPF_CORE_READ_STR_INTO(&comm, task, group_leader, comm);
	return comm[0] == 'q' && is_daemon_name(comm) && is_this_hosts_qemu();
}

static __always_inline struct port_key port_key_of(struct sock *sk)
{
	return (struct port_key){
		.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum),
		.port = BPF_CORE_READ(sk, __sk_common.skc_num),
	};
}

/* A process listens or connects: only then it is known whose the socket is. */
static __always_inline void on_tcp_begin(struct sock *sk, int state)
{
	struct thread *thread = thread_current();
	struct owner owner = {.tgid = bpf_get_current_pid_tgid() >> 32};
	struct port_key port;
	__u64 key = (__u64)sk;

	if (thread && is_this_host())
		__builtin_memcpy(owner.uuid, thread->uuid, MT_UUID);
	else if (!is_guest_process())
		return;
	if (state == SYN_SENT) {
		bpf_map_update_elem(&sockets, &key, &owner, BPF_ANY);
		return;
	}
	port = port_key_of(sk);
	bpf_map_update_elem(&ports, &port, &owner, BPF_ANY);
}

/* Only what one end does because of the other's segment, or before it sends one. */
static __always_inline int is_tcp_message(int old, int new)
{
	return (new == ESTABLISHED && (old == SYN_SENT || old == SYN_RECV)) ||
	       (old == ESTABLISHED && (new == FIN_WAIT1 || new == CLOSE_WAIT)) ||
	       (old == CLOSE_WAIT && new == LAST_ACK) ||
	       (old == FIN_WAIT1 && (new == FIN_WAIT2 || new == CLOSING));
}

static __always_inline void addresses_read(struct sock *sk, __u64 *args)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == FAMILY_IPV6) {
		bpf_core_read(&args[2], 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(&args[5], 16, &sk->__sk_common.skc_v6_daddr);
		return;
	}
	args[3] = MAPPED | (__u64)BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr) << 32;
	args[6] = MAPPED | (__u64)BPF_CORE_READ(sk, __sk_common.skc_daddr) << 32;
}

/* In whatever context the segment came: the current process has nothing to do with it. */
static __always_inline void on_tcp_message(struct sock *sk, int old, int new,
					   const struct owner *owner)
{
	const struct mt_site site = {.kind = MT_TCP_STATE};
	__u64 args[MT_ARGS] = {old, new};
	struct mt_event *event;

	addresses_read(sk, args);
	args[4] = BPF_CORE_READ(sk, __sk_common.skc_num);
	args[7] = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	event = event_reserve(&site, owner->uuid, args);
	if (!event)
		return;
	event->tgid = owner->tgid;
	event->tid = 0;
	__builtin_memset(event->comm, 0, MT_COMM);
	bpf_ringbuf_submit(event, 0);
}

SEC("tp_btf/inet_sock_set_state")
int tcp_state(__u64 *context)
{
	struct sock *sk = (void *)context[0];
	int old = (int)context[1], new = (int)context[2];
	struct port_key port;
	struct owner *owner;
	__u64 key = (__u64)sk;

	if (new == LISTEN || new == SYN_SENT) {
		on_tcp_begin(sk, new);
		return 0;
	}
	if (old == SYN_RECV && new == ESTABLISHED) {
		port = port_key_of(sk);
		owner = bpf_map_lookup_elem(&ports, &port);
		if (owner)
			bpf_map_update_elem(&sockets, &key, owner, BPF_ANY);
	}
	owner = bpf_map_lookup_elem(&sockets, &key);
	if (!owner)
		return 0;
	if (is_tcp_message(old, new))
		on_tcp_message(sk, old, new, owner);
	if (new == CLOSE)
		bpf_map_delete_elem(&sockets, &key);
	return 0;
}

/*
 * In the vCPU's thread, as KVM comes back from the guest: of those only that migrate. A vCPU that
 * was kicked while it waited for QEMU's lock goes into KVM once more, which only ends its I/O
 * (immediate_exit): it is interrupted, but not by what is its reason, which is the I/O's still.
 */
SEC("tp_btf/kvm_userspace_exit")
int kvm_exit_seen(__u64 *context)
{
	__u64 key = bpf_get_current_pid_tgid(), now;
	__u32 reason = context[0];
	int error = context[1];

	if ((error == -EINTR && reason != KVM_EXIT_INTR) || !guest_current(0))
		return 0;
	now = bpf_ktime_get_ns();
	bpf_map_update_elem(&kvm_exits, &key, &now, BPF_ANY);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int exec_seen(void *context)
{
	const struct mt_site site = {.kind = MT_EXEC};
	__u64 args[MT_ARGS] = {};
	__u8 uuid[MT_UUID] = {};
	char comm[MT_COMM] = {};
	struct mt_event *event;

	bpf_get_current_comm(comm, sizeof(comm));
	if (!is_daemon_name(comm) || !(is_this_host() || is_this_hosts_qemu()))
		return 0;
	event = event_reserve(&site, uuid, args);
	if (event)
		bpf_ringbuf_submit(event, 0);
	return 0;
}

/* One program serves every probe; what a hit means is in the site that its cookie names. */
SEC("uprobe")
int probe_hit(struct pt_regs *regs)
{
	if (!has_ended && on_hit(regs))
		statistics_emit();
	return 0;
}
