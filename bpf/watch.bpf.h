/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether threads are watched at all: only while a guest stands still, and not for long. */
#ifndef MIGTRACE_WATCH_BPF_H
#define MIGTRACE_WATCH_BPF_H

#define WATCH_NS  30000000000ull
#define WATCH_MAX 4096 /* spans that are reported: 240 vCPUs that stop have 2000 */

/*
 * Apart from events that matter more: they find room, and wake the recorder, as if this was not
 * there. What is in here wakes nobody, who would want the CPU that may be lacking: it is read
 * along.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* for WATCH_MAX */
} switches SEC(".maps");

int may_watch;	      /* set by the recorder while the programs of sched.bpf.h are attached */
int is_watching;      /* what sched.bpf.h asks first */
__u32 standstills;    /* that have begun and not ended */
__u32 spans;	      /* reported since watching began */
int has_news;	      /* a standstill has ended: the next switch tells that all was seen */
__u64 watched_id;     /* of the thread for which watching began, or a standstill ended */
__u64 watched_inside; /* the same as the recorder has it */
__u64 watched_from;   /* when it began, */
__u64 watched_since;  /* and since when no span was lost */

/* Of what was before now not all is known. */
static __always_inline void watch_restart(__u64 now)
{
	watched_since = now;
}

/* Of a standstill that is not counted yet, or for which nothing may come, its caller ends it. */
static __always_inline void watch_begin(void)
{
	if (is_watching || !may_watch)
		return;
	spans = has_news = 0;
	watched_id = bpf_get_current_pid_tgid();
	watched_inside = id_current();
	watched_from = watched_since = bpf_ktime_get_ns();
	is_watching = 1;
}

static __always_inline void standstill_begin(__u32 *is_counted)
{
	if (*is_counted)
		return;
	*is_counted = 1;
	__sync_fetch_and_add(&standstills, 1);
	watch_begin();
}

/* Returns whether it was counted, which it is not any more. */
static __always_inline int standstill_uncount(__u32 *is_counted)
{
	if (!*is_counted)
		return 0;
	*is_counted = 0;
	__sync_fetch_and_sub(&standstills, 1);
	return 1;
}

/* One has ended, at least. What can be done by an optional program is left to that. */
static __always_inline void standstills_ended(void)
{
	watched_id = bpf_get_current_pid_tgid();
	watched_inside = id_current();
	has_news = 1;
}

static __always_inline void standstill_end(__u32 *is_counted)
{
	if (standstill_uncount(is_counted))
		standstills_ended();
}

/* Ends what watch_begin() began, if no standstill has followed. */
static __always_inline void watch_end(void)
{
	if (is_watching && !standstills)
		standstills_ended();
}

#endif
