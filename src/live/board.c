/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines at the end of a terminal that are drawn over: what is going on. */
#include "live/board.h"

#include <inttypes.h>

#include "live/going.h"
#include "live/row.h"
#include "report/duration.h"
#include "report/terminal.h"

#define BAR_MAX 20
#define BAR_MIN 4
#define NUMBERS 48 /* columns that they take at most, but for huge ones: the bar is steady */
#define DRAW_NS INT64_C(200000000)

/* Two sides of one domain are one line: the source's, which knows more. */
static bool is_shown(const struct progress *progress, const struct going *going)
{
	return going->is_reported &&
	       (going->job.role == ROLE_SOURCE || !progress_other(progress, going));
}

/* How much of the memory has crossed, as far as QEMU's own numbers go. */
static void row_add_bar(char *row, const struct going *going, int width)
{
	int64_t total = going->total.v, left = going->remaining.v;
	int steps = 0;

	if (going->total.known && going->remaining.known && total && left <= total)
		steps = (int)((double)(total - left) / (double)total * width);
	row_add(row, "[");
	for (int i = 0; i < width; i++)
		row_add(row, "%s", i < steps ? "█" : " ");
	row_add(row, "] ");
}

void board_clear(struct board *board)
{
	int columns, rows, lines = 0;

	if (!board->drawn)
		return;
	terminal_size(board->out, &columns, &rows);
	/* What was drawn on a wider terminal takes more lines now. */
	for (size_t i = 0; i < board->drawn; i++)
		lines +=
			board->widths[i] > columns ? (board->widths[i] + columns - 1) / columns : 1;
	fprintf(board->text, "\033[%dA\r\033[J", lines < rows ? lines : rows - 1);
	fflush(board->text);
	board->drawn = 0;
	board->is_changed = true;
}

size_t board_shown(const struct progress *progress)
{
	size_t shown = 0;

	for (size_t i = 0; i < progress->count; i++)
		shown += is_shown(progress, progress->going[i]);
	return shown;
}

/* The bar has the room that the rest leaves. */
static void going_draw(struct board *board, const struct going *going, int64_t now_ns, int columns)
{
	char row[ROW] = "", cut[ROW] = "", numbers[ROW] = "";
	int width;

	row_add_safe(row, going->name[0] ? going->name : "?", NAME_WIDTH);
	row_pad(row, NAME_WIDTH + 1);
	if (columns >= 100) {
		row_add_way(row, going);
		row_pad(row, NAME_WIDTH + 1 + 24);
	}
	row_add(numbers, "%" PRId64 " s  ", (now_ns - going->begun_ns) / 1000000000);
	row_pad(numbers, 6);
	row_add_numbers(numbers, going);
	width = text_columns(numbers) < 6 + NUMBERS ? 6 + NUMBERS : text_columns(numbers);
	width = columns - 1 - text_columns(row) - width - 3;
	if (width >= BAR_MIN)
		row_add_bar(row, going, width < BAR_MAX ? width : BAR_MAX);
	row_add(row, "%s", numbers);
	row_add_safe(cut, row, columns - 1);
	board->widths[board->drawn++] = text_columns(cut);
	fprintf(board->text, "%s\n", cut);
}

/* Draws as many as have room, and says how many more there are. */
static void all_draw(struct board *board, const struct progress *progress, int64_t now_ns)
{
	size_t shown = 0, more = 0, room;
	int columns, rows;

	terminal_size(board->out, &columns, &rows);
	room = rows > 4 ? (size_t)rows - 3 : 1;
	if (room > sizeof(board->widths) / sizeof(board->widths[0]) - 1)
		room = sizeof(board->widths) / sizeof(board->widths[0]) - 1;
	for (size_t i = 0; i < progress->count; i++) {
		if (!is_shown(progress, progress->going[i]))
			continue;
		if (shown < room)
			going_draw(board, progress->going[i], now_ns, columns);
		else
			more++;
		shown++;
	}
	if (more) {
		fprintf(board->text, "and %zu more\n", more);
		board->widths[board->drawn++] = 16;
	}
}

int board_draw(struct board *board, const struct progress *progress, int64_t now_ns)
{
	int64_t left_ns = board->drawn_ns + DRAW_NS - now_ns;

	if (!board->has_cursor || (!progress->count && !board->drawn))
		return -1;
	if (!board->is_changed && now_ns - board->drawn_ns < 5 * DRAW_NS)
		return (int)((board->drawn_ns + 5 * DRAW_NS - now_ns) / 1000000) + 1;
	if (left_ns > 0)
		return (int)(left_ns / 1000000) + 1;
	board_clear(board);
	all_draw(board, progress, now_ns);
	fflush(board->text);
	board->drawn_ns = now_ns;
	board->is_changed = false;
	return progress->count ? (int)(5 * DRAW_NS / 1000000) : -1;
}
