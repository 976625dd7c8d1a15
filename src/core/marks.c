/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes on between the events of a standstill: who has to act, and what it does. */
#include "core/marks.h"

#include "core/guest.h"
#include "core/monitor.h"
#include "core/qmp.h"

enum what {
	A_STEP,	   /* of QEMU's */
	A_STATE,   /* of QEMU's migration, which it has come to */
	RUNS,	   /* QEMU's run state says so */
	HALTS,	   /* or that it does not */
	A_STATUS,  /* of the migration, as libvirt is told */
	A_COMMAND, /* is sent to QEMU */
	A_REPLY,   /* has come */
	AN_ENTRY,  /* of a libvirt function */
};

/* One kind of event, whose turn it has to be for it to matter, and what it begins. */
struct mark {
	enum what what;
	int number;	  /* of the step, or the function */
	const char *text; /* the state or status */
	enum turn turn;
	struct doing next; /* TURN_ANY: as it was */
	const char *ended; /* a better name for what it ends; or NULL */
};

#define TO_LIBVIRT                                                                                 \
	{                                                                                          \
		"event on its way to libvirt", 0, TURN_LIBVIRT                                     \
	}
#define LIBVIRT                                                                                    \
	{                                                                                          \
		"libvirt", 0, TURN_LIBVIRT                                                         \
	}
#define QEMU(does)                                                                                 \
	{                                                                                          \
		does, 0, TURN_QEMU                                                                 \
	}
#define STEP(s, does)                                                                              \
	{                                                                                          \
		A_STEP, s, 0, TURN_QEMU, QEMU(does), 0                                             \
	}
#define STOPS	      "QEMU stops (not probed)"
#define SAVES	      "QEMU saves (not probed)"
#define WAIT_FOR_LOAD "wait for QEMU to load"

/*
 * QEMU's migration_completion() and postcopy_start(), libvirt's qemuMigrationSrcRun(). Of QEMUs
 * that are not probed only what libvirt is told tells whose turn it is.
 */
static const struct mark on_source[] = {
	{HALTS, 0, 0, TURN_QEMU, QEMU("stop notifiers"), 0},
	STEP(MT_STOP_SENT, "STOP told"),
	STEP(MT_BLOCK_DRAIN, "block drain"),
	STEP(MT_BLOCK_FLUSH, "block flush"),
	{A_STATE, 0, "pre-switchover", TURN_QEMU, TO_LIBVIRT, 0},
	{A_STEP, MT_CONTINUED, 0, TURN_ANY, QEMU("QEMU goes on"), 0},
	{A_STATE, 0, "device", TURN_ANY, QEMU("switchover begins"), 0},
	STEP(MT_LAST_RAM, "last RAM"),
	STEP(MT_DEVICES_SAVE, "device state"),
	STEP(MT_BLOCK_INACTIVATE, "block inactivate"),
	STEP(MT_STREAM_END, "stream's end, flush"),
	STEP(MT_LOAD_WAIT, "wait for the other QEMU to load"),
	STEP(MT_POSTCOPY_PACKAGE, "post-copy package"),
	{A_STATE, 0, "completed", TURN_QEMU, TO_LIBVIRT, 0},
	{A_STATE, 0, "postcopy-active", TURN_QEMU, TO_LIBVIRT, 0},
	{A_STATUS, 0, "pre-switchover", TURN_QEMU, LIBVIRT, STOPS},
	{A_STATUS, 0, "completed", TURN_QEMU, LIBVIRT, SAVES},
	{A_STATUS, 0, "postcopy-active", TURN_QEMU, LIBVIRT, SAVES},
	{A_STATUS, 0, "device", TURN_LIBVIRT, QEMU(SAVES), 0},
	{A_STATUS, 0, 0, TURN_LIBVIRT, LIBVIRT, 0},
	{A_COMMAND, 0, 0, TURN_LIBVIRT, {"QMP", 0, TURN_LIBVIRT}, 0},
	{A_REPLY, 0, 0, TURN_LIBVIRT, {"libvirt, after", 0, TURN_LIBVIRT}, 0},
};

/* libvirt's qemuMigrationDstFinish(), QEMU's qmp_cont() and vm_start(). */
static const struct mark on_destination[] = {
	{A_STATUS, 0, "completed", TURN_LIBVIRT, LIBVIRT, WAIT_FOR_LOAD},
	{A_STATUS, 0, "postcopy-active", TURN_LIBVIRT, LIBVIRT, WAIT_FOR_LOAD},
	{AN_ENTRY, MT_START_CPUS, 0, TURN_ANY, {"libvirt, lock and network", 0, TURN_LIBVIRT}, 0},
	{A_STEP, MT_CONT, 0, TURN_ANY, QEMU("QEMU's cont"), 0},
	STEP(MT_BLOCK_ACTIVATE, "block activate"),
	STEP(MT_START_PREPARE, "start prepared"),
	STEP(MT_RESUME_SENT, "RESUME told, ticks on"),
	{RUNS, 0, 0, TURN_QEMU, QEMU("start notifiers"), 0},
	STEP(MT_VCPUS_RELEASE, "vCPUs woken"),
	{A_STEP, MT_VCPU_START, 0, TURN_QEMU, {"reply on its way to libvirt", 0, TURN_LIBVIRT}, 0},
	{A_COMMAND, 0, 0, TURN_LIBVIRT, {"QMP", 0, TURN_LIBVIRT}, 0},
	{A_REPLY, 0, 0, TURN_ANY, {"libvirt, after", 0, TURN_LIBVIRT}, 0},
};

static const struct {
	const struct mark *marks;
	size_t count;
} sides[] = {
	[SIDE_SOURCE] = {on_source, sizeof(on_source) / sizeof(on_source[0])},
	[SIDE_DESTINATION] = {on_destination, sizeof(on_destination) / sizeof(on_destination[0])},
};

static bool is_told(const struct mark *mark, const struct mt_event *event)
{
	return mark->text ? monitor_status_is(event, mark->text)
			  : monitor_event_is(event, "MIGRATION");
}

static bool matches(const struct mark *mark, const struct mt_event *event)
{
	switch (mark->what) {
	case A_STEP:
		return event_is_step(event, (enum mt_step)mark->number);
	case A_STATE:
		return event_is_state(event, mark->text);
	case RUNS:
	case HALTS:
		return event_is_run_state(event, mark->what == RUNS);
	case A_STATUS:
		return is_told(mark, event);
	case A_COMMAND:
		return event->kind == MT_MONITOR_SEND;
	case A_REPLY:
		return event->kind == MT_MONITOR_REPLY;
	default:
		return event->kind == mark->number && event->edge == MT_ENTER;
	}
}

struct doing doing_first(enum side side, bool has_steps)
{
	/* qemuMigrationCookieNew() looks the host's own name up, by whatever answers for that. */
	if (side == SIDE_DESTINATION)
		return (struct doing){"libvirt, cookie and host name", NULL, TURN_LIBVIRT};
	return has_steps ? (struct doing)QEMU("QEMU sees all vCPUs stopped")
			 : (struct doing)QEMU("unattributed");
}

bool doing_next(enum side side, const struct mt_event *event, struct doing *doing,
		struct doing *ended)
{
	for (size_t i = 0; i < sides[side].count; i++) {
		const struct mark *mark = &sides[side].marks[i];

		if ((mark->turn != TURN_ANY && mark->turn != doing->turn) || !matches(mark, event))
			continue;
		*ended = *doing;
		if (mark->ended)
			*ended = (struct doing){mark->ended, NULL, doing->turn};
		*doing = mark->next;
		if (mark->what == A_COMMAND || mark->what == A_REPLY)
			doing->detail = qmp_command(event->command);
		return true;
	}
	return false;
}
