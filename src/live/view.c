/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `live` shows: migrations when they begin, while they run and when they have ended. */
#include "live/view.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/json_line.h"
#include "live/board.h"
#include "live/going.h"
#include "live/result.h"
#include "live/row.h"
#include "live/summary.h"
#include "report/report.h"
#include "report/terminal.h"

#define REPORT_NS INT64_C(1000000000) /* between two lines of one side in a pipe */

struct view {
	bool is_json, has_colour;
	struct board board;
	struct summary summary;
	/* When a side was reported last, by its number: in a pipe there are not too many lines. */
	struct {
		uint64_t number;
		int64_t ns;
	} told[256];
};

static const char *const colours[OUTCOME_UNFINISHED + 1] = {
	[OUTCOME_COMPLETED] = "\033[32m",
	[OUTCOME_FAILED] = "\033[31m",
	[OUTCOME_CANCELLED] = "\033[33m",
};

struct view *view_new(FILE *out, bool is_json)
{
	struct view *view = calloc(1, sizeof(*view));
	struct terminal terminal = terminal_of(out);

	if (!view || summary_init(&view->summary)) {
		free(view);
		return NULL;
	}
	view->board = (struct board){
		.out = out,
		.text = text_open(out),
		.has_cursor = terminal.has_cursor && !is_json,
	};
	view->has_colour = terminal.has_colour;
	view->is_json = is_json;
	return view;
}

void view_clear(struct view *view)
{
	board_clear(&view->board);
}

static void row_print(struct view *view, const char *row)
{
	view_clear(view);
	fprintf(view->board.text, "%s\n", row);
	fflush(view->board.text);
}

void view_say(struct view *view, const char *format, ...)
{
	char row[ROW];
	va_list args;

	if (view->is_json)
		return;
	va_start(args, format);
	vsnprintf(row, sizeof(row), format, args);
	va_end(args);
	row_print(view, row);
}

static void json_print(struct view *view, struct json_object *object)
{
	json_line_write(view->board.out, object);
}

void view_begun(struct view *view, const struct going *going, int64_t real_ns)
{
	char row[ROW];

	if (view->is_json) {
		json_print(view, going_json(going, "begun", real_ns));
		return;
	}
	row_begin_going(row, real_ns, going);
	row_add_way(row, going);
	row_print(view, row);
}

/* Rate limit: returns true at most once per REPORT_NS and side, and notes the time. */
static bool is_due(struct view *view, uint64_t number, int64_t ns)
{
	size_t at = number % (sizeof(view->told) / sizeof(view->told[0]));

	if (view->told[at].number == number && ns - view->told[at].ns < REPORT_NS)
		return false;
	view->told[at].number = number;
	view->told[at].ns = ns;
	return true;
}

void view_news(struct view *view, const struct going *going, int64_t real_ns)
{
	char row[ROW], numbers[ROW] = "";

	view->board.is_changed = true;
	row_add_numbers(numbers, going);
	if (view->board.has_cursor || !numbers[0] || !is_due(view, going->number, real_ns))
		return;
	if (view->is_json) {
		json_print(view, going_json(going, "running", real_ns));
		return;
	}
	row_begin_going(row, real_ns, going);
	row_add(row, "%s", numbers);
	row_print(view, row);
}

int view_draw(struct view *view, const struct progress *progress, int64_t now_ns)
{
	return board_draw(&view->board, progress, now_ns);
}

void view_result(struct view *view, const struct account *account, int64_t real_ns)
{
	const char *colour = view->has_colour ? colours[account->outcome] : NULL;
	char row[ROW], result[ROW] = "";

	if (view->is_json) {
		report_json(view->board.out, &(struct report){.account = account});
		return;
	}
	row_begin(row, real_ns, account->name, account->uuid);
	row_add_result(result, account);
	row_add(row, "%s%s%s", colour ? colour : "", result, colour ? "\033[0m" : "");
	row_print(view, row);
}

void view_count(struct view *view, const struct account *account)
{
	summary_add(&view->summary, account);
}

void view_summary(struct view *view, uint64_t lost, size_t going)
{
	char rows[SUMMARY_ROWS][ROW];
	size_t count;

	if (view->is_json) {
		json_print(view, summary_json(&view->summary, lost, going));
		return;
	}
	count = summary_rows(&view->summary, lost, going, rows);
	for (size_t i = 0; i < count; i++)
		row_print(view, rows[i]);
}

bool view_is_lost(const struct view *view)
{
	return ferror(view->board.out);
}

void view_end(struct view *view)
{
	if (!view)
		return;
	view_clear(view);
	text_close(view->board.text, view->board.out);
	summary_free(&view->summary);
	free(view);
}
