/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a thread waited for that loads a guest, as the BPF programs and the recorder share it. */
#ifndef MIGTRACE_LOADER_H
#define MIGTRACE_LOADER_H

#include <linux/types.h>

#define MT_LOADERS	8   /* guests that are loaded at once on a host */
#define MT_LOADER_SPANS 256 /* the last ones are kept: 8 s, where it does nothing but wait */
#define MT_LOADER_WHERE 96

/*
 * Waits at one place that follow each other, as one; and what it was off its CPU otherwise since
 * the span before: shortly, or until there was more of the stream.
 */
struct mt_loader_span {
	__u64 from_ns; /* the first one began */
	__u64 to_ns;   /* the last one ended */
	__u64 slept_ns;
	__u64 runnable_ns;
	__u64 throttled_ns; /* all bits set: not known */
	__u64 short_slept_ns;
	__u64 short_runnable_ns;
	__u64 frames[3];
	char where[MT_LOADER_WHERE]; /* their names */
	__u64 where_len;
};

/* From its begin until it is done nothing but what is before its last spans is left out. */
struct mt_loader {
	__u32 is_used; /* the recorder clears it, when it has read all */
	__u32 tid;
	__u32 own_tgid, own_tid; /* as the recorder has them */
	__u64 begun_ns, done_ns; /* 0: it still loads */
	__u64 off_ns;		 /* since when it is off its CPU; 0: it has one */
	__u64 woken_ns;
	__u64 throttled_ns; /* its groups in all, then */
	__u64 is_for_stream;
	__u64 short_slept_ns, short_runnable_ns; /* since the last span */
	__u64 count;				 /* of spans: the last one is at count - 1 */
	struct mt_loader_span span[MT_LOADER_SPANS];
};

#endif
