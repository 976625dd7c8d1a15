/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's cookies: their head, a hash, and libvirt's numbers. Nothing else of them is kept. */
#ifndef MIGTRACE_COOKIE_BPF_H
#define MIGTRACE_COOKIE_BPF_H

#define COOKIE_TAIL 2048

/* A cookie is read word by word: there is no memory that could hold another task's, or a secret. */
static __always_inline struct tail tail_of(__u64 cookie, __u32 len)
{
	__u32 size = at_most(len & ~7u, COOKIE_TAIL);

	return (struct tail){.begin = cookie + len - size, .size = size};
}

/* Returns 0 and the word at offset i, or -1. */
static __always_inline int tail_word(const struct tail *tail, __u32 i, __u64 *word)
{
	return bpf_probe_read_user(word, sizeof(*word), (const void *)(tail->begin + i)) ? -1 : 0;
}

/*
 * Copies the cookie's head if it is one. Where a libvirt has its arguments elsewhere, this reads
 * something else, which must neither be believed nor leave the kernel.
 */
static __always_inline int cookie_head(struct mt_event *event, __u64 cookie, __u32 len)
{
	__u32 head = at_most(len, MT_TEXT);

	if (!bpf_probe_read_user(event->text, head, (const void *)cookie) &&
	    word_at(event->text) == WORD('<', 'q', 'e', 'm', 'u', '-', 'm', 'i') &&
	    word_at(event->text + 7) == WORD('i', 'g', 'r', 'a', 't', 'i', 'o', 'n')) {
		event->text_len = head;
		return 0;
	}
	__builtin_memset(event->text, 0, MT_TEXT);
	return -1;
}

/*
 * The same bytes give the same number at both ends of the connection. The tail is taken, since the
 * time stamps that make a cookie unlike every other stand behind what can be long in it. Returns 0,
 * or -1.
 */
static __always_inline int cookie_hash(struct mt_event *event, const struct tail *tail, __u32 len)
{
	__u64 hash = 0xcbf29ce484222325 ^ len, word;

	for (__u32 i = 0; i < COOKIE_TAIL; i += sizeof(word)) {
		if (i >= tail->size)
			break;
		if (tail_word(tail, i, &word))
			return -1;
		hash = (hash ^ word) * 0x100000001b3;
		hash ^= hash >> 32;
	}
	event->cookie.hash = hash;
	return 0;
}

/* Returns the tail, in which libvirt's numbers may be; empty where there is no cookie. */
static __always_inline struct tail event_add_cookie(struct mt_event *event, __u64 cookie, __u32 len)
{
	const struct tail tail = tail_of(cookie, len), none = {};

	if (!cookie || !len)
		return none;
	if (cookie_head(event, cookie, len) || cookie_hash(event, &tail, len)) {
		note_unreadable();
		return none;
	}
	event->cookie.len = len;
	return tail;
}

/* Where the cookie is that is formatted, known as it begins: at its end the cookie is there. */
static __always_inline void format_begin(struct thread *thread, const __u64 *args)
{
	thread->cookie_party = args[ARG_FORMAT_PARTY];
	thread->cookie_out = args[ARG_FORMAT_COOKIE];
	thread->cookie_len = args[ARG_FORMAT_LEN];
}

static __always_inline void format_end(const struct thread *thread, __u64 *cookie, __u32 *len)
{
	if (bpf_probe_read_user(cookie, sizeof(*cookie), (void *)thread->cookie_out) ||
	    bpf_probe_read_user(len, sizeof(*len), (void *)thread->cookie_len))
		note_unreadable();
}

/* Where it is: formatted on the source and the destination, or come with Prepare and Finish. */
static __always_inline void cookie_place(const struct mt_site *site, struct thread *thread,
					 const __u64 *args, __u64 *cookie, __u32 *len)
{
	if (site->kind != MT_COOKIE_FORMAT) {
		*cookie = args[ARG_COOKIE];
		*len = args[ARG_COOKIE_LEN];
		phase_note(site, thread, args);
	} else if (site->edge == MT_ENTER) {
		format_begin(thread, args);
	} else {
		format_end(thread, cookie, len);
	}
}

/* Returns whether there is a cookie, which may have libvirt's numbers. */
static __always_inline int on_cookie(const struct mt_site *site, const __u64 *args)
{
	struct thread *thread = thread_current();
	__u8 check = MT_UNCHECKED;
	struct mt_event *event;
	__u64 cookie = 0;
	__u32 len = 0;

	if (!thread && site->kind == MT_COOKIE_FORMAT && site->edge == MT_ENTER)
		thread = thread_bind_late(site, args);
	if (!thread)
		return 0;
	cookie_place(site, thread, args, &cookie, &len);
	if (site->kind != MT_COOKIE_FORMAT)
		check = uuid_check(site, args, thread->uuid);
	event = event_reserve(site, thread->uuid);
	if (!event)
		return 0;
	event->uuid_check = check;
	if (site->kind == MT_COOKIE_FORMAT)
		event->format.party = thread->cookie_party;
	else if (site->kind == MT_FINISH)
		event->finish.is_cancelled = args[ARG_FINISH_CANCELLED] != 0;
	thread->tail = event_add_cookie(event, cookie, len);
	bpf_ringbuf_submit(event, 0);
	return thread->tail.size != 0;
}

#endif
