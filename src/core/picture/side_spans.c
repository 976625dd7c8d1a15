/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spans of one side: what its libvirt and its QEMU did, by their host's clock. */
#include "core/picture/drawing.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/event/monitor.h"
#include "core/event/qmp.h"
#include "core/event/steps.h"
#include "core/side/qemu.h"

/* libvirt's functions that are shown, from entry to return. */
static const char *const functions[MT_KINDS] = {
	[MT_BEGIN] = "Begin",	    [MT_PREPARE] = "Prepare",	 [MT_PERFORM] = "Perform",
	[MT_RUN] = "Run",	    [MT_FINISH] = "Finish",	 [MT_CONFIRM] = "Confirm",
	[MT_COMPLETE] = "Complete", [MT_STOP_CPUS] = "StopCPUs", [MT_START_CPUS] = "StartCPUs",
};

static int64_t side_begin_ns(const struct side *side)
{
	assert(side->count);
	return (int64_t)side->events[0]->ktime_ns;
}

static int64_t side_end_ns(const struct side *side)
{
	return (int64_t)side->events[side->count - 1]->ktime_ns;
}

/* One that was entered, or left, or both; what was not seen reaches to the side's end. */
static void function_add(struct drawing *drawing, const struct side *side, enum mt_kind kind,
			 const struct mt_event *enter, const struct mt_event *leave, int64_t end_ns)
{
	int64_t from_ns = enter ? (int64_t)enter->ktime_ns : side_begin_ns(side);
	int64_t to_ns = leave ? (int64_t)leave->ktime_ns : end_ns;
	struct timeline_span *span =
		drawing_own_span(drawing, side->role, TIMELINE_LIBVIRT, from_ns, to_ns);

	assert(kind < MT_KINDS && functions[kind]);
	if (!span)
		return;
	span->lacks_begin = !enter;
	span->lacks_end = !leave;
	span_set_name(span, functions[kind], "", 0);
}

static void functions_add(struct drawing *drawing, const struct side *side)
{
	const struct mt_event *open[MT_KINDS] = {0};
	bool was_seen[MT_KINDS] = {0};

	for (size_t i = 0; i < side->count; i++) {
		const struct mt_event *event = side->events[i];
		enum mt_kind kind = event->kind < MT_KINDS ? (enum mt_kind)event->kind : MT_NONE;
		bool is_entry = event->edge == MT_ENTER;

		if (!functions[kind])
			continue;
		if (open[kind] || (!is_entry && !was_seen[kind]))
			function_add(drawing, side, kind, open[kind], is_entry ? NULL : event,
				     (int64_t)event->ktime_ns);
		was_seen[kind] = true;
		open[kind] = is_entry ? event : NULL;
	}
	for (int kind = 0; kind < MT_KINDS; kind++)
		if (open[kind])
			function_add(drawing, side, (enum mt_kind)kind, open[kind], NULL,
				     side_end_ns(side));
}

static const char *command_of(const struct mt_event *event)
{
	const char *command = qmp_command(event->monitor.command);

	return command ? command : "";
}

static void reply_add(struct drawing *drawing, const struct side *side,
		      const struct mt_event *reply)
{
	struct timeline_span *span;

	assert(reply->earlier_ns && reply->earlier_ns <= reply->ktime_ns);
	span = drawing_own_span(drawing, side->role, TIMELINE_LIBVIRT, (int64_t)reply->earlier_ns,
				(int64_t)reply->ktime_ns);
	if (span)
		snprintf(span->name, sizeof(span->name), "QMP %s%s", command_of(reply),
			 reply->monitor.has_failed ? " (failed)" : "");
}

/* A monitor has one command at a time. One without a reply, as in older recordings,
 * is an instant. */
static void commands_add(struct drawing *drawing, const struct side *side)
{
	const struct mt_event *sent = NULL;

	for (size_t i = 0; i < side->count; i++) {
		const struct mt_event *event = side->events[i];
		bool is_reply = event->kind == MT_MONITOR_REPLY && event->earlier_ns &&
				event->earlier_ns <= event->ktime_ns;

		if (event->kind != MT_MONITOR_SEND && !is_reply)
			continue;
		if (sent && !(is_reply && sent->ktime_ns == event->earlier_ns))
			drawing_instant(drawing, side->role, TIMELINE_LIBVIRT, sent, "QMP",
					command_of(sent));
		if (is_reply)
			reply_add(drawing, side, event);
		sent = is_reply ? NULL : event;
	}
	if (sent)
		drawing_instant(drawing, side->role, TIMELINE_LIBVIRT, sent, "QMP",
				command_of(sent));
}

static void state_add(struct drawing *drawing, enum role role, const struct mt_event *state,
		      const struct mt_event *next)
{
	struct timeline_span *span =
		drawing_own_span(drawing, role, TIMELINE_QEMU, (int64_t)state->ktime_ns,
				 (int64_t)(next ? next : state)->ktime_ns);

	if (!span)
		return;
	span->is_instant = !next; /* how long QEMU stayed in its last one says nothing */
	if (state->text_len)
		span_set_name(span, "", state->text,
			      state->text_len < MT_TEXT ? state->text_len : MT_TEXT);
	else /* a QEMU whose names for them were not found */
		snprintf(span->name, sizeof(span->name), "state %d", state->migration_state.new);
}

/* The vCPU's thread, where the step is a vCPU's. */
static void step_add(struct drawing *drawing, enum role role, const struct mt_event *event)
{
	const char *name = step_name(event->step.step);
	bool is_vcpus =
		event_is_step(event, MT_STEP_VCPU_STOP) || event_is_step(event, MT_STEP_VCPU_START);
	char thread[MT_COMM + 1] = "";

	if (!name || event_is_step(event, MT_STEP_DEVICE_SAVE) ||
	    event_is_step(event, MT_STEP_DEVICE_LOAD))
		return;
	if (is_vcpus)
		memcpy(thread, event->comm, MT_COMM);
	drawing_instant(drawing, role, TIMELINE_QEMU, event, name, thread);
}

static void qemu_add(struct drawing *drawing, const struct side *side)
{
	struct qemu qemu = qemu_of(side);
	const struct mt_event *event = NULL, *state = NULL;

	while ((event = qemu_next(&qemu, event))) {
		if (event->kind == MT_QEMU_STEP)
			step_add(drawing, side->role, event);
		if (event->kind == MT_QEMU_RUN_STATE)
			drawing_instant(
				drawing, side->role, TIMELINE_QEMU, event,
				event->run_state.is_running ? "guest runs" : "guest stopped", "");
		if (event->kind != MT_QEMU_MIGRATION_STATE)
			continue;
		if (state)
			state_add(drawing, side->role, state, event);
		state = event;
	}
	if (state)
		state_add(drawing, side->role, state, NULL);
}

static void pass_add(struct drawing *drawing, const struct side *side, const struct pass *pass)
{
	int64_t to_ns = pass->length_ns.known ? pass->at_ns + pass->length_ns.v : side_end_ns(side);
	struct timeline_span *span =
		drawing_own_span(drawing, side->role, TIMELINE_PASSES, pass->at_ns, to_ns);

	if (!span)
		return;
	span->lacks_end = !pass->length_ns.known;
	snprintf(span->name, sizeof(span->name), "pass %" PRId64, opt_or(pass->number, 0));
}

static void devices_add(struct drawing *drawing, const struct account_side *account)
{
	const struct device *devices = account->device;

	assert(account->device_count <= DEVICES_MAX);
	for (size_t i = 0; i < account->device_count; i++) {
		struct timeline_span *span =
			drawing_own_span(drawing, account->side->role, TIMELINE_DEVICES,
					 devices[i].at_ns, devices[i].at_ns + devices[i].ns);

		if (!span)
			return;
		span_set_name(span, "", devices[i].name, MT_DEVICE);
		if (devices[i].instance)
			snprintf(span->name + strlen(span->name), 16, " %d", devices[i].instance);
	}
}

void side_draw(struct drawing *drawing, const struct account_side *account)
{
	const struct side *side = account->side;

	if (!side)
		return;
	functions_add(drawing, side);
	commands_add(drawing, side);
	qemu_add(drawing, side);
	devices_add(drawing, account);
}

void passes_draw(struct drawing *drawing, const struct account *account)
{
	const struct passes *passes = &account->passes;

	assert(passes->count <= PASSES_MAX);
	assert(account->migration->source || !passes->count);
	for (size_t i = 0; i < passes->count; i++)
		pass_add(drawing, account->migration->source, &passes->pass[i]);
}
