/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State table of the downtime: which event ends which part, and who (libvirt or QEMU) acts next. */
#include "core/standstill/marks.h"

#include <assert.h>

#include "core/side/qemu.h"
#include "core/event/monitor.h"
#include "core/event/qmp.h"
#include "core/standstill/part_names.h"

enum trigger {
	TRIGGER_STEP,	 /* of QEMU's */
	TRIGGER_STATE,	 /* of QEMU's migration, which it has come to */
	TRIGGER_RUNS,	 /* QEMU's run state says so */
	TRIGGER_HALTS,	 /* or that it does not */
	TRIGGER_STATUS,	 /* of the migration, as libvirt gets it */
	TRIGGER_COMMAND, /* is sent to QEMU */
	TRIGGER_REPLY,	 /* has come */
	TRIGGER_ENTRY,	 /* of a libvirt function */
};

/* One kind of event, whose turn it has to be for it to matter, and what it begins. */
struct mark {
	enum trigger trigger;
	int number;	      /* of the step, or the function */
	const char *text;     /* the state or status */
	enum turn turn;	      /* any of these */
	struct activity next; /* no name: as it was */
	const char *ended;    /* a better name for what it ends; or NULL */
};

#define TO_LIBVIRT                                                                                 \
	{                                                                                          \
		"event in transit to libvirt", 0, TURN_LIBVIRT                                     \
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
		TRIGGER_STEP, s, 0, TURN_QEMUS, QEMU(does), 0                                      \
	}
#define STOPS "QEMU stops (not probed)"
#define SAVES "QEMU saves (not probed)"

/*
 * QEMU's migration_completion() and postcopy_start(), libvirt's qemuMigrationSrcRun(). Of QEMUs
 * that are not probed only what libvirt is told tells whose turn it is.
 */
static const struct mark on_source[] = {
	{TRIGGER_STEP, MT_STEP_STOP_DECIDED, 0, TURN_QEMU, QEMU("switchover decided"),
	 PART_SUSPENDED},
	{TRIGGER_HALTS, 0, 0, TURN_QEMUS, QEMU(PART_STOP_NOTIFIERS), 0},
	STEP(MT_STEP_STOP_SENT, "STOP event sent"),
	STEP(MT_STEP_BLOCK_DRAIN, PART_BLOCK_DRAIN),
	STEP(MT_STEP_BLOCK_FLUSH, PART_BLOCK_FLUSH),
	{TRIGGER_STATE, 0, "pre-switchover", TURN_QEMUS, TO_LIBVIRT, 0},
	{TRIGGER_STEP, MT_STEP_CONTINUED, 0, TURN_ANY, QEMU("QEMU resumes switchover"), 0},
	{TRIGGER_STATE, 0, "device", TURN_ANY, QEMU("switchover begins"), 0},
	STEP(MT_STEP_LAST_RAM, PART_LAST_RAM),
	STEP(MT_STEP_DEVICES_SAVE, PART_DEVICE_STATE),
	STEP(MT_STEP_BLOCK_INACTIVATE, PART_BLOCK_INACTIVATE),
	STEP(MT_STEP_STREAM_END, PART_STREAM_END),
	STEP(MT_STEP_LOAD_WAIT, PART_LOAD_AWAITED),
	STEP(MT_STEP_POSTCOPY_PACKAGE, PART_POST_COPY_PACKAGE),
	{TRIGGER_STATE, 0, "completed", TURN_QEMUS, TO_LIBVIRT, 0},
	{TRIGGER_STATE, 0, "postcopy-active", TURN_QEMUS, TO_LIBVIRT, 0},
	{TRIGGER_STATUS, 0, "pre-switchover", TURN_QEMUS, LIBVIRT, STOPS},
	{TRIGGER_STATUS, 0, "completed", TURN_QEMUS, LIBVIRT, SAVES},
	{TRIGGER_STATUS, 0, "postcopy-active", TURN_QEMUS, LIBVIRT, SAVES},
	{TRIGGER_STATUS, 0, "device", TURN_LIBVIRTS, QEMU(SAVES), 0},
	{TRIGGER_STATUS, 0, 0, TURN_LIBVIRT, LIBVIRT, 0},
	{TRIGGER_COMMAND, 0, 0, TURN_LIBVIRTS, {PART_QMP, 0, TURN_REPLY}, 0},
	{TRIGGER_REPLY, 0, 0, TURN_LIBVIRTS, {"libvirt processing", 0, TURN_LIBVIRT}, 0},
};

/* libvirt's qemuMigrationDstFinish(), QEMU's qmp_cont() and vm_start(). */
static const struct mark on_destination[] = {
	{TRIGGER_STATUS, 0, "completed", TURN_LIBVIRT, LIBVIRT, PART_LOAD},
	{TRIGGER_STATUS, 0, "postcopy-active", TURN_LIBVIRT, LIBVIRT, PART_LOAD},
	/* What was asked of QEMU meanwhile is answered when it has loaded. */
	{TRIGGER_STATUS, 0, "completed", TURN_REPLY, {0}, PART_LOAD},
	{TRIGGER_STATUS, 0, "postcopy-active", TURN_REPLY, {0}, PART_LOAD},
	{TRIGGER_ENTRY, MT_START_CPUS, 0, TURN_ANY, {PART_LOCK_AND_NETWORK, 0, TURN_LIBVIRT}, 0},
	{TRIGGER_STEP, MT_STEP_CONT, 0, TURN_ANY, QEMU("QEMU's cont"), 0},
	STEP(MT_STEP_BLOCK_ACTIVATE, PART_BLOCK_ACTIVATE),
	STEP(MT_STEP_START_PREPARE, PART_START_PREPARATION),
	STEP(MT_STEP_RESUME_SENT, PART_RESUME),
	{TRIGGER_RUNS, 0, 0, TURN_QEMU, QEMU(PART_START_NOTIFIERS), 0},
	STEP(MT_STEP_VCPUS_RELEASE, PART_VCPU_WAKE_UP),
	{TRIGGER_STEP,
	 MT_STEP_VCPU_START,
	 0,
	 TURN_QEMU,
	 {"reply in transit to libvirt", 0, TURN_LIBVIRT},
	 0},
	{TRIGGER_COMMAND, 0, 0, TURN_LIBVIRTS, {PART_QMP, 0, TURN_REPLY}, 0},
	{TRIGGER_REPLY, 0, 0, TURN_ANY, {"libvirt processing", 0, TURN_LIBVIRT}, 0},
};

static const struct {
	const struct mark *marks;
	size_t count;
} sides[] = {
	[ROLE_SOURCE] = {on_source, sizeof(on_source) / sizeof(on_source[0])},
	[ROLE_DESTINATION] = {on_destination, sizeof(on_destination) / sizeof(on_destination[0])},
};
static_assert(sizeof(sides) / sizeof(sides[0]) == 2, "by enum role");

static bool is_reported(const struct mark *mark, const struct mt_event *event)
{
	return mark->text ? monitor_status_is(event, mark->text)
			  : monitor_event_is(event, "MIGRATION");
}

static bool matches(const struct mark *mark, const struct mt_event *event)
{
	switch (mark->trigger) {
	case TRIGGER_STEP:
		return event_is_step(event, (enum mt_step)mark->number);
	case TRIGGER_STATE:
		return event_is_state(event, mark->text);
	case TRIGGER_RUNS:
	case TRIGGER_HALTS:
		return event_is_run_state(event, mark->trigger == TRIGGER_RUNS);
	case TRIGGER_STATUS:
		return is_reported(mark, event);
	case TRIGGER_COMMAND:
		return event->kind == MT_MONITOR_SEND;
	case TRIGGER_REPLY:
		return event->kind == MT_MONITOR_REPLY;
	default:
		return event->kind == mark->number && event->edge == MT_ENTER;
	}
}

struct activity activity_first(enum role role, bool has_steps)
{
	/* qemuMigrationCookieNew() looks the host's own name up, by whatever answers for that. */
	if (role == ROLE_DESTINATION)
		return (struct activity){PART_HOST_NAME, NULL, TURN_LIBVIRT};
	return has_steps ? (struct activity){PART_VCPUS_STOPPED, NULL, TURN_VCPUS}
			 : (struct activity)QEMU("unattributed");
}

bool activity_next(enum role role, const struct mt_event *event, struct activity *activity,
		   struct activity *ended)
{
	assert(role == ROLE_SOURCE || role == ROLE_DESTINATION);
	assert(activity->name && activity->turn && !(activity->turn & ~TURN_ANY));
	for (size_t i = 0; i < sides[role].count; i++) {
		const struct mark *mark = &sides[role].marks[i];

		if (!(mark->turn & activity->turn) || !matches(mark, event))
			continue;
		*ended = *activity;
		if (mark->ended)
			*ended = (struct activity){mark->ended, NULL, activity->turn};
		if (mark->next.name)
			*activity = mark->next;
		if (mark->trigger == TRIGGER_COMMAND || mark->trigger == TRIGGER_REPLY)
			activity->detail = qmp_command(event->monitor.command) ?: "another command";
		return true;
	}
	return false;
}
