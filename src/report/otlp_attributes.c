/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a trace says of a migration, of a host and of a span: as attributes. */
#include "report/otlp_attributes.h"

#include <stdio.h>

#include "core/account/cause.h"
#include "core/standstill/held.h"
#include "report/object.h"
#include "report/otlp_value.h"
#include "report/words.h"

#define KEY_TEXT 48

static void figures_add(struct json_object *list, const struct figures *figures)
{
	for (size_t i = 0; i < FIGURES; i++) {
		char key[KEY_TEXT];

		snprintf(key, sizeof(key), "migtrace.%s", figure_name(i));
		attribute_quantity(list, key, figure_get(figures, (enum figure)i));
	}
	attribute_quantity(list, "migtrace.clock_offset", &figures->clocks.offset);
	attribute_number(list, "migtrace.lost_events", (int64_t)figures->lost_events);
}

static void flavour_add(struct json_object *list, const struct flavour *flavour)
{
	attribute_text(list, "migtrace.control", control_name(flavour->control));
	attribute_answer(list, "migtrace.postcopy", flavour->postcopy);
	attribute_answer(list, "migtrace.recovery", flavour->recovery);
	attribute_answer(list, "migtrace.offline", flavour->offline);
	attribute_answer(list, "migtrace.tunnelled", flavour->tunnelled);
}

static void findings_add(struct json_object *list, const struct account *account)
{
	struct json_object *array;

	if (!account->found_count)
		return;
	array = attribute_array(list, "migtrace.findings");
	for (size_t i = 0; i < account->found_count; i++)
		array_text(array, account->found[i].finding->code);
}

/* Whose wall clock it is, and which host could not be put on it. */
static void axis_add(struct json_object *list, const struct timeline *timeline, enum role axis)
{
	attribute_text(list, "migtrace.clock",
		       axis == ROLE_SOURCE ? "the source's wall clock"
					   : "the destination's wall clock");
	attribute_text(list, "migtrace.destination.not_shown", timeline->why_not_common);
	if (timeline->left_out)
		attribute_number(list, "migtrace.spans.left_out", (int64_t)timeline->left_out);
}

struct json_object *migration_attributes(const struct account *account,
					 const struct timeline *timeline, enum role axis)
{
	struct json_object *list = json_object_new_array();
	char cause[CAUSE_TEXT];

	cause_of_end(account, cause);
	attribute_text(list, "migtrace.domain.uuid", account->uuid);
	attribute_text(list, "migtrace.domain.name", account->name);
	attribute_text(list, "migtrace.source.host", account->side[ROLE_SOURCE].host);
	attribute_text(list, "migtrace.destination.host", account->side[ROLE_DESTINATION].host);
	attribute_text(list, "migtrace.outcome", outcome_name(account->outcome));
	attribute_text(list, "migtrace.left_on", left_name(account->left));
	attribute_text(list, "migtrace.cause", cause);
	findings_add(list, account);
	flavour_add(list, &account->flavour);
	axis_add(list, timeline, axis);
	figures_add(list, &account->figures);
	return list;
}

struct json_object *host_attributes(const struct account_side *side)
{
	struct json_object *list = json_object_new_array();

	attribute_text(list, "service.name", "migtrace");
	attribute_text(list, "host.name", side->host);
	attribute_text(list, "host.id", side->hostuuid);
	return list;
}

static void slept_add(struct json_object *list, const struct work *work)
{
	struct json_object *array = attribute_array(list, "migtrace.slept");

	for (size_t i = 0; i < work->slept_count; i++) {
		struct json_object *one = array_attributes(array);

		attribute_text(one, "in", work->slept[i].in);
		attribute_text(one, "thread", work->slept[i].thread);
		attribute_quantity(one, "duration", &work->slept[i].duration);
	}
}

static void held_add_all(struct json_object *list, const struct work *work)
{
	struct json_object *array = attribute_array(list, "migtrace.held");

	for (size_t i = 0; i < work->held_count; i++) {
		struct json_object *one = array_attributes(array);
		char name[HELD_TEXT];

		held_name(&work->held[i], name);
		attribute_text(one, "by", name);
		attribute_quantity(one, "duration", &work->held[i].duration);
	}
}

/* Where the part's time went: as work_add() has it. */
static void work_attributes(struct json_object *list, const struct work *work)
{
	if (!work->is_recorded)
		return;
	attribute_quantity(list, "migtrace.on_cpu", &work->on_cpu);
	attribute_quantity(list, "migtrace.runnable", &work->runnable);
	attribute_quantity(list, "migtrace.throttled", &work->throttled);
	if (work->slept_count)
		slept_add(list, work);
	if (work->held_count)
		held_add_all(list, work);
	attribute_text(list, "migtrace.starved", work->starved);
	if (work->is_loaders)
		attribute_text(list, "migtrace.threads_on", "destination");
}

/* Where it is not known to the ns, between which instants it is. */
static void bounds_add(struct json_object *list, const char *key, int64_t at_ns, int64_t error_ns)
{
	int64_t lo_ns, hi_ns;
	char name[KEY_TEXT];

	if (!error_ns)
		return;
	if (__builtin_sub_overflow(at_ns, error_ns, &lo_ns) || lo_ns < 0)
		lo_ns = 0;
	if (__builtin_add_overflow(at_ns, error_ns, &hi_ns))
		hi_ns = INT64_MAX;
	snprintf(name, sizeof(name), "%s.lo_ns", key);
	attribute_number(list, name, lo_ns);
	snprintf(name, sizeof(name), "%s.hi_ns", key);
	attribute_number(list, name, hi_ns);
}

enum role span_role(const struct timeline_span *span)
{
	if (span->part)
		return span->part->place == PLACE_DESTINATION ? ROLE_DESTINATION : ROLE_SOURCE;
	return span->host == TIMELINE_DESTINATION ? ROLE_DESTINATION : ROLE_SOURCE;
}

static void part_attributes(struct json_object *list, const struct part *part)
{
	attribute_text(list, "migtrace.place", place_name(part->place));
	attribute_answer(list, "migtrace.is_downtime", part->is_downtime ? ANSWER_YES : ANSWER_NO);
	attribute_answer(list, "migtrace.is_blackout", part->is_blackout ? ANSWER_YES : ANSWER_NO);
	work_attributes(list, &part->work);
}

struct json_object *span_attributes(const struct timeline_span *span, int64_t zero_ns)
{
	struct json_object *list = json_object_new_array();
	char track[TRACK_NAME];

	track_name(span, track);
	attribute_text(list, "migtrace.side",
		       span->host == TIMELINE_BOTH ? "both" : role_name((enum role)span->host));
	attribute_text(list, "migtrace.track", track);
	bounds_add(list, "migtrace.begin", zero_ns + span->at_ns, span->at_error_ns);
	if (span->is_instant)
		return list;
	bounds_add(list, "migtrace.end", zero_ns + span->at_ns + span->ns, span->end_error_ns);
	if (span->quantity)
		attribute_quantity(list, "migtrace.duration", span->quantity);
	if (span->lacks_begin)
		attribute_text(list, "migtrace.begin.unknown", "not seen");
	if (span->lacks_end)
		attribute_text(list, "migtrace.end.unknown", "not seen");
	if (span->part)
		part_attributes(list, span->part);
	return list;
}
