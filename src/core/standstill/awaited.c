/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the destination's loading thread did, while the source's waited for it. */
#include "core/standstill/awaited.h"

#include <assert.h>
#include <string.h>

#include "core/side/qemu.h"
#include "core/standstill/part_names.h"

/* In these the source has nothing to do where the destination does not take what it sends. */
static bool may_wait(const char *part)
{
	return !strcmp(part, PART_LAST_RAM) || !strcmp(part, PART_STREAM_END) ||
	       !strcmp(part, PART_LOAD_AWAITED);
}

static int64_t slept_of(const struct work *work)
{
	int64_t ns = 0;

	assert(work->slept_count <= SLEPT_MAX + 1);
	for (size_t i = 0; i < work->slept_count; i++)
		if (strcmp(work->slept[i].in, SLEPT_SHORTLY) != 0)
			ns += work->slept[i].duration.lo_ns;
	return ns;
}

/* It slept for most of that time, as far as that is known. */
static bool has_waited(const struct work *own, const struct stretch *stretch)
{
	return !own->on_cpu.known || slept_of(own) * 2 >= stretch->to_ns - stretch->from_ns;
}

/* When it had loaded; NULL: it was not seen. */
static const struct mt_event *loaded_of(const struct side *destination)
{
	const struct qemu qemu = qemu_of(destination);
	const struct mt_event *load = qemu_step(&qemu, MT_STEP_LOAD, 0);

	return load ? qemu_step(&qemu, MT_STEP_LOADED, (int64_t)load->ktime_ns) : NULL;
}

/* By how much nobody knows when it was on the other host. */
static void quantity_widen(struct quantity *quantity, int64_t ns)
{
	if (!quantity->known)
		return;
	quantity->lo_ns = quantity->lo_ns > ns ? quantity->lo_ns - ns : 0;
	quantity->hi_ns += ns;
}

static void work_widen(struct work *work, int64_t ns)
{
	quantity_widen(&work->on_cpu, ns);
	quantity_widen(&work->runnable, ns);
	quantity_widen(&work->throttled, ns);
	for (size_t i = 0; i < work->slept_count; i++)
		quantity_widen(&work->slept[i].duration, ns);
}

/* The same time on the destination's clock, until the thread has loaded all. */
static struct stretch stretch_there(const struct awaited *awaited, const struct stretch *stretch,
				    const struct mt_event *loaded)
{
	int64_t behind_ns = awaited->migration->destination->dst.received.at.v -
			    awaited->transfer->est_ns - awaited->migration->source->src.sent.at.v;
	struct stretch there = {stretch->from_ns + behind_ns, stretch->to_ns + behind_ns, loaded};

	if ((int64_t)loaded->ktime_ns < there.to_ns)
		there.to_ns = (int64_t)loaded->ktime_ns;
	return there;
}

static struct work loaders_work(const struct awaited *awaited, const struct stretch *stretch)
{
	const struct quantity *transfer = awaited->transfer;
	const struct mt_event *loaded = loaded_of(awaited->migration->destination);
	struct stretch there;
	struct work work;

	if (!loaded)
		return work_unknown(false, "it was not seen when it had loaded");
	there = stretch_there(awaited, stretch, loaded);
	if (there.from_ns >= there.to_ns)
		return work_unknown(false, "it had loaded all");
	assert(there.to_ns <= (int64_t)loaded->ktime_ns);
	work = work_in(awaited->spans, &there);
	work.is_loaders = true;
	work_widen(&work, transfer->hi_ns - transfer->lo_ns + MT_SCHED_LOADER_NS);
	return work;
}

struct work awaited_work(const struct awaited *awaited, const char *part,
			 const struct stretch *stretch, const struct work *own)
{
	struct work work;

	assert(stretch->from_ns <= stretch->to_ns);
	if (!awaited || !awaited->spans || !awaited->transfer->known || !may_wait(part) ||
	    !has_waited(own, stretch))
		return *own;
	work = loaders_work(awaited, stretch);
	if (!work.on_cpu.known ||
	    (slept_of(&work) + work.runnable.lo_ns) * 2 < stretch->to_ns - stretch->from_ns)
		return *own;
	return work;
}
