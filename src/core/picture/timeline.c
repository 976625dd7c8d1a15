/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pictures show of a migration: spans and instants of both hosts on one axis of time. */
#include "core/picture/timeline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/picture/axis.h"
#include "core/standstill/blackout.h"
#include "core/standstill/devices.h"
#include "core/side/qemu.h"
#include "core/picture/lanes.h"
#include "core/event/monitor.h"
#include "core/match/outcome.h"
#include "core/event/qmp.h"
#include "core/event/steps.h"

/* What is being made, and where on the axis things are. */
struct drawing {
	const struct migration *migration;
	const struct figures *figures;
	struct axis axis;
	struct timeline *timeline;
	int err;
};

/* libvirt's functions that are shown, from entry to return. */
static const char *const functions[MT_KINDS] = {
	[MT_BEGIN] = "Begin",	    [MT_PREPARE] = "Prepare",	 [MT_PERFORM] = "Perform",
	[MT_RUN] = "Run",	    [MT_FINISH] = "Finish",	 [MT_CONFIRM] = "Confirm",
	[MT_COMPLETE] = "Complete", [MT_STOP_CPUS] = "StopCPUs", [MT_START_CPUS] = "StartCPUs",
};

/* Returns the new span, zeroed, or NULL: there are too many, or there is no memory. */
static struct timeline_span *span_add(struct drawing *drawing)
{
	struct timeline *timeline = drawing->timeline;

	if (drawing->err)
		return NULL;
	if (timeline->count == TIMELINE_SPANS_MAX) {
		timeline->left_out++;
		return NULL;
	}
	if (timeline->count == timeline->room) {
		size_t room = timeline->room ? timeline->room * 2 : 128;
		struct timeline_span *more = realloc(timeline->span, room * sizeof(*more));

		if (!more) {
			drawing->err = -ENOMEM;
			return NULL;
		}
		timeline->span = more;
		timeline->room = room;
	}
	timeline->span[timeline->count] = (struct timeline_span){.host = TIMELINE_BOTH};
	return &timeline->span[timeline->count++];
}

/* Returns how much of the text is left when a character that is cut at its end is taken off. */
static size_t whole_characters(const char *text, size_t len)
{
	size_t first = len;

	while (first && ((unsigned char)text[first - 1] & 0xc0) == 0x80)
		first--;
	if (!first || (unsigned char)text[first - 1] < 0xc0)
		return first ? len : 0;
	/* As many bytes as its first one has leading ones. */
	return len - first + 1 < (size_t)__builtin_clz(
					 ~((unsigned int)(unsigned char)text[first - 1] << 24))
		       ? first - 1
		       : len;
}

/* The name is what is ours, and then at most len bytes of what others said. */
static void name_set(struct timeline_span *span, const char *ours, const char *theirs, size_t len)
{
	size_t at = strlen(ours), room;

	memcpy(span->name, ours, at);
	if (at && len && theirs[0])
		span->name[at++] = ' ';
	room = TIMELINE_NAME - 1 - at;
	len = strnlen(theirs, len < room ? len : room);
	memcpy(span->name + at, theirs, len);
	span->name[at + whole_characters(theirs, len)] = '\0';
}

/* A span of one host's clock. Returns NULL where there is no room. */
static struct timeline_span *own_add(struct drawing *drawing, enum role role,
				     enum timeline_track track, int64_t from_ns, int64_t to_ns)
{
	struct timeline_span *span = span_add(drawing);
	struct axis_at at = axis_of(&drawing->axis, role, from_ns);

	if (!span)
		return NULL;
	span->host = (enum timeline_host)role;
	span->track = track;
	span->at_ns = at.ns;
	span->ns = to_ns > from_ns ? to_ns - from_ns : 0;
	span->at_error_ns = at.error_ns;
	span->end_error_ns = axis_of(&drawing->axis, role, from_ns + span->ns).error_ns;
	span->clock_ns = from_ns;
	return span;
}

static void instant_add(struct drawing *drawing, enum role role, enum timeline_track track,
			const struct mt_event *event, const char *name, const char *detail)
{
	struct timeline_span *span =
		own_add(drawing, role, track, (int64_t)event->ktime_ns, (int64_t)event->ktime_ns);

	if (!span)
		return;
	span->is_instant = true;
	name_set(span, name, detail, strlen(detail));
}

static int64_t side_begin_ns(const struct side *side)
{
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
	struct timeline_span *span = own_add(drawing, side->role, TIMELINE_LIBVIRT, from_ns, to_ns);

	if (!span)
		return;
	span->lacks_begin = !enter;
	span->lacks_end = !leave;
	name_set(span, functions[kind], "", 0);
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

	span = own_add(drawing, side->role, TIMELINE_LIBVIRT, (int64_t)reply->earlier_ns,
		       (int64_t)reply->ktime_ns);
	if (span)
		snprintf(span->name, sizeof(span->name), "QMP %s%s", command_of(reply),
			 reply->monitor.has_failed ? " (failed)" : "");
}

/* A monitor has one command at a time. One without a reply, as in older recordings, is an instant.
 */
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
			instant_add(drawing, side->role, TIMELINE_LIBVIRT, sent, "QMP",
				    command_of(sent));
		if (is_reply)
			reply_add(drawing, side, event);
		sent = is_reply ? NULL : event;
	}
	if (sent)
		instant_add(drawing, side->role, TIMELINE_LIBVIRT, sent, "QMP", command_of(sent));
}

static void state_add(struct drawing *drawing, enum role role, const struct mt_event *state,
		      const struct mt_event *next)
{
	struct timeline_span *span = own_add(drawing, role, TIMELINE_QEMU, (int64_t)state->ktime_ns,
					     (int64_t)(next ? next : state)->ktime_ns);

	if (!span)
		return;
	span->is_instant = !next; /* how long QEMU stayed in its last one says nothing */
	if (state->text_len)
		name_set(span, "", state->text,
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
	instant_add(drawing, role, TIMELINE_QEMU, event, name, thread);
}

static void qemu_add(struct drawing *drawing, const struct side *side)
{
	struct qemu qemu = qemu_of(side);
	const struct mt_event *event = NULL, *state = NULL;

	while ((event = qemu_next(&qemu, event))) {
		if (event->kind == MT_QEMU_STEP)
			step_add(drawing, side->role, event);
		if (event->kind == MT_QEMU_RUN_STATE)
			instant_add(drawing, side->role, TIMELINE_QEMU, event,
				    event->run_state.is_running ? "guest runs" : "guest stopped",
				    "");
		if (event->kind != MT_QEMU_MIGRATION_STATE)
			continue;
		if (state)
			state_add(drawing, side->role, state, event);
		state = event;
	}
	if (state)
		state_add(drawing, side->role, state, NULL);
}

/* Returns the number of the pass that begins, as QEMU tells libvirt; 0 if it is another event. */
static int pass_of(const struct mt_event *event)
{
	static const char key[] = "\"pass\": ";
	size_t len = event->text_len < MT_TEXT ? event->text_len : MT_TEXT;
	const char *at, *end = event->text + len;
	int pass = 0;

	if (!monitor_event_is(event, "MIGRATION_PASS"))
		return 0;
	at = memmem(event->text, len, key, strlen(key));
	for (at = at ? at + strlen(key) : end; at < end && *at >= '0' && *at <= '9'; at++)
		pass = pass < 100000000 ? pass * 10 + (*at - '0') : pass;
	return pass;
}

static void pass_add(struct drawing *drawing, const struct side *side, const struct mt_event *pass,
		     const struct mt_event *next)
{
	int64_t to_ns = next ? (int64_t)next->ktime_ns : side_end_ns(side);
	struct timeline_span *span;

	span = own_add(drawing, side->role, TIMELINE_PASSES, (int64_t)pass->ktime_ns, to_ns);
	if (!span)
		return;
	span->lacks_end = !next;
	snprintf(span->name, sizeof(span->name), "pass %d", pass_of(pass));
}

/* A pass goes on until the next one, or until the migration comes to another state. */
static void passes_add(struct drawing *drawing, const struct side *side)
{
	const struct mt_event *pass = NULL;

	for (size_t i = 0; i < side->count; i++) {
		const struct mt_event *event = side->events[i];
		bool is_pass = pass_of(event);
		bool ends = is_pass || monitor_event_is(event, "STOP") ||
			    (monitor_event_is(event, "MIGRATION") &&
			     !monitor_status_is(event, "active"));

		if (pass && ends)
			pass_add(drawing, side, pass, event);
		if (ends)
			pass = is_pass ? event : NULL;
	}
	if (pass)
		pass_add(drawing, side, pass, NULL);
}

static void devices_add(struct drawing *drawing, const struct side *side)
{
	struct device devices[DEVICES_MAX];
	size_t count = devices_of(side, devices);

	for (size_t i = 0; i < count; i++) {
		struct timeline_span *span =
			own_add(drawing, side->role, TIMELINE_DEVICES, devices[i].at_ns,
				devices[i].at_ns + devices[i].ns);

		if (!span)
			return;
		name_set(span, "", devices[i].name, MT_DEVICE);
		if (devices[i].instance)
			snprintf(span->name + strlen(span->name), 16, " %d", devices[i].instance);
	}
}

/* Returns how far the truth may be from the estimate. */
static int64_t error_of(const struct quantity *quantity)
{
	int64_t up = quantity->hi_ns - quantity->est_ns;
	int64_t down = quantity->est_ns - quantity->lo_ns;

	return up > down ? up : down;
}

/* What begins at an instant of the source's clock, and takes that long. */
static void whole_add(struct drawing *drawing, enum timeline_track track, const char *name,
		      int number, const struct instant *from, const struct quantity *duration)
{
	struct timeline_span *span;
	int64_t from_ns;

	if (!from->known || !duration->known)
		return;
	from_ns = from->ns + from->late_ns / 2;
	span = own_add(drawing, ROLE_SOURCE, track, from_ns, from_ns + duration->est_ns);
	if (!span)
		return;
	span->host = drawing->axis.is_common ? TIMELINE_BOTH : TIMELINE_SOURCE;
	span->number = number;
	span->end_error_ns = span->ns_error_ns = error_of(duration);
	name_set(span, name, "", 0);
}

static void vcpus_add(struct drawing *drawing, const struct blackout *blackout)
{
	for (size_t i = 0; i < blackout->count; i++)
		whole_add(drawing, TIMELINE_VCPU, "stands still", blackout->vcpu[i].index,
			  &blackout->vcpu[i].stop, &blackout->vcpu[i].blackout);
}

static void figures_add(struct drawing *drawing)
{
	const struct side *source = drawing->migration->source;
	const struct figures *figures = drawing->figures;
	struct blackout blackout;

	blackout_find(drawing->migration, &blackout);
	blackout_time(drawing->migration, &figures->clocks, &blackout);
	vcpus_add(drawing, &blackout);
	whole_add(drawing, TIMELINE_FIGURES, "blackout", 0, &blackout.stop, &figures->blackout);
	if (!source)
		return;
	whole_add(drawing, TIMELINE_FIGURES, "elapsed", 0, &source->start, &figures->elapsed);
	whole_add(drawing, TIMELINE_FIGURES, "downtime", 0,
		  migration_has_moved(drawing->migration) ? &source->stopped : &source->halted,
		  &figures->downtime);
}

/* Where the parts have come to, by which host's clock. */
struct cursor {
	enum role role;
	int64_t clock_ns;
	struct axis_at at;
};

static struct cursor cursor_at(const struct drawing *drawing, enum role role, int64_t clock_ns)
{
	return (struct cursor){role, clock_ns, axis_of(&drawing->axis, role, clock_ns)};
}

/* The source's parts end where it hands over. */
static struct cursor parts_begin(const struct drawing *drawing)
{
	const struct breakdown *breakdown = &drawing->figures->breakdown;
	int64_t before_ns = 0;

	if (breakdown->part[0].place == PLACE_DESTINATION)
		return cursor_at(drawing, ROLE_DESTINATION,
				 drawing->migration->destination->received.ns);
	for (size_t i = 0; i < breakdown->count; i++)
		if (breakdown->part[i].place == PLACE_SOURCE)
			before_ns += breakdown->part[i].duration.est_ns;
	return cursor_at(drawing, ROLE_SOURCE, drawing->migration->source->sent.ns - before_ns);
}

/* What is as long as it is by one clock ends where that clock says; else where it is estimated. */
static void cursor_pass(const struct drawing *drawing, struct cursor *cursor,
			const struct part *part)
{
	int64_t error_ns = cursor->at.error_ns + error_of(&part->duration);

	*cursor = cursor_at(drawing, cursor->role, cursor->clock_ns + part->duration.est_ns);
	if (part->place != PLACE_DESTINATION)
		cursor->at.error_ns = error_ns;
}

static void part_add(struct drawing *drawing, const struct part *part, struct cursor *cursor)
{
	const char *detail = part->detail ? part->detail : "";
	struct timeline_span *span = span_add(drawing);

	if (!span)
		return;
	span->host = drawing->axis.is_common ? TIMELINE_BOTH : (enum timeline_host)cursor->role;
	span->track = TIMELINE_PARTS;
	span->place = part->place;
	span->at_ns = cursor->at.ns;
	span->clock_ns = cursor->clock_ns;
	span->ns = part->duration.est_ns;
	span->at_error_ns = cursor->at.error_ns;
	span->ns_error_ns = error_of(&part->duration);
	cursor_pass(drawing, cursor, part);
	span->end_error_ns = cursor->at.error_ns;
	name_set(span, part->name, detail, strlen(detail));
}

static void parts_add(struct drawing *drawing)
{
	const struct breakdown *breakdown = &drawing->figures->breakdown;
	const struct side *destination = drawing->migration->destination;
	struct cursor cursor;

	if (!breakdown->count)
		return;
	cursor = parts_begin(drawing);
	for (size_t i = 0; i < breakdown->count; i++) {
		const struct part *part = &breakdown->part[i];

		if (part->place == PLACE_DESTINATION && cursor.role == ROLE_SOURCE)
			cursor = cursor_at(drawing, ROLE_DESTINATION, destination->received.ns);
		part_add(drawing, part, &cursor);
	}
}

static void side_add(struct drawing *drawing, const struct side *side)
{
	if (!side)
		return;
	functions_add(drawing, side);
	commands_add(drawing, side);
	qemu_add(drawing, side);
	passes_add(drawing, side);
	devices_add(drawing, side);
}

/* The axis begins with the first that is on it. */
static void zero_set(struct timeline *timeline)
{
	int64_t zero_ns[TIMELINE_HOSTS];

	for (int host = 0; host < TIMELINE_HOSTS; host++)
		zero_ns[host] = INT64_MAX;
	for (size_t i = 0; i < timeline->count; i++) {
		const struct timeline_span *span = &timeline->span[i];
		enum timeline_host host = timeline->is_common ? TIMELINE_BOTH : span->host;

		if (span->at_ns < zero_ns[host])
			zero_ns[host] = span->at_ns;
	}
	for (size_t i = 0; i < timeline->count; i++) {
		struct timeline_span *span = &timeline->span[i];

		span->at_ns -= zero_ns[timeline->is_common ? TIMELINE_BOTH : span->host];
	}
}

int timeline_find(const struct migration *migration, const struct figures *figures,
		  struct timeline *timeline)
{
	struct drawing drawing = {
		.migration = migration,
		.figures = figures,
		.axis = axis_find(migration, figures),
		.timeline = timeline,
	};

	*timeline = (struct timeline){.is_common = drawing.axis.is_common};
	if (!timeline->is_common && migration->source && migration->destination)
		timeline->why_not_common = figures->clocks.offset.why_unknown;
	side_add(&drawing, migration->source);
	side_add(&drawing, migration->destination);
	figures_add(&drawing);
	parts_add(&drawing);
	if (drawing.err)
		return drawing.err;
	zero_set(timeline);
	lanes_set(timeline);
	return 0;
}

void timeline_free(struct timeline *timeline)
{
	free(timeline->span);
	*timeline = (struct timeline){0};
}
