/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who ended a guest, and how, as its host shows it. */
#include "core/side/guest_end.h"

#include <assert.h>
#include <string.h>

#include "core/event/calls.h"
#include "core/event/monitor.h"
#include "core/side/aftermath.h"
#include "core/side/closed.h"
#include "core/side/qemu.h"
#include "core/side/window.h"

/* What the host shows of it, as far as it was seen. */
struct signs {
	const struct mt_event *call; /* the last by which a client wanted it to end */
	const struct mt_event
		*shutdown;	      /* QEMU's first SHUTDOWN event: to that, libvirt ends it; */
	const struct mt_event *panic; /* GUEST_PANICKED, */
	const struct mt_event *watchdog; /* WATCHDOG */
	const struct mt_event *exit;	 /* of QEMU's process */
	struct closing closing;		 /* of libvirt's monitor */
};

/* Linux, on all machines that libvirt runs guests on. */
static const struct {
	const char *name;
	bool is_crash;
} signals[] = {
	[1] = {"SIGHUP", false},  [2] = {"SIGINT", false},   [3] = {"SIGQUIT", false},
	[4] = {"SIGILL", true},	  [5] = {"SIGTRAP", true},   [6] = {"SIGABRT", true},
	[7] = {"SIGBUS", true},	  [8] = {"SIGFPE", true},    [9] = {"SIGKILL", false},
	[11] = {"SIGSEGV", true}, [15] = {"SIGTERM", false}, [24] = {"SIGXCPU", false},
	[31] = {"SIGSYS", true},
};

static bool is_listed(uint32_t number)
{
	static_assert(sizeof(signals) / sizeof(signals[0]) == 32, "up to SIGSYS");
	return number < sizeof(signals) / sizeof(signals[0]);
}

bool guest_end_is_crash(const struct guest_end *end)
{
	return end->by == ENDED_BY_SIGNAL && is_listed((uint32_t)end->number) &&
	       signals[end->number].is_crash;
}

static bool wants_end(const struct mt_event *event)
{
	return event->kind == MT_CALL &&
	       (event->wanted.call == MT_CALL_DESTROY || event->wanted.call == MT_CALL_SHUTDOWN ||
		event->wanted.call == MT_CALL_SAVE);
}

static void signs_take(struct signs *signs, uint32_t pid, const struct mt_event *event)
{
	if (wants_end(event))
		signs->call = event;
	else if (monitor_event_is(event, "SHUTDOWN"))
		signs->shutdown = signs->shutdown ?: event;
	else if (monitor_event_is(event, "GUEST_PANICKED"))
		signs->panic = event;
	else if (monitor_event_is(event, "WATCHDOG"))
		signs->watchdog = event;
	else if (event->kind == MT_EXIT && event->tgid == pid)
		signs->exit = event;
	else
		closing_take(&signs->closing, event);
}

static struct signs signs_of(const struct side *side, uint32_t pid)
{
	const struct mt_event *event = NULL;
	struct signs signs = {0};

	while ((event = window_next(side, event)))
		signs_take(&signs, pid, event);
	event = NULL;
	while ((event = aftermath_next(side, event)))
		signs_take(&signs, pid, event);
	return signs;
}

/* Returns whether the SHUTDOWN event gives that reason: its text may be cut off in it. */
static bool has_reason(const struct mt_event *shutdown, const char *reason)
{
	static const char key[] = "\"reason\": \"";
	const char *at = memmem(shutdown->text, shutdown->text_len, key, sizeof(key) - 1);
	size_t left;

	if (!at)
		return false;
	at += sizeof(key) - 1;
	left = (size_t)(shutdown->text + shutdown->text_len - at);
	assert(at <= shutdown->text + shutdown->text_len);
	return left >= 7 && !memcmp(at, reason, left < strlen(reason) ? left : strlen(reason));
}

/* QEMU's qapi/run-state.json, ShutdownCause. */
static const char *guests_way(const struct signs *signs)
{
	if (signs->panic)
		return "panic";
	if (signs->watchdog)
		return "watchdog";
	if (!signs->shutdown)
		return NULL;
	if (has_reason(signs->shutdown, "guest-shutdown"))
		return "shutdown";
	if (has_reason(signs->shutdown, "guest-reset"))
		return "reboot";
	return has_reason(signs->shutdown, "guest-panic") ? "panic" : NULL;
}

static struct guest_end by_exit(const struct mt_event *exit)
{
	int64_t ns = (int64_t)exit->ktime_ns;

	assert(exit->kind == MT_EXIT);
	if (exit->exit.by_oom)
		return (struct guest_end){ENDED_BY_KERNEL, "OOM killer", (int)exit->exit.signal,
					  ns};
	if (exit->exit.signal)
		return (struct guest_end){
			ENDED_BY_SIGNAL,
			is_listed(exit->exit.signal) ? signals[exit->exit.signal].name : NULL,
			(int)exit->exit.signal, ns};
	return (struct guest_end){ENDED_BY_QEMU, NULL, (int)exit->exit.code, ns};
}

/* libvirt ends a QEMU by SIGTERM, which it handles, and by SIGKILL where it does not. */
static bool is_told_to_end(const struct signs *signs)
{
	return signs->shutdown && has_reason(signs->shutdown, "host-signal");
}

struct guest_end guest_end_of(const struct side *side)
{
	struct qemu qemu = qemu_of(side);
	struct signs signs = signs_of(side, qemu.pid);
	int64_t ns = event_ns(signs.exit ?: signs.closing.close);

	assert(!signs.exit || signs.exit->tgid == qemu.pid);
	assert(!signs.call || wants_end(signs.call));
	if (!side->has_no_qemu && !signs.exit)
		return (struct guest_end){.by = ENDED_BY_NOBODY};
	if (signs.exit && signs.exit->exit.by_oom)
		return by_exit(signs.exit);
	if (signs.call)
		return (struct guest_end){ENDED_BY_CLIENT, call_name(signs.call->wanted.call), 0,
					  event_ns(signs.call)};
	if (guests_way(&signs))
		return (struct guest_end){ENDED_BY_GUEST, guests_way(&signs), 0, ns};
	if (is_told_to_end(&signs))
		return (struct guest_end){ENDED_BY_LIBVIRT, "SIGTERM", 15, ns};
	return signs.exit ? by_exit(signs.exit) : (struct guest_end){ENDED_BY_UNKNOWN, NULL, 0, ns};
}

bool guest_has_panicked(const struct side *side)
{
	return signs_of(side, 0).panic;
}
