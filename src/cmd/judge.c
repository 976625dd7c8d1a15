/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * migtrace judge: for a collector, which halves are one migration, and its report. It reads groups
 * of halves on stdin, "COUNT WANTED\n" and for each "SIZE BEGAN\n", seconds since 1970, and its
 * bytes; writes JSON Lines, the last of each group {"end":true}, or false where one of them is no
 * recording; and lives as long as it is asked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <json-c/json.h>

#include "base/diag.h"
#include "base/json_line.h"
#include "cmd/commands.h"
#include "cmd/follow.h"
#include "cmd/reading.h"
#include "core/match/correlator.h"
#include "fleet/judge_format.h"
#include "report/format.h"
#include "report/report.h"
#include "sandbox/confine.h"

#define PATH_TEXT 32

/* A half with what is seen of it alone. */
struct judged {
	int fd;
	char path[PATH_TEXT];
	size_t wanted_s; /* when its side has begun, by its id */
	/* The side that it is of: when that began, by which recorder's clock. */
	bool is_side;
	enum role role;
	uint64_t began_ns;
	int64_t apart_s; /* from what its id says */
	size_t events;
	char recording[UUID_TEXT];
	/* Of whose recorder it is, and of which host's side: a node records its pods. */
	char recorder[HOST_NAME], host[HOST_NAME];
};

struct pair {
	size_t half[2];
};

struct group {
	size_t count, pair_count;
	enum judge_wanted wanted;
	struct judged half[JUDGE_HALVES];
	struct pair pair[JUDGE_HALVES];
	char *report; /* of the one pair that there is, where it was made when that was found */
};

/* Reads a line of two numbers, or of one. Returns how many there were. */
static int numbers_read(size_t *first, size_t *second)
{
	char line[64];

	return fgets(line, sizeof(line), stdin) ? sscanf(line, "%zu %zu", first, second) : 0;
}

/* Has the half in a file of memory, as it is read by name. */
static int half_take(struct judged *half)
{
	size_t size, room = 0;
	char *bytes = NULL;
	int err = -EPROTO;

	half->fd = memfd_create("half", MFD_CLOEXEC);
	snprintf(half->path, sizeof(half->path), "/proc/self/fd/%d", half->fd);
	if (half->fd < 0 || numbers_read(&size, &half->wanted_s) != 2 || size > MESSAGE_BODY_MAX)
		return err;
	room = size;
	bytes = malloc(room + 1);
	if (bytes && fread(bytes, 1, size, stdin) == size &&
	    write(half->fd, bytes, size) == (ssize_t)size)
		err = 0;
	free(bytes);
	return err;
}

/* Returns 1, 0 at the end, or -errno. */
static int group_read(struct group *group)
{
	size_t count, wanted;
	int err = 0, got = numbers_read(&count, &wanted);

	*group = (struct group){0};
	if (got != 2)
		return feof(stdin) ? 0 : -EPROTO;
	if (count < 1 || count > JUDGE_HALVES || wanted >= JUDGE_WANTED)
		return -EPROTO;
	group->wanted = (enum judge_wanted)wanted;
	while (!err && group->count < count)
		err = half_take(&group->half[group->count++]);
	return err ?: 1;
}

static void group_free(struct group *group)
{
	free(group->report);
	for (size_t i = 0; i < group->count; i++)
		if (group->half[i].fd >= 0)
			close(group->half[i].fd);
}

/* It has what came around its side, too: other attempts, or what is left of them. */
static void side_note(struct judged *half, const struct side *side)
{
	uint64_t began_ns = side ? side->events[0]->ktime_ns : 0;
	int64_t apart_s = side ? llabs(side_real_ns(side, (int64_t)began_ns) / 1000000000 -
				       (int64_t)half->wanted_s)
			       : 0;

	if (!side || (half->is_side && (apart_s > half->apart_s ||
					(apart_s == half->apart_s && side->count <= half->events))))
		return;
	half->apart_s = apart_s;
	half->events = side->count;
	half->is_side = true;
	half->role = side->role;
	half->began_ns = began_ns;
	snprintf(half->recording, sizeof(half->recording), "%s", side->recording->id);
	snprintf(half->recorder, sizeof(half->recorder), "%s", side->recording->host);
	snprintf(half->host, sizeof(half->host), "%s", side_host(side));
}

static void sides_note(void *arg, const struct migration *migrations, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		side_note(arg, migrations[i].source);
		side_note(arg, migrations[i].destination);
	}
}

/* Returns which half the side is of; the count: of none. Halves of one recorder are one recording
 * when they are read together, so that its name does not tell. */
static size_t half_of(const struct group *group, const struct side *side)
{
	size_t i = 0;

	for (; side && i < group->count; i++) {
		const struct judged *half = &group->half[i];

		if (half->is_side && half->role == side->role &&
		    half->began_ns == side->events[0]->ktime_ns &&
		    !strcmp(half->recording, side->recording->id))
			return i;
	}
	return group->count;
}

static void pairs_note(void *arg, const struct migration *migrations, size_t count)
{
	struct group *group = arg;

	for (size_t i = 0; i < count; i++) {
		struct pair pair = {{half_of(group, migrations[i].source),
				     half_of(group, migrations[i].destination)}};

		if (pair.half[0] < group->count && pair.half[1] < group->count &&
		    pair.half[0] != pair.half[1] && group->pair_count < JUDGE_HALVES)
			group->pair[group->pair_count++] = pair;
	}
}

/* Reads these files as report does. */
static int files_read(char *const *paths, size_t count, correlator_fn *take, void *arg,
		      struct correlator **correlator)
{
	struct follow *follow = follow_open(paths, count, NULL);
	int err = -ENOMEM;

	*correlator = follow ? correlator_new(READING_BYTES, READING_SIDE_EVENTS, take, arg) : NULL;
	if (*correlator)
		err = follow_all(follow, *correlator) ?: correlator_end(*correlator);
	correlator_free(*correlator);
	*correlator = NULL;
	follow_close(follow);
	return err;
}

/* What is printed for some halves. */
struct printing {
	FILE *out;
	const struct report_format *format;
	struct page *page;
	struct correlator *correlator;
	struct group *pairs_of;	    /* NULL: nobody asks for pairs */
	const struct group *own_of; /* what these halves are of, alone; NULL: all that is in them */
	size_t count;
	int err;
};

/* Of another migration's side a half has what came around its own: that one has its own trace. */
static bool is_wanted(const struct printing *printing, const struct migration *migration)
{
	const struct group *group = printing->own_of;

	return !group || half_of(group, migration->source) < group->count ||
	       half_of(group, migration->destination) < group->count;
}

static void migrations_print(void *arg, const struct migration *migrations, size_t count)
{
	struct printing *printing = arg;

	if (printing->pairs_of)
		pairs_note(printing->pairs_of, migrations, count);
	for (size_t i = 0; i < count; i++) {
		struct account account;
		struct report report = {.account = &account};

		if (!is_wanted(printing, &migrations[i]))
			continue;
		if (!printing->count && printing->format->begin)
			printing->err = printing->format->begin(printing->out, &printing->page);
		report.has_hits = correlator_hits(printing->correlator, &report.hits);
		account_make(&migrations[i], &(struct account_request){0}, &account);
		printing->err = printing->format->one(printing->out, &report, printing->count++,
						      printing->page)
					?: printing->err;
	}
}

/* Makes the report of these halves, which the caller frees; NULL: there is none. Returns 0, or
 * -errno where they cannot be read. */
static int halves_report(const struct group *group, const size_t *halves, size_t count,
			 enum format format, struct group *pairs_of, char **text)
{
	char *paths[JUDGE_HALVES] = {NULL};
	struct printing printing = {.format = &report_formats[format],
				    .pairs_of = pairs_of,
				    .own_of = group->wanted == JUDGE_TRACE ? group : NULL};
	size_t size;
	int err;

	*text = NULL;
	for (size_t i = 0; i < count; i++)
		paths[i] = (char *)group->half[halves[i]].path;
	printing.out = open_memstream(text, &size);
	if (!printing.out)
		return -ENOMEM;
	err = files_read(paths, count, migrations_print, &printing, &printing.correlator);
	if (printing.count && printing.format->end)
		printing.err = printing.format->end(printing.out, printing.page) ?: printing.err;
	if (fclose(printing.out) || err || printing.err || !printing.count) {
		free(*text);
		*text = NULL;
	}
	return err;
}

/* Finds the pairs of all halves. Of two, which most are, that makes the report, too. */
static int pairs_find(struct group *group)
{
	size_t first = group->half[0].is_side && group->half[0].role == ROLE_DESTINATION;
	char *paths[JUDGE_HALVES];
	struct correlator *correlator;
	int err;

	if (group->count == 2) {
		err = halves_report(group, (size_t[]){first, !first}, 2, FORMAT_JSON, group,
				    &group->report);
	} else {
		for (size_t i = 0; i < group->count; i++)
			paths[i] = group->half[i].path;
		err = files_read(paths, group->count, pairs_note, group, &correlator);
	}
	if (group->pair_count == 1)
		return err;
	free(group->report);
	group->report = NULL;
	return err;
}

/* Writes a report of these halves, which it frees; NULL: there is none. */
static int report_write(const size_t *halves, size_t count, char *report)
{
	struct json_object *answer = json_object_new_object(), *of = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(of, json_object_new_int64((int64_t)halves[i]));
	json_object_object_add(answer, "report_of", of);
	if (report)
		json_object_object_add(answer, "report", json_object_new_string(report));
	free(report);
	return json_line_write(stdout, answer);
}

static int answer_write(const struct group *group, const size_t *halves, size_t count,
			enum format format)
{
	char *report;

	halves_report(group, halves, count, format, NULL, &report);
	return report_write(halves, count, report);
}

static int pair_write(struct group *group, const struct pair *pair)
{
	char *report = group->report;

	group->report = NULL;
	return report ? report_write(pair->half, 2, report)
		      : answer_write(group, pair->half, 2, FORMAT_JSON);
}

static int host_write(const struct group *group, size_t half)
{
	struct json_object *answer = json_object_new_object();

	json_object_object_add(answer, "half", json_object_new_int64((int64_t)half));
	json_object_object_add(answer, "recorder",
			       json_object_new_string(group->half[half].recorder));
	json_object_object_add(answer, "host", json_object_new_string(group->half[half].host));
	return json_line_write(stdout, answer);
}

/* Writes what is wanted of halves that could be read. */
static int wanted_write(struct group *group)
{
	size_t all[JUDGE_HALVES];
	int err = 0;

	for (size_t i = 0; !err && i < group->count; i++) {
		all[i] = i;
		err = host_write(group, i);
	}
	if (!err && group->wanted == JUDGE_PAGE)
		err = answer_write(group, all, group->count, FORMAT_HTML);
	if (!err && group->wanted == JUDGE_TRACE)
		err = answer_write(group, all, group->count, FORMAT_OTLP);
	for (size_t i = 0; !err && group->wanted == JUDGE_PAIRS && i < group->pair_count; i++)
		err = pair_write(group, &group->pair[i]);
	for (size_t i = 0; !err && group->wanted == JUDGE_EACH && i < group->count; i++)
		err = answer_write(group, &all[i], 1, FORMAT_JSON);
	return err;
}

static int group_judge(struct group *group)
{
	struct correlator *correlator;
	struct json_object *end = json_object_new_object();
	int unread = 0, err;

	for (size_t i = 0; !unread && i < group->count; i++)
		unread = files_read((char *[]){group->half[i].path}, 1, sides_note, &group->half[i],
				    &correlator);
	if (!unread && group->wanted == JUDGE_PAIRS && group->count > 1)
		unread = pairs_find(group);
	err = unread ? 0 : wanted_write(group);
	json_object_object_add(end, "end", json_object_new_boolean(!unread));
	return json_line_write(stdout, end) ?: err;
}

enum status cmd_judge(const struct options *options)
{
	struct group group;
	int got;

	(void)options;
	confine(CONFINE_READER);
	while ((got = group_read(&group)) > 0) {
		int err = group_judge(&group);

		group_free(&group);
		if (err)
			return STATUS_FAILURE;
	}
	if (got < 0)
		diag("judge: not a group of halves");
	return got < 0 ? STATUS_FAILURE : STATUS_OK;
}
