/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report as trace events, which ui.perfetto.dev opens: a process for each host of a migration. */
#include <errno.h>
#include <string.h>

#include "base/json_line.h"
#include "base/text.h"
#include "report/object.h"
#include "report/words.h"

#define TRACKS_PER_HOST 10000
#define LABEL		256

/* The file that is being written. */
struct trace {
	FILE *out;
	const struct account *account;
	int first_pid; /* of the source's process; the destination's is the next */
	bool is_begun; /* an event is there already */
};

/* Figures and parts of both hosts begin on the source. */
static enum role role_of(const struct timeline_span *span)
{
	return span->host == TIMELINE_DESTINATION ? ROLE_DESTINATION : ROLE_SOURCE;
}

/* Writes the event, and puts it. */
static void event_write(struct trace *trace, struct json_object *event)
{
	fprintf(trace->out, "%s%s", trace->is_begun ? ",\n" : "", json_line(event));
	trace->is_begun = true;
	json_object_put(event);
}

static struct json_object *event_new(const char *name, const char *phase, int pid)
{
	struct json_object *event = json_object_new_object();

	add_string(event, "name", name);
	add_string(event, "ph", phase);
	json_object_object_add(event, "pid", json_object_new_int(pid));
	return event;
}

/* What names or orders a process, or a thread of it, unless that is 0. */
static void metadata_write(struct trace *trace, const char *what, int pid, int tid, const char *key,
			   struct json_object *value)
{
	struct json_object *event = event_new(what, "M", pid);
	struct json_object *args = json_object_new_object();

	if (tid)
		json_object_object_add(event, "tid", json_object_new_int(tid));
	json_object_object_add(args, key, value);
	json_object_object_add(event, "args", args);
	event_write(trace, event);
}

/* Times are in us there: the point is moved, so that no ns is lost. */
static void add_us(struct json_object *object, const char *key, int64_t ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld.%03lld", (long long)(ns / 1000), (long long)(ns % 1000));
	json_object_object_add(object, key, json_object_new_double_s((double)ns / 1e3, text));
}

static void add_ns(struct json_object *object, const char *key, int64_t ns)
{
	json_object_object_add(object, key, json_object_new_int64(ns));
}

static struct json_object *span_args(const struct timeline_span *span)
{
	struct json_object *args = json_object_new_object();

	add_ns(args, "at_ns", span->at_ns);
	add_ns(args, "at_error_ns", span->at_error_ns);
	add_ns(args, "clock_ns", span->clock_ns);
	if (span->is_instant)
		return args;
	add_ns(args, "ns", span->ns);
	add_ns(args, "error_ns", span->ns_error_ns);
	add_ns(args, "end_error_ns", span->end_error_ns);
	if (span->lacks_begin)
		add_string(args, "begin", "not seen");
	if (span->lacks_end)
		add_string(args, "end", "not seen");
	if (span->part)
		work_add(args, &span->part->work);
	return args;
}

static void span_write(struct trace *trace, const struct timeline_span *span, int tid)
{
	int pid = trace->first_pid + (int)role_of(span);
	struct json_object *event = event_new(span->name, span->is_instant ? "i" : "X", pid);

	json_object_object_add(event, "tid", json_object_new_int(tid));
	add_us(event, "ts", span->at_ns);
	if (span->is_instant)
		add_string(event, "s", "t");
	else
		add_us(event, "dur", span->ns);
	json_object_object_add(event, "args", span_args(span));
	event_write(trace, event);
}

/* Every lane is a thread, as events of a thread have to be within each other. */
static int track_write(struct trace *trace, const struct timeline_span *spans, size_t count,
		       int tid)
{
	int pid = trace->first_pid + (int)role_of(spans);
	unsigned int lanes = 1;
	char name[TRACK_NAME];

	for (size_t i = 0; i < count; i++)
		lanes = spans[i].lane >= lanes ? spans[i].lane + 1 : lanes;
	track_name(spans, name);
	for (unsigned int lane = 0; lane < lanes; lane++) {
		int thread = tid + (int)lane;

		metadata_write(trace, "thread_name", pid, thread, "name",
			       text_json(name, strlen(name)));
		metadata_write(trace, "thread_sort_index", pid, thread, "sort_index",
			       json_object_new_int(thread));
	}
	for (size_t i = 0; i < count; i++)
		span_write(trace, &spans[i], tid + (int)spans[i].lane);
	return tid + (int)lanes;
}

/* What is to be known before one believes one's eyes. */
static void label_get(const struct account *account, const struct timeline *timeline,
		      enum role role, char label[LABEL])
{
	const struct figures *figures = &account->figures;
	const char *why = figures->downtime.known ? NULL : figures->downtime.why_unknown;

	snprintf(label, LABEL, "%s%s%s%s%s%s", outcome_name(account->outcome),
		 why ? ", downtime unknown: " : "", why ? why : "",
		 timeline->why_not_common ? ", not on one axis with the other host: " : "",
		 timeline->why_not_common ? timeline->why_not_common : "",
		 timeline->is_common && role == ROLE_DESTINATION
			 ? ", put on the source's axis by the estimated clock offset"
			 : "");
}

static void process_write(struct trace *trace, const struct timeline *timeline, enum role role)
{
	const struct account *account = trace->account;
	const struct account_side *side = &account->side[role];
	int pid = trace->first_pid + (int)role;
	char label[LABEL], text[2 * MT_TEXT];

	if (!side->side)
		return;
	snprintf(text, sizeof(text), "%s: %s %s", account->name[0] ? account->name : account->uuid,
		 role_name(role), side->host);
	label_get(account, timeline, role, label);
	metadata_write(trace, "process_name", pid, 0, "name", text_json(text, strlen(text)));
	metadata_write(trace, "process_sort_index", pid, 0, "sort_index", json_object_new_int(pid));
	metadata_write(trace, "process_labels", pid, 0, "labels", text_json(label, strlen(label)));
}

int perfetto_begin(FILE *out, struct page **page)
{
	(void)page;
	return fprintf(out, "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n") < 0 ? -errno : 0;
}

/* Each migration begins at 0, so that several can be compared. */
int perfetto_one(FILE *out, const struct report *report, size_t index, struct page *page)
{
	(void)page;
	struct trace trace = {out, report->account, 2 * (int)index + 1, index};
	int tid[] = {trace.first_pid * TRACKS_PER_HOST, (trace.first_pid + 1) * TRACKS_PER_HOST};
	struct timeline timeline;
	int err = timeline_find(report->account, &timeline);

	if (!err) {
		process_write(&trace, &timeline, ROLE_SOURCE);
		process_write(&trace, &timeline, ROLE_DESTINATION);
	}
	for (size_t first = 0, end; !err && first < timeline.count; first = end) {
		int *next = &tid[role_of(&timeline.span[first])];

		end = timeline_track_end(&timeline, first);
		*next = track_write(&trace, &timeline.span[first], end - first, *next);
	}
	timeline_free(&timeline);
	if (!err && ferror(out))
		err = -EIO;
	return err;
}

int perfetto_end(FILE *out, struct page *page)
{
	(void)page;
	return fprintf(out, "\n]}\n") < 0 ? -errno : 0;
}
