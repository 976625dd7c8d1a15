/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A daemon that passes a migration's calls on to another, as virtproxyd does to virtqemud. */
#ifndef MIGTRACE_PROXY_BPF_H
#define MIGTRACE_PROXY_BPF_H

#define COOKIE_HEAD 1024 /* the UUID stands behind the name, of 255 bytes, which may be escaped */

/* Returns where in the cookie its first <uuid> ends; 0: it is not in its head. */
static __always_inline __u64 uuid_find(__u64 cookie, __u32 len)
{
	const struct tail head = {.begin = cookie, .size = at_most(len & ~7u, COOKIE_HEAD)};
	struct last last = {}, after;
	__u64 at = 0, word;

	for (__u32 i = 0; i < COOKIE_HEAD; i += sizeof(word)) {
		if (i >= head.size || at || tail_word(&head, i, &word))
			break;
		word = __builtin_bswap64(word);
#pragma unroll
		for (__u32 k = 1; k <= sizeof(word); k++) {
			after = last_after(&last, word, k);
			at += last_is(&after, 0, 0, 0x3c757569643e /* <uuid> */, 0xffffffffffff) *
			      (i + k);
			barrier_var(at);
		}
		last = after;
	}
	return at;
}

/*
 * Reads a UUID as libvirt writes it, four digits at a time. What is none makes some number: a peer
 * could name any domain as well. Returns 0, or -1 where it cannot be read.
 */
static __always_inline int uuid_parse(__u64 text, __u8 *uuid)
{
	__u32 digits;

	for (__u32 i = 0; i < MT_UUID / 2; i++) {
		__u32 dashes = i < 2 ? 0 : i < 6 ? i - 1 : 4;

		if (bpf_probe_read_user(&digits, sizeof(digits),
					(const void *)(text + i * sizeof(digits) + dashes)))
			return -1;
		digits = (digits & 0x0f0f0f0f) + 9 * (digits >> 6 & 0x01010101);
		uuid[2 * i] = digits << 4 | digits >> 8;
		uuid[2 * i + 1] = digits >> 16 << 4 | digits >> 24;
	}
	return 0;
}

/*
 * A worker has a cookie for Prepare or Finish. Where the domain is on another daemon nothing else
 * will tell which one it is; where it is on this one, the access check will.
 */
static __always_inline void on_cookie_come(const __u64 *args)
{
	struct thread *thread = thread_any();
	__u64 at;

	if (!thread || thread->is_bound || !args[ARG_COOKIE])
		return;
	at = uuid_find(args[ARG_COOKIE], args[ARG_COOKIE_LEN]);
	thread->is_named = at && !uuid_parse(args[ARG_COOKIE] + at, thread->uuid);
}

/* While it serves a call it makes the same one itself: the call is passed on. */
static __always_inline void relay_note(const __u64 *args)
{
	struct thread *thread = thread_any();
	struct call *served;

	if (!thread || !thread->is_named)
		return;
	served = bpf_map_lookup_elem(&calls, &thread->served);
	if (served && served->proc == args[ARG_RPC_PROC] && served->len == args[ARG_RPC_LEN])
		thread->passed_serial = args[ARG_RPC_SERIAL];
}

#endif
