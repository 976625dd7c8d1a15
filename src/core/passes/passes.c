/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The passes that QEMU makes over a guest's RAM: what each sent, and what the guest dirtied in it.
 */
#include "core/passes/passes.h"

#include <assert.h>
#include <string.h>

#include "core/event/monitor.h"
#include "core/side/qemu.h"
#include "core/side/window.h"

static struct opt_i64 number_of(uint64_t value)
{
	return value <= INT64_MAX ? opt_of((int64_t)value) : (struct opt_i64){0};
}

static struct opt_i64 difference(struct opt_i64 after, struct opt_i64 before)
{
	return after.known && before.known && after.v >= before.v ? opt_of(after.v - before.v)
								  : (struct opt_i64){0};
}

struct opt_i64 rate_of(struct opt_i64 bytes, struct opt_i64 length_ns)
{
	if (!bytes.known || !length_ns.known || length_ns.v <= 0)
		return (struct opt_i64){0};
	assert(length_ns.v > 0);
	return opt_of((int64_t)((double)bytes.v * 1e9 / (double)length_ns.v));
}

static struct ram ram_of(const struct mt_event *event)
{
	struct ram ram = {.at_ns = (int64_t)event->ktime_ns};
	struct opt_i64 normal = number_of(event->ram.normal_pages);
	struct opt_i64 zero = number_of(event->ram.zero_pages);

	ram.sent = number_of(event->ram.sent_bytes);
	if (normal.known && zero.known && normal.v < INT64_MAX / QEMU_PAGE / 2 &&
	    zero.v < INT64_MAX / QEMU_PAGE / 2)
		ram.handled = opt_of((normal.v + zero.v) * QEMU_PAGE);
	assert(!ram.handled.known || ram.handled.v >= 0);
	return ram;
}

/* What a pass did not send of what was to be sent stays for the next one, with what is dirty
 * since. */
static struct opt_i64 dirtied_in(const struct pass *pass, struct opt_i64 remaining)
{
	if (!pass->remaining.known || !pass->handled.known || !remaining.known ||
	    remaining.v < pass->remaining.v - pass->handled.v)
		return (struct opt_i64){0};
	return opt_of(remaining.v - (pass->remaining.v - pass->handled.v));
}

/* The last one is over, if it was not before. */
static void pass_end(struct passes *passes, int64_t at_ns)
{
	struct pass *pass = passes->count ? &passes->pass[passes->count - 1] : NULL;

	if (!pass || pass->length_ns.known)
		return;
	pass->length_ns = opt_of(at_ns - pass->at_ns);
	pass->throttle = passes->throttle;
	pass->limit_ms = passes->expected.limit;
	pass->expected_ms = passes->expected.downtime;
}

/* What the last one did is known as the next one begins. */
static void pass_count(struct passes *passes, const struct ram *ram, struct opt_i64 remaining)
{
	struct pass *pass = &passes->pass[passes->count - 1];

	assert(passes->count && pass->length_ns.known);
	pass->sent = difference(ram->sent, passes->begun.sent);
	pass->handled = difference(ram->handled, passes->begun.handled);
	pass->dirtied = dirtied_in(pass, remaining);
}

static void pass_begin(struct passes *passes, struct opt_i64 number, struct ram ram,
		       struct opt_i64 remaining)
{
	pass_end(passes, ram.at_ns);
	if (passes->count)
		pass_count(passes, &ram, remaining);
	if (passes->count == PASSES_MAX) {
		memmove(passes->pass, passes->pass + 1, (PASSES_MAX - 1) * sizeof(passes->pass[0]));
		passes->count--;
		passes->left_out++;
	}
	assert(passes->count < PASSES_MAX);
	passes->pass[passes->count++] = (struct pass){
		.number = number,
		.at_ns = ram.at_ns,
		.remaining = remaining,
		.is_halted = passes->is_halted,
	};
	passes->begun = passes->middle = passes->now = ram;
}

/* In the midst of a pass. */
static void sample_take(struct passes *passes, const struct ram *ram)
{
	int64_t begun_ns = passes->begun.at_ns;

	if (!passes->count)
		return;
	if (ram->at_ns - begun_ns > 2 * (passes->middle.at_ns - begun_ns))
		passes->middle = passes->now;
	assert(passes->count <= PASSES_MAX);
	passes->now = *ram;
}

/* Of a QEMU whose counters are known, or not: then they are no numbers, and no pass's. */
static void ram_take(struct passes *passes, const struct mt_event *event)
{
	struct opt_i64 number = number_of(event->ram.pass);
	struct ram ram = ram_of(event);

	passes->are_qemus = true;
	if (event->ram.pass == 1)
		passes->resident = number_of(event->ram.resident_bytes);
	if (!number.known) {
		sample_take(passes, &ram);
		return;
	}
	if (event->ram.syncs == event->ram.pass)
		pass_begin(passes, number, ram, number_of(event->ram.remaining_bytes));
	else
		pass_begin(passes, number, (struct ram){.at_ns = ram.at_ns}, (struct opt_i64){0});
}

/* libvirt's hears of it late, but also of a QEMU that is not probed. */
static void monitor_pass_take(struct passes *passes, const struct mt_event *event)
{
	uint64_t number;

	if (!passes->are_qemus && monitor_event_is(event, "MIGRATION_PASS") &&
	    monitor_number(event, "\"pass\": ", &number))
		pass_begin(passes, number_of(number),
			   (struct ram){.at_ns = (int64_t)event->ktime_ns}, (struct opt_i64){0});
}

/* The last one ends as devices are saved, or as the guest is to run on the other host. */
static bool is_end(const struct mt_event *event)
{
	return event_is_step(event, MT_STEP_DEVICES_SAVE) ||
	       event_is_step(event, MT_STEP_POSTCOPY_PACKAGE) ||
	       event_is_state(event, "completed") || event_is_state(event, "failed") ||
	       event_is_state(event, "cancelling");
}

/* Told for each tenth of a second (migration/options.c, XFER_LIMIT_RATIO). */
static struct opt_i64 rate_limit_of(const struct mt_event *event)
{
	return event->step.about <= INT64_MAX / 10 ? opt_of((int64_t)event->step.about * 10)
						   : opt_of(INT64_MAX);
}

void passes_take(struct passes *passes, const struct mt_event *event)
{
	expected_take(&passes->expected, event);
	monitor_pass_take(passes, event);
	if (event->kind == MT_QEMU_RUN_STATE)
		passes->is_halted = !event->run_state.is_running;
	if (event_is_step(event, MT_STEP_THROTTLE))
		passes->throttle = number_of(event->step.about);
	if (event_is_step(event, MT_STEP_RATE_LIMIT))
		passes->rate_limit = rate_limit_of(event);
	if (event->kind == MT_QEMU_RAM)
		ram_take(passes, event);
	if (is_end(event) || event_is_run_state(event, false))
		pass_end(passes, (int64_t)event->ktime_ns);
}

void passes_of(const struct side *source, int64_t until_ns, struct passes *passes)
{
	const struct mt_event *event = NULL;
	struct qemu qemu;

	*passes = (struct passes){0};
	if (!source)
		return;
	qemu = qemu_of(source);
	while ((event = window_next(source, event)))
		if ((int64_t)event->ktime_ns <= until_ns && event->uuid_check != MT_DISAGREES &&
		    (event->tgid == qemu.pid || event->tgid == source->events[0]->tgid))
			passes_take(passes, event);
}
