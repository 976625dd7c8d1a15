/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report as a trace of OpenTelemetry, an OTLP request on one line: a span for the migration, and
 * in it what pictures show of both hosts. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "base/json_line.h"
#include "base/text.h"
#include "base/version.h"
#include "core/account/cause.h"
#include "report/object.h"
#include "report/otlp_attributes.h"
#include "report/otlp_value.h"
#include "report/words.h"

#define TRACE_BYTES    16
#define SPAN_BYTES     8
#define SPAN_TEXT      (2 * SPAN_BYTES + 1)
#define ID_TEXT	       512
#define KIND_INTERNAL  1
#define STATUS_ERROR   2
#define NO_SPAN	       SIZE_MAX
#define ROOT_NAME      "migration"
#define ROOT_NAME_TEXT (sizeof(ROOT_NAME " of ") + MT_TEXT)

/* Names of traces and their spans are hashed within it (RFC 4122, version 5): made by chance once,
 * and for ever. */
static const uuid_t namespace = {0x6f, 0x1c, 0x9d, 0x52, 0x0a, 0x8e, 0x4b, 0x47,
				 0x91, 0xd3, 0x35, 0x7c, 0xe2, 0x60, 0xf4, 0x1b};

struct trace {
	const struct account *account;
	const struct timeline *timeline;
	enum role axis;	 /* whose wall clock it has */
	int64_t zero_ns; /* of that clock, where the axis begins */
	int64_t from_ns, to_ns;
	uuid_t id;
	char root[SPAN_TEXT];
	char (*ids)[SPAN_TEXT];	     /* of the timeline's spans */
	struct json_object **events; /* of each; NULL: none yet */
	struct json_object *root_events, *spans[2];
};

static void hex_write(char *text, const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

/* Returns whether it is on the axis: of a host that is not it cannot be said when it was. */
static bool is_shown(const struct trace *trace, const struct timeline_span *span)
{
	return trace->timeline->is_common || span->host == (enum timeline_host)trace->axis;
}

/* The same however often it is made, also of one half alone if that is the source's: of the guest,
 * the host, who recorded it, since when that runs, and when the job began by its clock. A host that
 * lies has its own name in it, and so cannot have another one's trace. */
static void trace_id_make(struct trace *trace)
{
	const struct account_side *seen = account_seen(trace->account);
	int64_t start_ns =
		account_start_ns(trace->account) ?: (int64_t)seen->side->events[0]->ktime_ns;
	char text[ID_TEXT];
	int length =
		snprintf(text, sizeof(text), "trace\n%s\n%s\n%s\n%s\n%s\n%" PRId64,
			 trace->account->uuid, role_name(trace->axis), seen->host,
			 seen->side->recording->host, seen->side->recording->boot_id, start_ns);

	uuid_generate_sha1(trace->id, namespace, text, (size_t)length);
}

/* Of a span's name within the trace; the version in it keeps it from being 0. */
static void span_id_make(const struct trace *trace, const char *name, char id[SPAN_TEXT])
{
	uuid_t made;

	uuid_generate_sha1(made, trace->id, name, strlen(name));
	hex_write(id, made, SPAN_BYTES);
}

static bool is_namesake(const struct timeline_span *a, const struct timeline_span *b)
{
	return !a->is_instant && span_role(a) == span_role(b) && !strcmp(a->name, b->name);
}

/* By its side, its track and its name, and how many had the same before: not by when it was. */
static void ids_make(struct trace *trace)
{
	const struct timeline *timeline = trace->timeline;
	span_id_make(trace, ROOT_NAME, trace->root);
	for (size_t first = 0, end; first < timeline->count; first = end) {
		end = timeline_track_end(timeline, first);
		for (size_t i = first; i < end; i++) {
			const struct timeline_span *span = &timeline->span[i];
			char name[ID_TEXT], track[TRACK_NAME];
			size_t before = 0;

			if (span->is_instant)
				continue;
			for (size_t j = first; j < i; j++)
				before += is_namesake(&timeline->span[j], span);
			track_name(span, track);
			snprintf(name, sizeof(name), "%s\n%s\n%s\n%zu", role_name(span_role(span)),
				 track, span->name, before);
			span_id_make(trace, name, trace->ids[i]);
		}
	}
}

static bool is_within(const struct timeline_span *inner, const struct timeline_span *outer)
{
	return inner->at_ns >= outer->at_ns && inner->at_ns + inner->ns <= outer->at_ns + outer->ns;
}

/* Returns the innermost span of its track that it is in; instants are in all lanes. */
static size_t outer_in_track(const struct timeline *timeline, size_t index)
{
	const struct timeline_span *span = &timeline->span[index];

	for (size_t i = index; i--;) {
		const struct timeline_span *outer = &timeline->span[i];

		if (outer->host != span->host || outer->track != span->track ||
		    outer->number != span->number)
			break;
		if (!outer->is_instant && is_within(span, outer) &&
		    (span->is_instant || (outer->lane == span->lane && outer->depth < span->depth)))
			return i;
	}
	return NO_SPAN;
}

/* Returns the figure's span, if the part is in it. */
static size_t figure_around(const struct timeline *timeline, const struct timeline_span *part,
			    const struct quantity *figure)
{
	for (size_t i = 0; i < timeline->count; i++)
		if (timeline->span[i].track == TIMELINE_FIGURES &&
		    timeline->span[i].quantity == figure && is_within(part, &timeline->span[i]))
			return i;
	return NO_SPAN;
}

/* Returns what it is in; NO_SPAN: the migration. */
static size_t outer_of(const struct trace *trace, size_t index)
{
	const struct timeline *timeline = trace->timeline;
	const struct timeline_span *span = &timeline->span[index];
	const struct figures *figures = &trace->account->figures;
	size_t outer = NO_SPAN;

	if (!span->part)
		return outer_in_track(timeline, index);
	if (span->part->is_downtime)
		outer = figure_around(timeline, span, &figures->downtime);
	if (outer == NO_SPAN && span->part->is_blackout)
		outer = figure_around(timeline, span, &figures->blackout);
	return outer;
}

static void instant_add(struct trace *trace, size_t index)
{
	const struct timeline_span *span = &trace->timeline->span[index];
	struct json_object *event = json_object_new_object();
	size_t outer = outer_of(trace, index);
	struct json_object **events =
		outer == NO_SPAN ? &trace->root_events : &trace->events[outer];

	json_object_object_add(event, "timeUnixNano", otlp_ns(trace->zero_ns + span->at_ns));
	add_string(event, "name", span->name);
	json_object_object_add(event, "attributes", span_attributes(span, trace->zero_ns));
	if (!*events)
		*events = json_object_new_array();
	json_object_array_add(*events, event);
}

static struct json_object *span_new(const struct trace *trace, const char *id, const char *parent,
				    const char *name)
{
	struct json_object *object = json_object_new_object();
	char text[2 * TRACE_BYTES + 1];

	hex_write(text, trace->id, TRACE_BYTES);
	add_string(object, "traceId", text);
	add_string(object, "spanId", id);
	if (parent)
		add_string(object, "parentSpanId", parent);
	add_string(object, "name", name);
	json_object_object_add(object, "kind", json_object_new_int(KIND_INTERNAL));
	return object;
}

static void span_times(const struct trace *trace, struct json_object *object, int64_t at_ns,
		       int64_t end_ns)
{
	json_object_object_add(object, "startTimeUnixNano", otlp_ns(trace->zero_ns + at_ns));
	json_object_object_add(object, "endTimeUnixNano", otlp_ns(trace->zero_ns + end_ns));
}

static void span_add(struct trace *trace, size_t index)
{
	const struct timeline_span *span = &trace->timeline->span[index];
	size_t outer = outer_of(trace, index);
	struct json_object *object =
		span_new(trace, trace->ids[index],
			 outer == NO_SPAN ? trace->root : trace->ids[outer], span->name);

	span_times(trace, object, span->at_ns, span->at_ns + span->ns);
	json_object_object_add(object, "attributes", span_attributes(span, trace->zero_ns));
	if (trace->events[index])
		json_object_object_add(object, "events", trace->events[index]);
	json_object_array_add(trace->spans[span_role(span)], object);
}

static struct json_object *status_new(const struct account *account)
{
	struct json_object *status = json_object_new_object();
	char cause[CAUSE_TEXT];

	cause_of_end(account, cause);
	json_object_object_add(status, "code", json_object_new_int(STATUS_ERROR));
	add_string(status, "message", cause[0] ? cause : outcome_name(account->outcome));
	return status;
}

/* From the first to the last of all that is shown: libvirt is at work before and after what it
 * calls the time elapsed. */
static void root_add(struct trace *trace)
{
	const struct account *account = trace->account;
	struct json_object *object;
	char name[ROOT_NAME_TEXT];

	snprintf(name, sizeof(name), ROOT_NAME " of %s",
		 account->name[0] ? account->name : account->uuid);
	object = span_new(trace, trace->root, NULL, name);
	span_times(trace, object, trace->from_ns, trace->to_ns);
	json_object_object_add(object, "attributes",
			       migration_attributes(account, trace->timeline, trace->axis));
	if (trace->root_events)
		json_object_object_add(object, "events", trace->root_events);
	if (account->outcome == OUTCOME_FAILED)
		json_object_object_add(object, "status", status_new(account));
	json_object_array_add(trace->spans[trace->axis], object);
}

/* Events come before the spans that have them. */
static void spans_add(struct trace *trace)
{
	const struct timeline *timeline = trace->timeline;

	for (size_t i = 0; i < timeline->count; i++)
		if (timeline->span[i].is_instant && is_shown(trace, &timeline->span[i]))
			instant_add(trace, i);
	root_add(trace);
	for (size_t i = 0; i < timeline->count; i++)
		if (!timeline->span[i].is_instant && is_shown(trace, &timeline->span[i]))
			span_add(trace, i);
}

/* Returns the host with its spans, which it takes. */
static struct json_object *resource_new(const struct account_side *side, struct json_object *spans)
{
	struct json_object *object = json_object_new_object(), *resource = json_object_new_object();
	struct json_object *scope = json_object_new_object(), *of_scope = json_object_new_object();
	struct json_object *scopes = json_object_new_array();

	json_object_object_add(resource, "attributes", host_attributes(side));
	json_object_object_add(object, "resource", resource);
	add_string(scope, "name", "migtrace");
	add_string(scope, "version", MIGTRACE_VERSION);
	json_object_object_add(of_scope, "scope", scope);
	json_object_object_add(of_scope, "spans", spans);
	json_object_array_add(scopes, of_scope);
	json_object_object_add(object, "scopeSpans", scopes);
	return object;
}

static void resources_add(struct trace *trace, struct json_object *list)
{
	const size_t count = trace->timeline->count;

	trace->ids = memory_needed(calloc(count, sizeof(*trace->ids)));
	trace->events = memory_needed(calloc(count, sizeof(struct json_object *)));
	trace_id_make(trace);
	ids_make(trace);
	for (int role = ROLE_SOURCE; role <= ROLE_DESTINATION; role++)
		trace->spans[role] = json_object_new_array();
	spans_add(trace);
	for (int role = ROLE_SOURCE; role <= ROLE_DESTINATION; role++) {
		if (json_object_array_length(trace->spans[role]))
			json_object_array_add(list, resource_new(&trace->account->side[role],
								 trace->spans[role]));
		else
			json_object_put(trace->spans[role]);
	}
	free(trace->events);
	free(trace->ids);
}

/* Finds when all of it was, by the wall clock. Returns false: that is not known, or there is
 * nothing. */
static bool trace_place(struct trace *trace)
{
	const struct account *account = trace->account;
	const struct timeline *timeline = trace->timeline;
	const struct side *seen = account_seen(account)->side;

	trace->from_ns = INT64_MAX;
	for (size_t i = 0; i < timeline->count; i++) {
		const struct timeline_span *span = &timeline->span[i];

		if (!is_shown(trace, span))
			continue;
		if (span->at_ns < trace->from_ns)
			trace->from_ns = span->at_ns;
		if (span->at_ns + span->ns > trace->to_ns)
			trace->to_ns = span->at_ns + span->ns;
	}
	if (!account->real_ns || trace->from_ns == INT64_MAX)
		return false;
	trace->zero_ns = account->real_ns + timeline->zero_ns[trace->axis] -
			 (int64_t)seen->events[0]->ktime_ns;
	return trace->zero_ns > 0;
}

int otlp_one(FILE *out, const struct report *report, size_t index, struct page *page)
{
	struct json_object *request = json_object_new_object(), *list = json_object_new_array();
	struct timeline timeline;
	struct trace trace = {.account = report->account, .timeline = &timeline};
	int err = timeline_find(report->account, &timeline);

	(void)index;
	(void)page;
	trace.axis = report->account->side[ROLE_SOURCE].side ? ROLE_SOURCE : ROLE_DESTINATION;
	json_object_object_add(request, "resourceSpans", list);
	if (!err && trace_place(&trace))
		resources_add(&trace, list);
	timeline_free(&timeline);
	if (!err)
		return json_line_write(out, request);
	json_object_put(request);
	return err;
}
