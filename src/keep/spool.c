/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is being recorded, in a file that outlives us: a recording, from which halves are taken. */
#include "keep/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keep/segment.h"
#include "migtrace_event.h"

#define LINES_MAX   1000000 /* a migration has some thousand */
#define HELD_MAX    (8u << 20)
#define BEFORE_NS   1000000000
#define CLOCK_LINES 2 /* before it, by which the clock's rate is known */

struct spool_line {
	char *text; /* NULL: it is in the file, */
	off_t at;   /* there */
	uint32_t len;
	enum record_kind kind;
	int64_t ns; /* its own, or of the last one before it that has any */
	uint8_t uuid[MT_UUID];
};

struct spool {
	int fd;
	off_t size;
	int64_t ns;
	struct spool_line *lines;
	size_t count, room;
	struct segment *segments;
	size_t segment_count;
	struct first clock; /* the last look at the clocks */
	size_t held;	    /* bytes of lines for which there was no room in the file */
	bool is_broken;	    /* there was none for one of them at all */
};

struct spool *spool_new(int fd)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (spool)
		spool->fd = fd;
	return spool;
}

static int bytes_append(struct spool *spool, const char *text, size_t len)
{
	ssize_t wrote = write(spool->fd, text, len);

	if (wrote == (ssize_t)len) {
		spool->size += wrote;
		return 0;
	}
	if (wrote > 0 && ftruncate(spool->fd, spool->size))
		spool->size += wrote; /* a line that is cut off */
	return wrote < 0 ? -errno : -ENOSPC;
}

static struct segment *segment_last(const struct spool *spool)
{
	return &spool->segments[spool->segment_count - 1];
}

int spool_begin(struct spool *spool, const struct recording *recording, bool is_there)
{
	struct segment *segments =
		reallocarray(spool->segments, spool->segment_count + 1, sizeof(*segments));

	if (!segments)
		return -ENOMEM;
	spool->segments = segments;
	segments[spool->segment_count++] = (struct segment){
		.recording = recording, .is_there = is_there, .start = spool->count};
	return 0;
}

static bool is_of(const struct segment *segment, const struct recording *recording)
{
	return recording_root(segment->recording) == recording_root(recording);
}

bool spool_was_there(const struct spool *spool, const struct recording *recording)
{
	for (size_t i = 0; i < spool->segment_count; i++)
		if (spool->segments[i].is_there && is_of(&spool->segments[i], recording))
			return true;
	return false;
}

static int line_add(struct spool *spool, const struct spool_line *line)
{
	if (spool->count == LINES_MAX)
		return -EFBIG;
	if (spool->count == spool->room) {
		size_t room = spool->room ? 2 * spool->room : 1024;
		struct spool_line *lines = reallocarray(spool->lines, room, sizeof(*lines));

		if (!lines)
			return -ENOMEM;
		spool->lines = lines;
		spool->room = room;
	}
	spool->lines[spool->count++] = *line;
	return 0;
}

/* What the line is, as it was read. */
static struct spool_line line_of(struct spool *spool, const struct reader *reader, size_t len)
{
	const struct mt_event *event = reader_event(reader);
	struct spool_line line = {
		.at = spool->size, .len = (uint32_t)len + 1, .kind = reader_kind(reader)};
	const struct recording *recording = reader_recording(reader);

	if (event) {
		spool->ns = (int64_t)event->ktime_ns;
		memcpy(line.uuid, event->uuid, MT_UUID);
	} else if (line.kind == RECORD_CLOCK && recording->snapshot_count) {
		spool->ns = recording->snapshots[recording->snapshot_count - 1].mono_before_ns;
	}
	line.ns = spool->ns;
	return line;
}

static bool is_for_all(enum record_kind kind)
{
	return kind == RECORD_HEADER || kind == RECORD_TARGET || kind == RECORD_DAEMON;
}

/* Returns 0, or -errno with nothing appended. */
static int text_append(struct spool *spool, const char *text, size_t len)
{
	off_t before = spool->size;
	int err = bytes_append(spool, text, len) ?: bytes_append(spool, "\n", 1);

	if (err && spool->size > before && !ftruncate(spool->fd, before))
		spool->size = before;
	return err;
}

/* Where the disk is full lines are held in memory until their halves are written. */
static int line_hold(struct spool *spool, struct spool_line *added, const char *line, size_t len)
{
	added->text = spool->held + len < HELD_MAX ? malloc(len + 1) : NULL;
	if (!added->text)
		return -ENOSPC;
	memcpy(added->text, line, len);
	added->text[len] = '\n';
	spool->held += len + 1;
	return 0;
}

static int other_add(struct spool *spool, struct spool_line *added, const char *line, size_t len,
		     bool is_there)
{
	int err = is_there ? 0 : text_append(spool, line, len);

	if (err)
		err = line_hold(spool, added, line, len);
	if (!err)
		err = line_add(spool, added);
	if (err)
		free(added->text);
	spool->is_broken |= err != 0;
	return err;
}

int spool_add(struct spool *spool, const struct reader *reader, const char *line, size_t len)
{
	struct spool_line added = line_of(spool, reader, len);
	struct segment *segment = segment_last(spool);
	bool is_there = segment->is_there;
	int err;

	if (is_there)
		spool->size += (off_t)len + 1;
	segment_mark(segment, reader_gone(reader));
	if (added.kind == RECORD_CLOCK && first_set(&spool->clock, line, len))
		return -ENOMEM;
	if (!is_for_all(added.kind))
		return other_add(spool, &added, line, len, is_there);
	err = segment_add(segment, line, len);
	spool->is_broken |= err != 0;
	if (!is_there)
		text_append(spool, line, len); /* else it is there for who comes after us only */
	return err;
}

static void line_copy(const struct spool *spool, const struct spool_line *line,
		      struct half_file *file)
{
	char *text;
	ssize_t got;

	if (line->text) {
		half_file_add(file, line->text, line->len);
		return;
	}
	text = malloc(line->len);
	got = text ? pread(spool->fd, text, line->len, line->at) : -1;
	if (got == (ssize_t)line->len)
		half_file_add(file, text, line->len);
	else
		half_file_fail(file, got < 0 ? -errno : -EIO);
	free(text);
}

static bool is_wanted(const struct spool_line *line, const uint8_t *uuid)
{
	static const uint8_t none[MT_UUID];

	return !memcmp(line->uuid, uuid, MT_UUID) || !memcmp(line->uuid, none, MT_UUID);
}

/* Returns from which line of these on there is something to copy: with looks at the clocks before
 * it. */
static size_t start_of(const struct spool *spool, size_t first, size_t end, int64_t since_ns)
{
	size_t start = first, looks = 0;

	while (start < end && spool->lines[start].ns < since_ns - BEFORE_NS)
		start++;
	while (start > first && looks < CLOCK_LINES)
		looks += spool->lines[--start].kind == RECORD_CLOCK;
	return start;
}

static void segment_copy(const struct spool *spool, size_t at, const uint8_t *uuid,
			 int64_t since_ns, struct half_file *file)
{
	const struct segment *segment = &spool->segments[at];
	size_t end = at + 1 < spool->segment_count ? segment[1].start : spool->count;

	for (size_t i = 0; i < segment->count; i++)
		half_file_add(file, segment->first[i].text, segment->first[i].len);
	for (size_t i = start_of(spool, segment->start, end, since_ns); i < end; i++)
		if (is_wanted(&spool->lines[i], uuid))
			line_copy(spool, &spool->lines[i], file);
}

/* Returns whether the recorder had ended before: it has nothing of it. */
static bool is_before(const struct spool *spool, size_t at, int64_t since_ns)
{
	size_t end = at + 1 < spool->segment_count ? spool->segments[at + 1].start : spool->count;

	return at + 1 < spool->segment_count &&
	       (end == spool->segments[at].start || spool->lines[end - 1].ns < since_ns);
}

void spool_copy(const struct spool *spool, const struct recording *recording, const uint8_t *uuid,
		int64_t since_ns, struct half_file *file)
{
	if (spool->is_broken)
		half_file_fail(file, -EIO);
	for (size_t i = 0; i < spool->segment_count; i++)
		if (is_of(&spool->segments[i], recording) && !is_before(spool, i, since_ns))
			segment_copy(spool, i, uuid, since_ns, file);
}

/* The last look at the clocks stays: what comes next is after it. */
static int clock_keep(struct spool *spool)
{
	const struct spool_line line = {
		.at = spool->size, .len = (uint32_t)spool->clock.len, .kind = RECORD_CLOCK};
	int err = bytes_append(spool, spool->clock.text, spool->clock.len);

	return err ?: line_add(spool, &line);
}

static void lines_free(struct spool *spool)
{
	for (size_t i = 0; i < spool->count; i++)
		free(spool->lines[i].text);
	spool->count = 0;
	spool->held = 0;
	spool->is_broken = false;
}

/* Recorders that have ended have no halves any more. */
static void segments_drop(struct spool *spool)
{
	struct segment last = *segment_last(spool);

	while (spool->segment_count > 1)
		segment_free(&spool->segments[--spool->segment_count - 1]);
	last.start = 0;
	last.is_there = false;
	spool->segments[0] = last;
}

int spool_reset(struct spool *spool)
{
	int err = ftruncate(spool->fd, 0) ? -errno : 0;
	struct segment *segment;

	if (err)
		return err;
	spool->size = 0;
	lines_free(spool);
	segments_drop(spool);
	segment = segment_last(spool);
	segment_forget(segment);
	for (size_t i = 0; !err && i < segment->count; i++)
		err = bytes_append(spool, segment->first[i].text, segment->first[i].len);
	if (!err && spool->clock.text)
		err = clock_keep(spool);
	return err;
}

int spool_cut(const struct spool *spool)
{
	return ftruncate(spool->fd, spool->size) ? -errno : 0;
}

size_t spool_lines(const struct spool *spool)
{
	return spool->count;
}

void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	while (spool->segment_count)
		segment_free(&spool->segments[--spool->segment_count]);
	free(spool->segments);
	free(spool->clock.text);
	lines_free(spool);
	free(spool->lines);
	free(spool);
}
