/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the thread waited for that has loaded a guest: written when it has, of its last waits. */
#include <string.h>

#include "record/write.h"
#include "recorder/state.h"

/* Of the thread alone, until then. */
static struct mt_event event_of(const struct recorder *recorder, const struct mt_event *loaded,
				const struct mt_loader *loader, uint64_t ns)
{
	uint64_t since_ns = loader->begun_ns;
	struct mt_event event = {
		.ktime_ns = (uint64_t)recorder_stamp(recorder, (int64_t)ns),
		.tgid = loader->own_tgid,
		.tid = loader->own_tid,
		.kind = MT_SCHED,
		.sched.throttled_ns = UINT64_MAX,
	};

	if (loader->count > MT_LOADER_SPANS)
		since_ns = loader->span[loader->count % MT_LOADER_SPANS].to_ns;
	event.sched.alone_ns = ns > since_ns ? ns - since_ns : 0;
	memcpy(event.uuid, loaded->uuid, MT_UUID);
	memcpy(event.comm, loaded->comm, MT_COMM);
	return event;
}

static void span_write(struct recorder *recorder, const struct mt_event *loaded,
		       const struct mt_loader *loader, const struct mt_loader_span *span)
{
	struct mt_event event = event_of(recorder, loaded, loader, span->to_ns);

	event.sched.slept_ns = span->slept_ns;
	event.sched.runnable_ns = span->runnable_ns;
	event.sched.throttled_ns = span->throttled_ns;
	event.sched.short_slept_ns = span->short_slept_ns;
	event.sched.short_runnable_ns = span->short_runnable_ns;
	event.text_len = (uint16_t)strnlen(span->where, MT_LOADER_WHERE);
	memcpy(event.text, span->where, event.text_len);
	where_close(&event);
	recorder_check(recorder, record_write_event(recorder->out, &event));
}

static void loader_write(struct recorder *recorder, const struct mt_event *loaded,
			 const struct mt_loader *loader)
{
	uint64_t first = loader->count > MT_LOADER_SPANS ? loader->count - MT_LOADER_SPANS : 0;
	struct mt_event end = event_of(recorder, loaded, loader, loader->done_ns);

	for (uint64_t i = first; i < loader->count; i++)
		span_write(recorder, loaded, loader, &loader->span[i % MT_LOADER_SPANS]);
	end.sched.short_slept_ns = loader->short_slept_ns;
	end.sched.short_runnable_ns = loader->short_runnable_ns;
	recorder_check(recorder, record_write_event(recorder->out, &end));
}

void loader_event(struct recorder *recorder, const struct mt_event *event,
		  const struct mt_event *stamped)
{
	struct mt_loader *loaders = tracer_on_demand(recorder->tracer)->loaders;

	if (event->kind != MT_QEMU_STEP || event->step.step != MT_STEP_LOADED)
		return;
	for (size_t i = 0; i < MT_LOADERS; i++) {
		if (!loaders[i].is_used || loaders[i].own_tgid != event->tgid ||
		    !loaders[i].done_ns)
			continue;
		loader_write(recorder, stamped, &loaders[i]);
		loaders[i].is_used = 0;
	}
}
