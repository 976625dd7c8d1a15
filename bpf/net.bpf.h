/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of the interfaces of guests that migrate: the last and the first, and those that found no
 * guest. */
#ifndef MIGTRACE_NET_BPF_H
#define MIGTRACE_NET_BPF_H

#define TYPE_RARP   0x8035     /* how QEMU announces an address: no frame of the guest's */
#define WORKER	    0x00204000 /* the kernel's include/linux/sched.h: PF_KTHREAD, PF_USER_WORKER */
#define FRAME_TO    0
#define FRAME_FROM  MT_ETHERNET
#define FRAME_TYPE  (2 * MT_ETHERNET)
#define FRAME_BYTES (2 * MT_ETHERNET + 2)

/* The programs below are attached while there are any. */
struct mt_tap taps[MT_TAPS];

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MT_TAPS);
	__type(key, struct mt_tap_key);
	__type(value, __u32);
} tap_indexes SEC(".maps");

/* A frame, and the interface that has the address in it. */
struct frame {
	__u8 head[FRAME_BYTES];
	struct mt_tap *tap;	 /* NULL: nobody's that is watched */
	const struct qemu *qemu; /* its guest's; NULL: it has ended */
};

/* No more than its addresses and its type is read. */
static __always_inline int frame_find(struct frame *frame, const struct sk_buff *skb,
				      const struct net_device *dev, __u32 at)
{
	struct mt_tap_key key = {};
	__u32 *index;

	if (!dev || bpf_probe_read_kernel(frame->head, FRAME_BYTES, skb->head + skb->mac_header))
		return 0;
	key.netns = dev->nd_net.net->ns.inum;
	__builtin_memcpy(key.address, frame->head + at, MT_ETHERNET);
	index = bpf_map_lookup_elem(&tap_indexes, &key);
	if (!index)
		return 0;
	frame->tap = &taps[*index & (MT_TAPS - 1)];
	frame->qemu = bpf_map_lookup_elem(&guests, &frame->tap->tgid);
	return 1;
}

static __always_inline int is_tap(const struct mt_tap *tap, const struct net_device *dev)
{
	char name[MT_TAP_NAME] __attribute__((aligned(8)));

	if (tap->ifindex)
		return tap->ifindex == (__u32)dev->ifindex;
	return !bpf_probe_read_kernel(name, sizeof(name), dev->name) &&
	       word_at(name) == word_at(tap->name) && word_at(name + 8) == word_at(tap->name + 8);
}

static __always_inline int has_started(const struct frame *frame)
{
	return frame->qemu && frame->qemu->phase == GUEST_STARTING;
}

/* One that is loaded is halted before it does anything. */
static __always_inline int runs_here(const struct frame *frame)
{
	return frame->qemu && frame->qemu->phase != GUEST_HALTED;
}

/* The guest has been started since the last frame: others are the first ones now. */
static __always_inline void start_note(const struct frame *frame)
{
	struct mt_tap *tap = frame->tap;

	if (!has_started(frame) || tap->start == frame->qemu->start)
		return;
	tap->start = frame->qemu->start;
	tap->first_in_ns = tap->first_out_ns = 0;
}

static __always_inline void frame_note(__u64 *first, __u64 *last)
{
	__u64 now = bpf_ktime_get_ns();

	*last = now;
	if (!*first)
		*first = now;
}

static __always_inline void late_note(struct mt_tap *tap)
{
	__sync_fetch_and_add(&tap->late, 1);
	tap->late_ns = bpf_ktime_get_ns();
}

/* What the guest has sent may be seen a little after it was stopped. */
static __always_inline void on_out(const struct sk_buff *skb, const struct net_device *dev)
{
	struct frame frame;

	if (!frame_find(&frame, skb, dev, FRAME_FROM) || !is_tap(frame.tap, dev) ||
	    (frame.head[FRAME_TYPE] << 8 | frame.head[FRAME_TYPE + 1]) == TYPE_RARP)
		return;
	start_note(&frame);
	frame_note(&frame.tap->first_out_ns, &frame.tap->last_out_ns);
}

SEC("tp_btf/netif_receive_skb")
int net_received(__u64 *context)
{
	const struct sk_buff *skb = (const struct sk_buff *)context[0];

	on_out(skb, skb->dev);
	return 0;
}

/* What goes into a tap waits there until QEMU takes it; a macvtap sends what comes from the guest.
 */
SEC("tp_btf/net_dev_start_xmit")
int net_sent(__u64 *context)
{
	const struct sk_buff *skb = (const struct sk_buff *)context[0];
	const struct net_device *dev = (const struct net_device *)context[1];
	struct frame frame;

	if (frame_find(&frame, skb, dev, FRAME_TO) && is_tap(frame.tap, dev) &&
	    !has_started(&frame))
		__sync_fetch_and_add(&frame.tap->early, 1);
	else if (frame_find(&frame, skb, dev, FRAME_FROM) && frame.tap->ifindex)
		on_out(skb, dev);
	return 0;
}

/*
 * QEMU reads frames, and notifies its devices that the guest has stopped, while it has its lock.
 * What it has read by then it hands over to the guest's card (net.c: net_vm_change_state_handler),
 * and what it reads later it drops. vhost reads into the guest's own memory at any time.
 */
static __always_inline void on_taken(const struct frame *frame)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (runs_here(frame)) {
		start_note(frame);
		frame_note(&frame->tap->first_in_ns, &frame->tap->last_in_ns);
	} else if (!(BPF_CORE_READ(task, flags) & WORKER)) {
		late_note(frame->tap);
	}
}

SEC("tp_btf/consume_skb")
int net_taken(__u64 *context)
{
	const struct sk_buff *skb = (const struct sk_buff *)context[0];
	struct frame frame;

	if (frame_find(&frame, skb, skb->dev, FRAME_TO) && is_tap(frame.tap, skb->dev))
		on_taken(&frame);
	return 0;
}

/* Of what was seen to go into the tap it is known already that it came too early. */
SEC("tp_btf/kfree_skb")
int net_dropped(__u64 *context)
{
	const struct sk_buff *skb = (const struct sk_buff *)context[0];
	struct frame frame;

	if (!frame_find(&frame, skb, skb->dev, FRAME_TO))
		return 0;
	if (!has_started(&frame) && !is_tap(frame.tap, skb->dev))
		__sync_fetch_and_add(&frame.tap->early, 1);
	if (!runs_here(&frame))
		late_note(frame.tap);
	return 0;
}

#endif
