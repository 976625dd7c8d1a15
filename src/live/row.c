/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of what live shows, while it is put together. */
#include "live/row.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "report/duration.h"

void row_add(char *row, const char *format, ...)
{
	size_t used = strlen(row);
	va_list args;

	va_start(args, format);
	vsnprintf(row + used, ROW - used, format, args);
	va_end(args);
}

void row_add_safe(char *row, const char *text, int columns)
{
	size_t used = strlen(row);
	int taken = 0;

	for (size_t size; *text && taken < columns; text += size, taken++) {
		bool is_shown = text_step(text, &size);
		size_t shown = is_shown ? size : 1;

		if (used + shown >= ROW)
			break;
		memcpy(row + used, is_shown ? text : "?", shown);
		used += shown;
	}
	row[used] = '\0';
}

void row_add_duration(char *row, const char *before, const struct quantity *quantity)
{
	char text[DURATION_TEXT];

	duration_format(quantity, text, sizeof(text));
	row_add(row, "%s%s", before, text);
}

void row_pad(char *row, int columns)
{
	row_add(row, "%*s", columns > text_columns(row) ? columns - text_columns(row) : 0, "");
}

void row_begin(char *row, int64_t real_ns, const char *name, const char *uuid)
{
	time_t seconds = real_ns / 1000000000;
	struct tm tm;

	row[0] = '\0';
	if (localtime_r(&seconds, &tm))
		row_add(row, "%02d:%02d:%02d  ", tm.tm_hour, tm.tm_min, tm.tm_sec);
	row_add_safe(row, name[0] ? name : uuid, NAME_WIDTH);
	row_pad(row, 10 + NAME_WIDTH + 1);
}
