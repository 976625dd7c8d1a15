/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spans of a migration's figures, and of the parts of its standstill. */
#include "core/picture/drawing.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

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
	assert(from->late_ns >= 0);
	from_ns = from->ns + from->late_ns / 2;
	span = drawing_own_span(drawing, ROLE_SOURCE, track, from_ns, from_ns + duration->est_ns);
	if (!span)
		return;
	span->host = drawing->axis.is_common ? TIMELINE_BOTH : TIMELINE_SOURCE;
	span->number = number;
	span->quantity = duration;
	span->end_error_ns = span->ns_error_ns = error_of(duration);
	span_set_name(span, name, "", 0);
}

static void vcpus_add(struct drawing *drawing, const struct blackout *blackout)
{
	for (size_t i = 0; i < blackout->count; i++)
		whole_add(drawing, TIMELINE_VCPU, "blackout", blackout->vcpu[i].index,
			  &blackout->vcpu[i].stop.i, &blackout->vcpu[i].blackout);
}

static void network_add(struct drawing *drawing, const struct network *network)
{
	for (size_t i = 0; i < network->count; i++) {
		const struct interface *interface = &network->interface[i];

		whole_add(drawing, TIMELINE_NETWORK, "no frame in", (int)i, &interface->in.last.i,
			  &interface->in.time);
		whole_add(drawing, TIMELINE_NETWORK, "no frame out", (int)i, &interface->out.last.i,
			  &interface->out.time);
	}
}

static void disks_add(struct drawing *drawing, const struct guest_disks *disks)
{
	for (size_t i = 0; i < disks->count; i++) {
		const struct disk *disk = &disks->disk[i];
		char name[TIMELINE_NAME];

		snprintf(name, sizeof(name), "%s: no request completed", disk->name);
		whole_add(drawing, TIMELINE_DISK, name, (int)i, &disk->last.i, &disk->blackout);
	}
}

void figures_draw(struct drawing *drawing)
{
	const struct account *account = drawing->account;
	const struct figures *figures = &account->figures;
	const struct side *source = account->side[ROLE_SOURCE].side;

	vcpus_add(drawing, &figures->vcpus);
	network_add(drawing, &figures->network);
	disks_add(drawing, &figures->disks);
	whole_add(drawing, TIMELINE_FIGURES, "blackout", 0, &figures->vcpus.stop.i,
		  &figures->blackout);
	if (!source)
		return;
	whole_add(drawing, TIMELINE_FIGURES, "elapsed", 0, &source->src.start.i, &figures->elapsed);
	whole_add(drawing, TIMELINE_FIGURES, "downtime", 0,
		  account->has_moved ? &source->src.stopped.i : &source->src.halted.i,
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
	const struct breakdown *breakdown = &drawing->account->figures.breakdown;
	int64_t before_ns = 0;

	assert(breakdown->count && breakdown->count <= PARTS_MAX);
	if (breakdown->part[0].place == PLACE_DESTINATION)
		return cursor_at(drawing, ROLE_DESTINATION,
				 drawing->account->side[ROLE_DESTINATION].side->dst.received.at.v);
	for (size_t i = 0; i < breakdown->count; i++)
		if (breakdown->part[i].place == PLACE_SOURCE)
			before_ns += breakdown->part[i].duration.est_ns;
	return cursor_at(drawing, ROLE_SOURCE,
			 drawing->account->side[ROLE_SOURCE].side->src.sent.at.v - before_ns);
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
	struct timeline_span *span = drawing_span(drawing);

	if (!span)
		return;
	span->host = drawing->axis.is_common ? TIMELINE_BOTH : (enum timeline_host)cursor->role;
	assert(part->duration.known);
	span->track = TIMELINE_PARTS;
	span->part = part;
	span->quantity = &part->duration;
	span->at_ns = cursor->at.ns;
	span->clock_ns = cursor->clock_ns;
	span->ns = part->duration.est_ns;
	span->at_error_ns = cursor->at.error_ns;
	span->ns_error_ns = error_of(&part->duration);
	cursor_pass(drawing, cursor, part);
	span->end_error_ns = cursor->at.error_ns;
	span_set_name(span, part->name, detail, strlen(detail));
}

void parts_draw(struct drawing *drawing)
{
	const struct breakdown *breakdown = &drawing->account->figures.breakdown;
	const struct side *destination = drawing->account->side[ROLE_DESTINATION].side;
	struct cursor cursor;

	if (!breakdown->count)
		return;
	cursor = parts_begin(drawing);
	for (size_t i = 0; i < breakdown->count; i++) {
		const struct part *part = &breakdown->part[i];

		if (part->place == PLACE_DESTINATION && cursor.role == ROLE_SOURCE)
			cursor = cursor_at(drawing, ROLE_DESTINATION,
					   destination->dst.received.at.v);
		part_add(drawing, part, &cursor);
	}
}
