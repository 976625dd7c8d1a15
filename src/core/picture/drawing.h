/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A timeline while it is drawn: its spans, each where it is on the axis. */
#ifndef MIGTRACE_CORE_PICTURE_DRAWING_H
#define MIGTRACE_CORE_PICTURE_DRAWING_H

#include "core/picture/axis.h"
#include "core/picture/timeline.h"

/* What is drawn, and where on the axis things are. */
struct drawing {
	const struct account *account;
	struct axis axis;
	struct timeline *timeline;
	int err; /* -ENOMEM: nothing can be added any more */
};

/* Returns the new span, zeroed, or NULL: there are too many, or there is no memory. */
struct timeline_span *drawing_span(struct drawing *drawing);

/* Returns a new span between two instants of one host's clock, or NULL as above. */
struct timeline_span *drawing_own_span(struct drawing *drawing, enum role role,
				       enum timeline_track track, int64_t from_ns, int64_t to_ns);

/* Adds the event as an instant, named by what is ours and a detail, which may be "". */
void drawing_instant(struct drawing *drawing, enum role role, enum timeline_track track,
		     const struct mt_event *event, const char *name, const char *detail);

/* Names the span by what is ours, and then by at most len bytes of what others said. */
void span_set_name(struct timeline_span *span, const char *ours, const char *theirs, size_t len);

/* Draws what one side's libvirt and QEMU did; one that was not seen is empty. */
void side_draw(struct drawing *drawing, const struct account_side *account);

/* Adds the passes over the guest's RAM, which the source makes. */
void passes_draw(struct drawing *drawing, const struct account *account);

/* Draws what the vCPUs of one side lost; one that was not seen has none. */
void brownout_draw(struct drawing *drawing, const struct side *side);

/* Draws elapsed, downtime, blackout, and those of each vCPU, network interface and disk. */
void figures_draw(struct drawing *drawing);

/* Draws the parts of the standstill, one after the other. */
void parts_draw(struct drawing *drawing);

#endif
