/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's numbers in a cookie: what stands between <statistics> and its end, and nothing else. */
#ifndef MIGTRACE_STATISTICS_BPF_H
#define MIGTRACE_STATISTICS_BPF_H

#define IS_BEGIN(last)                                                                             \
	last_is(last, 0x3c737461 /* <sta */, 0xffffffff, 0x746973746963733e /* tistics> */, ~0ull)
#define IS_END(last)                                                                               \
	last_is(last, 0x3c2f737461 /* </sta */, 0xffffffffff, 0x746973746963733e /* tistics> */,   \
		~0ull)

/*
 * Finds where in the tail libvirt's numbers begin; its size if they are not there. The last place
 * counts: what stands before is the domain, in which anything may stand. Kept in the tail, as the
 * verifier would follow each number that a register may have to the program's end.
 */
static __always_inline void statistics_find(struct tail *tail)
{
	__u64 at = tail->size, word, found;
	struct last last = {}, after;

	for (__u32 i = 0; i < COOKIE_TAIL; i += sizeof(word)) {
		if (i >= tail->size)
			break;
		tail_word(tail, i, &word); /* what cannot be read is 0 */
		word = __builtin_bswap64(word);
#pragma unroll
		for (__u32 k = 1; k <= sizeof(word); k++) {
			after = last_after(&last, word, k);
			found = IS_BEGIN(&after);
			at = at * (found ^ 1) + (i + k) * found;
			barrier_var(at);
		}
		last = after;
	}
	tail->statistics = at;
	barrier();
}

/* Clears what stands behind the numbers in a text of MT_TEXT bytes: that is no part of them.
 * Returns their length, which is all of it where they do not end in it.
 */
static __always_inline __u32 statistics_cut(char *text)
{
	__u64 is_over = 0, len = 0;
	struct last last = {};

	for (__u32 i = 0; i < MT_TEXT; i++) {
		text[i] &= (char)(is_over - 1);
		last_add(&last, text[i]);
		len += is_over ^ 1;
		is_over |= IS_END(&last);
		barrier_var(is_over);
	}
	return len;
}

/*
 * An event of its own, as what else is in the cookie (the persistent domain, with its passwords) is
 * not to leave the kernel. Numbers that begin and do not end are none.
 */
static __always_inline void statistics_emit(const struct thread *thread, __u64 begin, __u32 size)
{
	const struct mt_site site = {.kind = MT_COOKIE_STATISTICS};
	struct mt_event *event = event_reserve(&site, thread->uuid);
	__u32 len;

	if (!event)
		return;
	if (bpf_probe_read_user(event->text, size, (const void *)begin))
		size = 0;
	len = statistics_cut(event->text);
	if (len > size) {
		note_unreadable();
		__builtin_memset(event->text, 0, MT_TEXT);
		bpf_ringbuf_discard(event, 0);
		return;
	}
	event->text_len = len;
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void on_statistics(void)
{
	struct thread *thread = thread_current();
	struct tail *tail;

	if (!thread)
		return;
	tail = &thread->tail;
	statistics_find(tail);
	if (tail->statistics < tail->size)
		statistics_emit(thread, tail->begin + tail->statistics,
				at_most(tail->size - tail->statistics, MT_TEXT));
}

#endif
