/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was seen of the frames of guests' network interfaces, and when no more will come. */
#include <stdint.h>
#include <string.h>

#include "recorder/state.h"

/* A side's window is open for longer behind its QEMU's end (core/side/grace.h). */
#define QUIET_NS INT64_C(300000000)

/* Behind the end of QEMU; a switch that nobody teaches forgets an address in five minutes. */
#define LATE_MAX_NS INT64_C(20000000000)

/* In which a guest that is spoken to, or speaks, has a first frame. */
#define FIRST_MAX_NS INT64_C(5000000000)

static const struct mt_tap *tap_of(const struct recorder *recorder, const struct watched *watch)
{
	return &tracer_on_demand(recorder->tracer)->subjects.net.taps[watch->index % MT_TAPS];
}

void net_watch_fill(const struct recorder *recorder, const struct watched *watch, bool is_whole,
		    struct mt_event *event)
{
	const struct mt_tap *tap = tap_of(recorder, watch);

	memcpy(event->net.address, tap->address, MT_ETHERNET);
	event->text_len = (uint16_t)strnlen(tap->name, MT_TAP_NAME);
	memcpy(event->text, tap->name, event->text_len);
	if (event->kind == MT_NET_BEGIN)
		return;
	event->net.last_in_ns = watch_stamp(recorder, tap->last_in_ns);
	event->net.last_out_ns = watch_stamp(recorder, tap->last_out_ns);
	event->net.first_in_ns = watch_stamp(recorder, tap->first_in_ns);
	event->net.first_out_ns = watch_stamp(recorder, tap->first_out_ns);
	event->net.early = tap->early;
	event->net.late = tap->late;
	event->net.is_whole = is_whole;
}

/* Behind the guest's QEMU frames are dropped, until the network knows where it is. */
static bool is_quiet(const struct watched *watch, const struct mt_tap *tap, int64_t now_ns)
{
	int64_t last_ns =
		watch->exited_ns > (int64_t)tap->late_ns ? watch->exited_ns : (int64_t)tap->late_ns;

	return now_ns >= last_ns + QUIET_NS || now_ns >= watch->exited_ns + LATE_MAX_NS;
}

bool net_watch_is_over(const struct recorder *recorder, const struct watched *watch, int64_t now_ns)
{
	const struct mt_tap *tap = tap_of(recorder, watch);
	bool has_started = watch->has_loaded && (int64_t)tap->start > watch->begun_ns;

	if (watch->has_failed)
		return true;
	if (watch->exited_ns)
		return is_quiet(watch, tap, now_ns);
	if (has_started && tap->first_in_ns && tap->first_out_ns)
		return true;
	return watch->completed_ns && now_ns >= watch->completed_ns + FIRST_MAX_NS;
}
