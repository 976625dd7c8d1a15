/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks query-migrate's numbers against the spans that QEMU's probes show. */
#include "core/verdict/qemu_numbers.h"

#include <assert.h>
#include <string.h>

#include "core/side/qemu.h"
#include "core/match/flavour.h"

#define MS 1000000

/* What QEMU counts from and to; NULL where it was not seen. */
struct ends {
	const struct mt_event *from, *to;
};

static const struct mt_event *state_first(const struct qemu *qemu, const char *state)
{
	const struct mt_event *event = NULL;

	while ((event = qemu_next(qemu, event)))
		if (event_is_state(event, state))
			return event;
	return NULL;
}

static struct ends ends_downtime(const struct qemu *qemu)
{
	return (struct ends){qemu_step(qemu, MT_STEP_STOP_DECIDED, 0),
			     state_first(qemu, "completed")};
}

/* Post-copy stops the guest without that decision. */
static struct ends ends_postcopy(const struct qemu *qemu)
{
	return (struct ends){qemu_step(qemu, MT_STEP_VCPUS_PAUSE, 0),
			     qemu_step(qemu, MT_STEP_POSTCOPY_PACKAGE, 0)};
}

static struct ends ends_total(const struct qemu *qemu)
{
	return (struct ends){state_first(qemu, "setup"), state_first(qemu, "completed")};
}

static struct ends ends_setup(const struct qemu *qemu)
{
	return (struct ends){state_first(qemu, "setup"), state_first(qemu, "active")};
}

/* QEMU's migration/migration.c. */
static const struct {
	const char *name;
	size_t offset;		   /* in struct mt_info */
	enum tristate is_postcopy; /* ANSWER_UNKNOWN: the same in both */
	struct ends (*ends)(const struct qemu *qemu);
	const char *definition, *other;
} numbers[] = {
	{"downtime", offsetof(struct mt_info, downtime_ms), ANSWER_NO, ends_downtime,
	 "QEMU's, of the source alone: from when it has decided to stop the guest, before the "
	 "vCPUs have left it, until it has completed; libvirt's Finish and the start on the "
	 "destination come after that",
	 "beside it: stop decided until completed; QEMU's ends later, when its lock is had again"},
	{"downtime", offsetof(struct mt_info, downtime_ms), ANSWER_YES, ends_postcopy,
	 "QEMU's, of the source alone: from before the stop until the package with the devices' "
	 "state is handed to the socket; nothing of the destination, and no wait for a page",
	 "beside it: the order to stop until the package begins to leave"},
	{"total-time", offsetof(struct mt_info, total_time_ms), ANSWER_UNKNOWN, ends_total,
	 "QEMU's, of the source alone: from the migrate command, before it connects, until it has "
	 "completed; nothing of libvirt's Begin, Prepare, Finish and Confirm",
	 "beside it: state setup until completed"},
	{"setup-time", offsetof(struct mt_info, setup_time_ms), ANSWER_UNKNOWN, ends_setup,
	 "QEMU's, by its wall clock: from when its migration thread has begun until that has sent "
	 "what a stream begins with",
	 "beside it: state setup until active, which connecting and the command itself are part "
	 "of"},
};

static uint64_t info_number(const struct mt_event *info, size_t offset)
{
	uint64_t number;

	assert(info->kind == MT_MIGRATION_INFO);
	assert(offset + sizeof(number) <= sizeof(info->info));
	memcpy(&number, (const char *)&info->info + offset, sizeof(number));
	return number;
}

static struct quantity side_span(const struct ends *ends)
{
	if (!ends->from || !ends->to || ends->to->ktime_ns < ends->from->ktime_ns)
		return quantity_unknown("QEMU's steps were not seen");
	return quantity_exact((int64_t)(ends->to->ktime_ns - ends->from->ktime_ns), "one clock");
}

/* QEMU cuts both of its stamps to ms. */
static void number_judge(struct qemu_number *number, const char *other)
{
	int64_t off_ns;

	number->kind = VERDICT_OTHER;
	number->explanation = number->span.known ? other : number->span.why_unknown;
	if (!number->span.known || number->ms > INT64_MAX / MS)
		return;
	assert(number->span.known && number->ms <= INT64_MAX / MS);
	off_ns = (int64_t)number->ms * MS - number->span.est_ns;
	if (off_ns < -MS || off_ns > MS)
		return;
	number->kind = VERDICT_AGREES;
	number->explanation = "within QEMU's rounding of the span beside it";
}

static bool text_is(const struct mt_event *event, const char *text)
{
	return event->text_len == strlen(text) && !memcmp(event->text, text, event->text_len);
}

/* libvirt asks for them last when QEMU has completed. */
static const struct mt_event *info_completed(const struct side *source)
{
	for (size_t i = source ? source->count : 0; i-- > 0;)
		if (source->events[i]->kind == MT_MIGRATION_INFO &&
		    text_is(source->events[i], "completed"))
			return source->events[i];
	return NULL;
}

struct qemu_numbers qemu_numbers_of(const struct migration *migration)
{
	const struct mt_event *info = info_completed(migration->source);
	enum tristate is_postcopy = migration_is_postcopy(migration);
	struct qemu_numbers all = {.count = 0};
	struct qemu qemu;

	if (!info)
		return all;
	qemu = qemu_of(migration->source);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct qemu_number *number = &all.number[all.count];
		struct ends ends = numbers[i].ends(&qemu);
		uint64_t ms = info_number(info, numbers[i].offset);

		if (ms == UINT64_MAX ||
		    (numbers[i].is_postcopy && numbers[i].is_postcopy != is_postcopy))
			continue;
		assert(all.count < QEMU_NUMBERS_MAX);
		*number = (struct qemu_number){
			.name = numbers[i].name,
			.definition = numbers[i].definition,
			.ms = ms,
			.span = side_span(&ends),
		};
		number_judge(number, numbers[i].other);
		all.count++;
	}
	return all;
}
