// SPDX-License-Identifier: GPL-2.0-or-later
/* Recordings with other lines, and lines with other stamps, numbers and names. */
#include "edit.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define UUID_LEN 36

int64_t line_number(const char *line, const char *key)
{
	char quoted[64];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\":", key);
	at = strstr(line, quoted);
	return at ? strtoll(at + strlen(quoted), NULL, 10) : -1;
}

int64_t line_ns(const char *line)
{
	static const char *const keys[] = {"ktime_ns", "mono_before_ns", "end_ktime_ns", "t1_ns"};
	int64_t ns = -1;

	for (size_t i = 0; ns < 0 && i < sizeof(keys) / sizeof(*keys); i++)
		ns = line_number(line, keys[i]);
	return ns < 0 ? 0 : ns;
}

bool line_is(const char *line, const char *kind)
{
	char start[32];

	snprintf(start, sizeof(start), "{\"kind\":\"%s\"", kind);
	return !strncmp(line, start, strlen(start));
}

/* Returns whether the key, which ends there, has that name, or an end of it behind '_'. */
static bool is_key(const char *line, const char *end, const char *name)
{
	size_t len = strlen(name);

	return end - line > (ptrdiff_t)len && !strncmp(end - len, name, len) &&
	       (end[-len - 1] == '"' || end[-len - 1] == '_');
}

static bool is_any(const char *line, const char *end, const char *const *names)
{
	for (; *names; names++)
		if (is_key(line, end, *names))
			return true;
	return false;
}

static bool is_daemon(const struct edit *edit, int64_t pid)
{
	for (size_t i = 0; i < edit->daemon_count; i++)
		if (edit->daemons[i] == pid)
			return true;
	return false;
}

/* Returns what is added to the number behind the key that ends there. */
static int64_t addend(const char *line, const char *end, int64_t number, const struct edit *edit)
{
	static const char *const stamps[] = {"ktime_ns", "mono_before_ns", "mono_after_ns",
					     "raw_ns",	 "t1_ns",	   "t2_ns",
					     "t3_ns",	 "t4_ns",	   NULL};
	static const char *const ports[] = {"local_port", "peer_port", NULL};
	static const char *const tids[] = {"tid", NULL}, *const pids[] = {"pid", NULL};
	static const char *const serials[] = {"serial", NULL}, *const lost[] = {"lost", NULL};

	if (is_any(line, end, lost))
		return edit->lost;
	if (!number)
		return 0;
	if (is_any(line, end, stamps))
		return edit->later_ns;
	if (is_any(line, end, ports))
		return edit->ports;
	if (is_any(line, end, serials))
		return edit->serials;
	if (is_any(line, end, tids))
		return edit->pids;
	return is_any(line, end, pids) && !is_daemon(edit, number) ? edit->pids : 0;
}

static bool is_uuid(const char *text)
{
	for (size_t i = 0; i < UUID_LEN; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text[i] != '-' : !text[i] || !strchr("0123456789abcdef", text[i]))
			return false;
	}
	return true;
}

static bool is_to_change(const char *text, const struct edit *edit)
{
	if (!edit->other_uuids || !is_uuid(text))
		return false;
	for (size_t i = 0; i < edit->uuid_count; i++)
		if (!strncmp(text, edit->uuids[i], UUID_LEN))
			return true;
	return !edit->uuid_count;
}

/* Each digit has another one for it; 0 stays, so that what is none is none. */
static void digits_write(FILE *out, const char *text, size_t len)
{
	static const char digits[] = "0123456789abcdef", others[] = "0fedcba987654321";

	for (size_t i = 0; i < len; i++) {
		const char *at = strchr(digits, text[i]);

		fputc(at ? others[at - digits] : text[i], out);
	}
}

static bool starts(const char *at, const char *text)
{
	return !strncmp(at, text, strlen(text));
}

/* Returns how many bytes of the line it has written in another form. */
static size_t name_write(FILE *out, const char *at, const struct edit *edit)
{
	static const char hash[] = "\"cookie_hash\":\"", boot[] = "\"boot_id\":\"";

	if (is_to_change(at, edit)) {
		digits_write(out, at, UUID_LEN);
		return UUID_LEN;
	}
	if (edit->other_hashes && starts(at, hash)) {
		fputs(hash, out);
		digits_write(out, at + strlen(hash), 16);
		return strlen(hash) + 16;
	}
	if (edit->other_boot && starts(at, boot)) {
		fprintf(out, "%s1", boot);
		return strlen(boot) + 1;
	}
	return 0;
}

void edit_line(FILE *out, const char *line, const struct edit *edit)
{
	for (const char *at = line; *at;) {
		size_t written = name_write(out, at, edit);

		at += written;
		if (written)
			continue;
		fputc(*at++, out);
		if (at - line > 2 && at[-1] == ':' && at[-2] == '"' && *at >= '0' && *at <= '9') {
			char *end;
			int64_t number = strtoll(at, &end, 10);

			fprintf(out, "%" PRId64, number + addend(line, at - 2, number, edit));
			at = end;
		}
	}
	fputc('\n', out);
}

FILE *text_begin(struct text *text, const struct text *as)
{
	FILE *out;

	*text = (struct text){0};
	memcpy(text->name, as->name, sizeof(text->name));
	out = open_memstream(&text->bytes, &text->size);
	assert_non_null(out);
	return out;
}

void text_end(struct text *text, FILE *out)
{
	fclose(out);
	text_split(text);
}

struct row row_begin(const struct row *as)
{
	struct row row = {.count = as->count};

	memcpy(row.name, as->name, sizeof(row.name));
	return row;
}

void text_edit(const struct text *text, const struct edit *edit, struct text *edited)
{
	FILE *out = text_begin(edited, text);

	for (size_t i = 0; i < text->count; i++)
		edit_line(out, text->lines[i], edit);
	text_end(edited, out);
}

void edit_daemons(const struct row *row, struct edit *edit)
{
	for (size_t i = 0; i < row->count; i++)
		for (size_t j = 0; j < row->text[i].count; j++)
			if (line_is(row->text[i].lines[j], "daemon") &&
			    edit->daemon_count < EDIT_UUIDS)
				edit->daemons[edit->daemon_count++] =
					(uint32_t)line_number(row->text[i].lines[j], "pid");
}

void edit_domains(const struct row *row, struct edit *edit)
{
	static const char key[] = "\"uuid\":\"";

	for (size_t i = 0; i < row->count; i++)
		for (size_t j = 0; j < row->text[i].count; j++) {
			const char *at = strstr(row->text[i].lines[j], key);
			size_t known = 0;

			if (!at || edit->uuid_count == EDIT_UUIDS)
				continue;
			at += strlen(key);
			while (known < edit->uuid_count && strncmp(edit->uuids[known], at, 36) != 0)
				known++;
			if (known == edit->uuid_count)
				memcpy(edit->uuids[edit->uuid_count++], at, 36);
		}
}

struct placed {
	int64_t ns;
	size_t number;
	char *line;
};

static int placed_compare(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* Returns where the line stands among those of its time: what says no time stays at its place. */
static int64_t place_ns(const char *line, int64_t last_ns)
{
	return line_is(line, "end") ? INT64_MAX : line_ns(line) ?: last_ns;
}

void text_mix(const struct text *text, const struct text *other, struct text *mixed)
{
	struct placed *placed = calloc(text->count + other->count, sizeof(*placed));
	FILE *out = text_begin(mixed, text);
	size_t count = 0;
	int64_t ns = 0;

	assert_non_null(placed);
	for (size_t i = 0; i < text->count; i++, count++) {
		ns = place_ns(text->lines[i], ns);
		placed[count] = (struct placed){ns, count, text->lines[i]};
	}
	for (size_t i = 0; i < other->count; i++, count++)
		placed[count] = (struct placed){line_ns(other->lines[i]), count, other->lines[i]};
	qsort(placed, count, sizeof(*placed), placed_compare);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s\n", placed[i].line);
	free(placed);
	text_end(mixed, out);
}

void text_copy(const struct text *text, const struct edit *edit, bool is_own, struct text *copy)
{
	static const struct edit none;
	FILE *out = text_begin(copy, text);

	for (size_t i = 0; i < text->count; i++) {
		bool is_its = line_is(text->lines[i], "event") || line_is(text->lines[i], "stats");

		if (is_its || !is_own)
			edit_line(out, text->lines[i], is_its ? edit : &none);
	}
	text_end(copy, out);
}
