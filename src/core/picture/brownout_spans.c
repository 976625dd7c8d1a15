/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of their time the vCPUs lost, from each look at them to the next one. */
#include "core/picture/drawing.h"

#include <assert.h>
#include <stdio.h>

#include "core/side/qemu.h"
#include "core/side/window.h"

/* What was said of all vCPUs at one time. */
struct look {
	int64_t at_ns, begun_ns;
	double watched_ns, lost_ns; /* until then, of all */
	size_t vcpus;
};

static void look_add(struct look *look, const struct mt_event *event)
{
	const struct mt_spent *spent = &event->spent;
	int64_t watched_ns = (int64_t)(event->ktime_ns - spent->begun_ns);

	assert(watched_ns >= 0);
	look->at_ns = (int64_t)event->ktime_ns;
	if (!look->vcpus || (int64_t)spent->begun_ns < look->begun_ns)
		look->begun_ns = (int64_t)spent->begun_ns;
	look->vcpus++;
	look->watched_ns += (double)watched_ns;
	look->lost_ns += (double)watched_ns - (double)spent->time_ns[MT_VCPU_ON_CPU] -
			 (double)spent->time_ns[MT_VCPU_HALTED];
}

/* Of other vCPUs than before the difference says nothing. */
static void look_draw(struct drawing *drawing, enum role role, const struct look *look,
		      const struct look *before)
{
	bool is_first = !before->vcpus;
	double watched_ns = look->watched_ns - before->watched_ns;
	double lost_ns = look->lost_ns - before->lost_ns;
	struct timeline_span *span;

	if (look->vcpus == 0 || (!is_first && look->vcpus != before->vcpus) || watched_ns <= 0 ||
	    lost_ns < 0 || lost_ns > watched_ns)
		return;
	assert(lost_ns >= 0 && lost_ns <= watched_ns);
	span = drawing_own_span(drawing, role, TIMELINE_BROWNOUT,
				is_first ? look->begun_ns : before->at_ns, look->at_ns);
	if (span)
		snprintf(span->name, sizeof(span->name), "lost %.0f %%",
			 lost_ns * 100 / watched_ns);
}

void brownout_draw(struct drawing *drawing, const struct side *side)
{
	uint32_t pid = side ? qemu_of(side).pid : 0;
	const struct mt_event *event = NULL;
	struct look look = {0}, before = {0};

	while (pid && (event = window_next(side, event))) {
		if (event->kind != MT_VCPU || event->tgid != pid ||
		    event->ktime_ns < event->spent.begun_ns)
			continue;
		if (look.vcpus && look.at_ns != (int64_t)event->ktime_ns) {
			look_draw(drawing, side->role, &look, &before);
			before = look;
			look = (struct look){0};
		}
		assert(!look.vcpus || look.at_ns == (int64_t)event->ktime_ns);
		look_add(&look, event);
	}
	if (side)
		look_draw(drawing, side->role, &look, &before);
}
