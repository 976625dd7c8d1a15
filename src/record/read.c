/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a recording; nothing in the file is believed that has not been checked. */
#include "record/read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/json.h"
#include "core/recording/store.h"
#include "record/parse.h"
#include "record/take.h"

/* Why figures around a line that was left out are not known. */
static const char unread[] = "a line of the recording could not be read";
static const char unread_target[] = "which probes were missing could not be read";

struct recording *reader_recording(const struct reader *reader)
{
	return (struct recording *)recording_root(reader->recording); /* which is ours */
}

/* RECORD_KINDS: of a newer recorder. */
static int get_kind(struct reader *reader, struct json_object *line, enum record_kind *kind)
{
	char name[16];

	if (!json_object_is_type(line, json_type_object))
		return fault_set(&reader->fault, "not a JSON object", "line");
	if (get_string(&reader->fault, line, "kind", name, sizeof(name)))
		return -EPROTO;
	*kind = parse_kind(name);
	return 0;
}

static int read_object(struct reader *reader, struct json_object *line)
{
	enum record_kind kind = reader->kind;

	if (!reader->has_header && kind != RECORD_HEADER)
		return fault_set(&reader->fault, "must be the first line's", "header");
	if (reader->has_header && kind == RECORD_HEADER)
		return READER_OTHER;
	if (reader->has_ended)
		return fault_set(&reader->fault, "must be the last line's", "end");
	return line_take(reader, line, kind);
}

/* As recorders write it. In a line that is whole it stands nowhere else: names are quoted there. */
static const char *header_within(const char *text, size_t len)
{
	static const char start[] = "{\"kind\":\"header\",";

	return memmem(text, len, start, sizeof(start) - 1);
}

/*
 * Returns where the line starts: behind a byte-order mark; behind the hole that a file has which
 * was truncated while it was written; of a header behind the last line of another recording, whose
 * recorder was killed in the midst of it.
 */
static const char *line_start(const struct reader *reader, const char *text, size_t len)
{
	static const char bom[] = "\xef\xbb\xbf";
	const char *header = reader->has_header ? NULL : header_within(text, len);
	size_t size = sizeof(bom) - 1;

	if (header)
		return header;
	if (reader->line == 1 && len >= size && !memcmp(text, bom, size))
		return text + size;
	for (; len && !*text; len--)
		text++;
	return text;
}

static int complain(const struct reader *reader, int err)
{
	if (err == -EPROTO)
		diag("%s:%zu: not a migtrace recording: %s: %s", reader->recording->name,
		     reader->line, reader->fault.field, reader->fault.why);
	else if (err)
		diag("%s: %s", reader->recording->name, strerror(-err));
	return err;
}

/* Returns since when what the line says may have been: what two looks ago was written since. */
static int64_t line_since_ns(const struct recording *recording)
{
	size_t count = recording->snapshot_count;

	return count < 2 ? INT64_MIN : recording->snapshots[count - 2].mono_before_ns;
}

/* What a line that is left out told happened before the next look at the clocks, or
 * holds for ever. */
static int unread_mark(struct reader *reader, bool is_target)
{
	struct recording *recording = reader_recording(reader);
	struct gap gap = {.from_ns = line_since_ns(recording),
			  .to_ns = INT64_MAX,
			  .why = is_target ? unread_target : unread};

	if (!is_target && reader->gap_why)
		return 0;
	if (!is_target)
		reader->gap_why = unread;
	return recording_add_gap(recording, &gap);
}

void reader_warn(struct reader *reader)
{
	if (!reader->left_out++)
		diag("%s:%zu: %s: %s: line skipped", reader->recording->name, reader->line,
		     reader->fault.field, reader->fault.why);
}

/*
 * Of a file whose beginning was cut off the rest of a recording, which says nothing without its
 * header; behind it there may be another one. What is no line of a recording is no recording.
 */
static int headless_leave_out(struct reader *reader)
{
	bool is_line = reader->kind != RECORD_KINDS && reader->kind != RECORD_HEADER;

	if (!reader->is_later && !reader->headless && !is_line)
		return complain(reader, -EPROTO);
	if (!reader->headless++)
		reader->headless_line = reader->line;
	return 0;
}

static void headless_warn(const struct reader *reader)
{
	if (reader->headless)
		diag("%s:%zu: %zu lines without a header before them: skipped",
		     reader->recording->name, reader->headless_line, reader->headless);
}

/* A line that is wrong costs itself. Before the first look at the clocks the probes are listed. */
static int line_leave_out(struct reader *reader)
{
	enum record_kind kind = reader->kind;
	bool may_be_target = kind == RECORD_KINDS && !reader_recording(reader)->snapshot_count;

	if (!reader->has_header)
		return headless_leave_out(reader);
	reader_warn(reader);
	return complain(reader, unread_mark(reader, may_be_target || kind == RECORD_TARGET));
}

struct reader *reader_open(struct recording *recording)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->recording = recording;
	reader->tokener = parse_tokener();
	if (!reader->tokener) {
		free(reader);
		return NULL;
	}
	recording->is_open = true;
	recording->unended = 1;
	return reader;
}

struct reader *reader_next(struct reader *reader, struct recording *recording)
{
	struct reader *next = recording ? reader_open(recording) : NULL;

	if (next) {
		next->line = reader->line - 1;
		next->is_later = true;
	}
	reader_close(reader);
	return next;
}

static void cut_warn(const struct reader *reader)
{
	diag("%s: last line (%zu) is truncated, and ignored", reader->recording->name,
	     reader->line);
}

/* What cannot be read may end in another recording's header: then the recorder was killed. */
static int unreadable_take(struct reader *reader, const char *text, size_t len)
{
	if (!reader->has_header || !header_within(text, len))
		return line_leave_out(reader);
	cut_warn(reader);
	return READER_OTHER;
}

/* Returns whether the line is the event before it again, as of who passes on what may have come: no
 * two are the same. */
static bool is_repeated(const struct reader *reader, const char *text, size_t len)
{
	return len && reader->before_len == len && !memcmp(reader->before, text, len);
}

/* Without memory for it, it is not known of the next one whether it is the same. */
static void line_note(struct reader *reader, const char *text, size_t len)
{
	reader->before_len = 0;
	if (!reader->is_event)
		return;
	if (len > reader->before_room) {
		char *room = realloc(reader->before, len);

		if (!room)
			return;
		reader->before = room;
		reader->before_room = len;
	}
	memcpy(reader->before, text, len);
	reader->before_len = len;
}

int reader_line(struct reader *reader, const char *text, size_t len)
{
	const char *start;
	struct json_object *line;
	int err;

	reader->line++;
	reader->kind = RECORD_KINDS;
	reader->is_event = false;
	reader->gone = 0;
	start = line_start(reader, text, len);
	len -= (size_t)(start - text);
	if (parse_is_blank(start, len) || is_repeated(reader, start, len))
		return 0;
	line = parse_line(reader->tokener, start, len);
	err = line ? get_kind(reader, line, &reader->kind)
		   : fault_set(&reader->fault, "not JSON", "line");
	if (!err)
		err = read_object(reader, line);
	if (err == -EPROTO)
		err = unreadable_take(reader, start, len);
	else if (!err && !reader->taken++)
		headless_warn(reader);
	line_note(reader, start, len);
	json_object_put(line);
	return err == -EPROTO || err == READER_OTHER ? err : complain(reader, err);
}

int reader_refuse(struct reader *reader)
{
	reader->line++;
	reader->is_event = false;
	reader->gone = 0;
	fault_set(&reader->fault, "too long", "line");
	reader->kind = RECORD_KINDS;
	return line_leave_out(reader);
}

static int headless_end(struct reader *reader, size_t left)
{
	if (reader->is_later) {
		headless_warn(reader);
		return 0;
	}
	if (!reader->headless)
		fault_set(&reader->fault, left ? "no whole line" : "is empty", "file");
	else
		reader->line = reader->headless_line;
	return complain(reader, -EPROTO);
}

int reader_end(struct reader *reader, size_t left)
{
	if (left)
		reader->line++;
	if (!reader->has_header)
		return headless_end(reader, left);
	if (left)
		cut_warn(reader);
	if (reader->taken > 1 || !reader->left_out || reader->is_later)
		return 0;
	fault_set(&reader->fault, "nothing in it can be read", "file");
	return complain(reader, -EPROTO);
}

enum record_kind reader_kind(const struct reader *reader)
{
	return reader->kind;
}

const struct mt_event *reader_event(const struct reader *reader)
{
	return reader->is_event ? &reader->event : NULL;
}

uint32_t reader_gone(const struct reader *reader)
{
	return reader->gone;
}

int64_t reader_real_ns(const struct reader *reader)
{
	return reader->real_ns;
}

bool reader_has_ended(const struct reader *reader)
{
	return reader->has_ended;
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	if (reader->left_out > 1)
		diag("%s: %zu lines skipped", reader->recording->name, reader->left_out);
	reader_recording(reader)->is_open = false;
	reader->recording->is_open = false;
	json_tokener_free(reader->tokener);
	free(reader->before);
	free(reader);
}
