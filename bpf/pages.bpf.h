/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Post-copy: how long a guest waits for pages. */
#ifndef MIGTRACE_PAGES_BPF_H
#define MIGTRACE_PAGES_BPF_H

#define PAGE_SHIFT 12
#define TRIES	   4

static __always_inline void on_page_request(__u64 address)
{
	struct pointer_key key = pointer_key(address >> PAGE_SHIFT, 0);
	__u64 now = bpf_ktime_get_ns();

	pointer_put(&awaited, &key, &now, BPF_NOEXIST);
}

/* Two threads of a QEMU may place pages at once. */
static __always_inline void longest_raise(__u64 *longest, __u64 ns)
{
	__u64 seen = *longest, before;

	for (int i = 0; i < TRIES && ns > seen; i++) {
		before = __sync_val_compare_and_swap(longest, seen, ns);
		if (before == seen)
			return;
		seen = before;
	}
	if (ns > seen)
		note_lost();
}

/* Of each page that comes: most were not waited for. */
static __always_inline void on_page_place(__u64 address)
{
	struct pointer_key key = pointer_key(address >> PAGE_SHIFT, 0);
	__u64 *since = bpf_map_lookup_elem(&awaited, &key), waited_ns;
	struct qemu *qemu;

	if (!since)
		return;
	waited_ns = bpf_ktime_get_ns() - *since;
	state_drop(&awaited, &key);
	qemu = guest_current(1);
	if (!qemu)
		return;
	__sync_fetch_and_add(&qemu->stalls, 1);
	__sync_fetch_and_add(&qemu->stalled_ns, waited_ns);
	longest_raise(&qemu->longest_stall_ns, waited_ns);
}

static __always_inline void on_pages(const struct mt_site *site, const __u64 *args)
{
	if (site->kind == MT_QEMU_PAGE_REQUEST)
		on_page_request(args[ARG_PAGE]);
	else
		on_page_place(args[ARG_PAGE]);
}

#endif
