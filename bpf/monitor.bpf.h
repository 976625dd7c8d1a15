/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's QMP monitors: of a fixed list of commands and events, what may leave the kernel. */
#ifndef MIGTRACE_MONITOR_BPF_H
#define MIGTRACE_MONITOR_BPF_H

#define EXECUTE	       12 /* bytes of `{"execute":"` */
#define EVENT_NAME_AT  48 /* the shortest timestamp before `"event": "` is longer */
#define EVENT_NAME_END 96

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

/*
 * Of a monitor whose domain is known, or a domain object: a monitor is closed when its QEMU has
 * gone, or is not wanted any more; the object's new state is how the monitor's thread says that it
 * has handled a STOP, and how a daemon that was restarted says what it found its guests doing.
 */
static __always_inline void on_owned(const struct mt_site *site, const __u64 *args)
{
	__u64 owned = site->kind == MT_SET_STATE ? args[ARG_STATE_VM] : args[ARG_MONITOR];
	struct pointer_key key = pointer_key(owned, 0);
	struct domain *known = bpf_map_lookup_elem(&domains, &key);
	struct mt_event *event;
	__u8 uuid[MT_UUID];

	if (known)
		__builtin_memcpy(uuid, known->uuid, MT_UUID);
	else if (site->kind != MT_SET_STATE || object_uuid(site, owned, uuid))
		return;
	event = event_reserve(site, uuid);
	if (event && site->kind == MT_SET_STATE) {
		event->state.state = (__s32)args[ARG_STATE];
		event->state.reason = (__s32)args[ARG_STATE_REASON];
	}
	if (event)
		bpf_ringbuf_submit(event, 0);
	if (site->kind != MT_MONITOR_CLOSE)
		return;
	state_drop(&asked, &key);
	state_drop(&domains, &key);
}

/* Copies the JSON string that starts at text[at], up to its closing quote. */
static __always_inline void name_copy(char *name, const char *text, __u32 at)
{
	__u64 goes_on = 1;

	for (__u32 i = 0; i < MT_COMMAND - 1; i++) {
		__u64 c = (__u8)text[(at + i) & 127];

		goes_on &= is_less(0, c) & (is_less(c, '"') | is_less('"', c));
		name[i] = c * goes_on;
	}
}

static __always_inline int is_wanted(const struct mt_command *command, const struct thread *thread)
{
	return !(command->flags & MT_COMMAND_CHATTY) ||
	       (thread && thread->depth && !thread->is_preparing);
}

/* A text that cannot be read may be one that matters. Returns its length with its NUL, or less. */
static __always_inline long text_read(char *text, __u32 size, __u64 from)
{
	long len = bpf_probe_read_user_str(text, size, (const void *)from);

	if (len < 0)
		note_lost();
	return len;
}

/* Of a command that is on no list not even the name is recorded: only that there was one. */
const struct mt_command another_command = {.flags = MT_COMMAND_CHATTY};

/* Returns what may be recorded of the command in the message; NULL: it is none. */
static __always_inline const struct mt_command *command_of(__u64 message)
{
	const struct mt_command *command;
	char text[128] __attribute__((aligned(8))) = {}, name[MT_COMMAND] = {};

	if (text_read(text, 64, message) <= EXECUTE ||
	    word_at(text) != WORD('{', '"', 'e', 'x', 'e', 'c', 'u', 't') ||
	    (__u32)word_at(text + 8) != (__u32)WORD('e', '"', ':', '"', 0, 0, 0, 0))
		return NULL;
	name_copy(name, text, EXECUTE);
	command = bpf_map_lookup_elem(&commands, name);
	return command ? command : &another_command;
}

static __always_inline void asked_note(const struct pointer_key *key, const struct mt_event *event,
				       const struct mt_command *command)
{
	struct asked note = {.ktime_ns = event->ktime_ns, .command = *command};

	__builtin_memcpy(note.uuid, event->uuid, MT_UUID);
	pointer_put(&asked, key, &note, BPF_ANY);
}

/* A thread in a phase of a migration sends on its own domain's monitor only: that names it. */
static __always_inline void on_monitor_send(const struct mt_site *site, const __u64 *args)
{
	struct pointer_key key = pointer_key(args[ARG_MONITOR], 0);
	struct thread *thread = thread_current();
	const struct mt_command *command;
	struct mt_event *event;
	struct domain *known;

	if (thread && thread->depth)
		owner_learn(args[ARG_MONITOR], thread->uuid);
	known = bpf_map_lookup_elem(&domains, &key);
	if (!known)
		return;
	state_drop(&asked, &key);
	command = command_of(args[ARG_MONITOR_TEXT]);
	if (!command || !is_wanted(command, thread))
		return;
	event = event_reserve(site, known->uuid);
	if (!event)
		return;
	event->monitor.command = command->number;
	asked_note(&key, event, command);
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void reply_fill(struct mt_event *event, const struct asked *note,
				       int has_failed)
{
	event->earlier_ns = note->ktime_ns;
	event->monitor.command = note->command.number;
	event->monitor.has_failed = has_failed;
}

/* Its text goes no farther than to the recorder, which takes the numbers in it. */
static __always_inline void reply_emit_long(const struct mt_site *site, const struct asked *note,
					    int has_failed, __u64 text)
{
	struct mt_reply *reply = bpf_ringbuf_reserve(&events, sizeof(*reply), 0);

	if (!reply) {
		note_lost();
		return;
	}
	event_fill(&reply->event, site, note->uuid);
	reply_fill(&reply->event, note, has_failed);
	if (bpf_probe_read_user_str(reply->text, MT_REPLY, (const void *)text) < 0)
		reply->text[0] = 0;
	bpf_ringbuf_submit(reply, 0);
}

/*
 * QEMU begins with `{"return": `, or with `{"id": ` where it is an error; without SDT probes events
 * come here, too: `{"timestamp": `.
 */
static __always_inline void on_monitor_reply(const struct mt_site *site, const __u64 *args)
{
	struct pointer_key key = pointer_key(args[ARG_MONITOR], 0);
	struct asked *known = bpf_map_lookup_elem(&asked, &key), note;
	__u64 text = args[ARG_MONITOR_TEXT];
	struct mt_event *event;
	char head[4] = {};
	int has_failed;

	if (!known)
		return;
	bpf_probe_read_user(head, sizeof(head), (const void *)text);
	if (head[2] == 't')
		return;
	note = *known;
	state_drop(&asked, &key);
	has_failed = head[2] != 'r';
	if (note.command.flags & MT_COMMAND_NUMBERS) {
		reply_emit_long(site, &note, has_failed, text);
		return;
	}
	event = event_reserve(site, note.uuid);
	if (!event)
		return;
	reply_fill(event, &note, has_failed);
	bpf_ringbuf_submit(event, 0);
}

/* QEMU writes `{"timestamp": {"seconds": S, "microseconds": U}, "event": "NAME"`, 1 to 6 digits. */
static __always_inline void event_name(const char *text, char *name)
{
	__u64 at = 0, found;
	struct last last = {};

	for (__u32 i = EVENT_NAME_AT; i < EVENT_NAME_END; i++) {
		last_add(&last, text[i]);
		found = last_is(&last, 0, 0, 0x74223a2022 /* t": " */, 0xffffffffff);
		found &= is_less(at, 1);
		at += (i + 1) * found;
		barrier_var(at);
	}
	name_copy(name, text, at);
}

static __always_inline void on_monitor_event(const struct mt_site *site, const __u64 *args)
{
	struct pointer_key key = pointer_key(args[ARG_MONITOR], 0);
	struct domain *known = bpf_map_lookup_elem(&domains, &key);
	char text[128] = {}, name[MT_COMMAND] = {};
	struct mt_event *event;
	long len;

	if (!known)
		return;
	monitor_thread_note(known);
	len = text_read(text, sizeof(text), args[ARG_MONITOR_TEXT]);
	if (len <= EVENT_NAME_AT || word_at(text) != WORD('{', '"', 't', 'i', 'm', 'e', 's', 't'))
		return;
	event_name(text, name);
	if (!bpf_map_lookup_elem(&monitor_events, name))
		return;
	event = event_reserve(site, known->uuid);
	if (!event)
		return;
	event->text_len = len - 1;
	__builtin_memcpy(event->text, text, sizeof(text));
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void on_monitor(const struct mt_site *site, const __u64 *args)
{
	switch (site->kind) {
	case MT_MONITOR_SEND:
		on_monitor_send(site, args);
		break;
	case MT_MONITOR_EVENT:
		on_monitor_event(site, args);
		break;
	case MT_MONITOR_REPLY:
		on_monitor_reply(site, args);
		break;
	default:
		on_owned(site, args);
	}
}

#endif
