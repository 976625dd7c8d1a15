/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the output terminal supports: cursor, colour, UTF-8. */
#include "report/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/memory.h"

struct terminal terminal_of(FILE *out)
{
	const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
	bool has_cursor = isatty(fileno(out)) && term && *term && strcmp(term, "dumb") != 0;

	return (struct terminal){
		.has_cursor = has_cursor,
		.has_colour = has_cursor && !(no_colour && *no_colour),
		.has_utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
	};
}

void terminal_size(FILE *out, int *columns, int *rows)
{
	struct winsize size = {0};

	if (ioctl(fileno(out), TIOCGWINSZ, &size))
		size = (struct winsize){0};
	*columns = size.ws_col ? size.ws_col : 80;
	*rows = size.ws_row ? size.ws_row : 24;
}

/* A stream whose characters are replaced where the locale has them not. */
struct text {
	FILE *out;
	char bytes[4]; /* of a character that is not whole yet */
	size_t count;
	size_t wider; /* columns that replacements took, to be made up for at the next blanks */
	char before;
};

/* What reports are made of; names have any others. */
static const struct {
	const char *utf8, *ascii;
} replacements[] = {{"±", "+-"}, {"█", "#"}, {"▇", "*"}, {"▆", "+"}, {"▅", "="},
		    {"▄", "-"},	 {"▃", ","}, {"▂", "."}, {"▁", "_"}};

static void character_put(struct text *text)
{
	for (size_t i = 0; i < sizeof(replacements) / sizeof(replacements[0]); i++) {
		const char *utf8 = replacements[i].utf8, *ascii = replacements[i].ascii;

		if (strlen(utf8) != text->count || memcmp(utf8, text->bytes, text->count) != 0)
			continue;
		fputs(ascii, text->out);
		text->wider += strlen(ascii) - 1;
		return;
	}
	fputc('?', text->out);
}

static size_t character_size(unsigned char first)
{
	if (first >= 0xf0)
		return 4;
	return first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

static void byte_put(struct text *text, char byte)
{
	if (!(byte & 0x80)) {
		text->count = 0;
		if (byte == ' ' && text->before == ' ' && text->wider)
			text->wider--;
		else
			fputc(byte, text->out);
		if (byte == '\n')
			text->wider = 0;
	} else {
		text->bytes[text->count++] = byte;
		if (text->count >= character_size((unsigned char)text->bytes[0])) {
			character_put(text);
			text->count = 0;
		}
	}
	text->before = byte;
}

/* Returns how many bytes from here on go through as they are: of most texts all. */
static size_t plain_size(const struct text *text, const char *bytes, size_t size)
{
	size_t plain = 0;

	while (!text->wider && plain < size && !(bytes[plain] & 0x80))
		plain++;
	return plain;
}

static ssize_t text_write(void *cookie, const char *bytes, size_t size)
{
	struct text *text = cookie;

	for (size_t i = 0, plain; i < size; i += plain ?: 1) {
		plain = plain_size(text, bytes + i, size - i);
		if (plain) {
			fwrite(bytes + i, 1, plain, text->out);
			text->count = 0;
			text->before = bytes[i + plain - 1];
		} else {
			byte_put(text, bytes[i]);
		}
	}
	return fflush(text->out) || ferror(text->out) ? 0 : (ssize_t)size;
}

static int text_free(void *cookie)
{
	free(cookie);
	return 0;
}

FILE *text_open(FILE *out)
{
	struct text *text;

	if (terminal_of(out).has_utf8)
		return out;
	text = memory_needed(calloc(1, sizeof(*text)));
	text->out = out;
	return memory_needed(fopencookie(
		text, "w", (cookie_io_functions_t){.write = text_write, .close = text_free}));
}

void text_close(FILE *text, FILE *out)
{
	if (text != out)
		fclose(text);
	fflush(out);
}

int output_error(FILE *out)
{
	if (fflush(out))
		return -errno;
	if (!ferror(out))
		return 0;
	/* The stream has forgotten why, and what it could not write: another byte tells. */
	fputc('\n', out);
	return fflush(out) ? -errno : -EIO;
}
