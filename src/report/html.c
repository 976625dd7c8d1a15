/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report as one page that needs nothing else: the JSON of all migrations, and what draws it. */
#include "page.h" /* made of src/report/page by tools/make-page */

#include <errno.h>
#include <string.h>

#include "base/json_line.h"
#include "report/object.h"

/* In JSON these are only within strings. Nothing of what others named can end the script then. */
static const struct {
	const char *bytes, *escaped;
} escapes[] = {
	{"<", "\\u003c"},
	{">", "\\u003e"},
	{"&", "\\u0026"},
	{"\xe2\x80\xa8", "\\u2028"},
	{"\xe2\x80\xa9", "\\u2029"},
};

/* Returns the escape of what is at that place, or -1. */
static int escape_at(const char *text)
{
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
		if (!strncmp(text, escapes[i].bytes, strlen(escapes[i].bytes)))
			return (int)i;
	return -1;
}

static void print_escaped(FILE *out, const char *json)
{
	while (*json) {
		int escape = escape_at(json);

		if (escape < 0) {
			fputc(*json++, out);
			continue;
		}
		fputs(escapes[escape].escaped, out);
		json += strlen(escapes[escape].bytes);
	}
}

int html_begin(FILE *out)
{
	fwrite(page_head, 1, sizeof(page_head), out);
	fputs("[", out);
	return ferror(out) ? -EIO : 0;
}

int html_one(FILE *out, const struct report *report, size_t index)
{
	struct json_object *object;
	struct timeline timeline;
	int err = timeline_find(report->account, &timeline);

	if (!err) {
		object = json_object_new_object();
		json_object_object_add(object, "report", report_object(report));
		json_object_object_add(object, "timeline", timeline_object(&timeline));
		fputs(index ? ",\n" : "\n", out);
		print_escaped(out, json_line(object));
		json_object_put(object);
	}
	timeline_free(&timeline);
	if (!err && ferror(out))
		err = -EIO;
	return err;
}

int html_end(FILE *out)
{
	fputs("\n]", out);
	fwrite(page_tail, 1, sizeof(page_tail), out);
	return ferror(out) ? -EIO : 0;
}
