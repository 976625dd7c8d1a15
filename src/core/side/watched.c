/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network interfaces and disks of a side's guest: since when they were watched, and what was
 * seen. */
#include "core/side/watched.h"

#include <assert.h>
#include <string.h>

#include "core/side/domain.h"
#include "core/side/grace.h"
#include "core/side/qemu.h"
#include "core/side/window.h"

static bool is_disk(const struct mt_event *event)
{
	return event->kind == MT_DISK_BEGIN || event->kind == MT_DISK_END;
}

static bool is_interface(const struct mt_event *event)
{
	return event->kind == MT_NET_BEGIN || event->kind == MT_NET_END;
}

const struct mt_event *watched_next(const struct side *side, enum mt_kind kind,
				    const struct mt_event *after)
{
	uint32_t pid = qemu_of(side).pid;
	const struct mt_event *event = after;

	assert(kind == MT_NET_BEGIN || kind == MT_DISK_BEGIN);
	while (pid && (event = window_next(side, event)))
		if (event->kind == kind && event->tgid == pid)
			return event;
	return NULL;
}

bool watched_is_same(const struct mt_event *a, const struct mt_event *b)
{
	if (is_disk(a) && is_disk(b))
		return a->text_len == b->text_len && !memcmp(a->text, b->text, a->text_len);
	return is_interface(a) && is_interface(b) &&
	       !memcmp(a->net.address, b->net.address, MT_ETHERNET);
}

/* Where it is watched anew, the end was not seen. */
const struct mt_event *watched_end(const struct side *side, const struct mt_event *begin)
{
	const struct mt_event *event = begin;

	assert(is_disk(begin) || is_interface(begin));
	while ((event = domain_next(side, event)))
		if (event->tgid == begin->tgid && watched_is_same(event, begin))
			return event->kind == begin->kind ? NULL : event;
	return NULL;
}

bool watched_is_open(const struct side *side)
{
	static const enum mt_kind kinds[] = {MT_NET_BEGIN, MT_DISK_BEGIN};
	uint64_t until_ns = side->events[side->count - 1]->ktime_ns + GRACE_WATCHED_NS;

	if (recording_is_after(side->recording, until_ns))
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct mt_event *begin = NULL;

		while ((begin = watched_next(side, kinds[i], begin)))
			if (!watched_end(side, begin))
				return true;
	}
	return false;
}
