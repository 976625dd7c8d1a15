/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An error message of libvirt or QEMU as it may be recorded: one line, and nothing secret in it. */
#include "record/message.h"

#include <stdbool.h>
#include <string.h>

#define HIDDEN	 "..."
#define KEY_LEN	 20 /* of base64: 15 bytes */
#define HEX_LEN	 32
#define TIME_LEN 20 /* of QEMU's log: 2026-11-25T03:43:53 and more, up to a Z and a blank */

/* What a value's name ends with that nobody else may read. */
static const char *const secret_names[] = {"password", "passwd", "passphrase", "pass",
					   "secret",   "key",	 "data",       "token",
					   "auth",     "psk",	 "pin"};

struct line {
	char *text;
	size_t len;
	bool hides; /* the next word is the value of what is named so */
};

static void add(struct line *line, const char *text, size_t len)
{
	size_t room = MT_TEXT - 1 - line->len;

	if (len > room)
		len = room;
	memcpy(line->text + line->len, text, len);
	line->len += len;
	line->text[line->len] = '\0';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_between(char c, char first, char last)
{
	return c >= first && c <= last;
}

/* Words end at what stands between names, values and texts; "=" and ":" belong to them. */
static bool ends_word(char c)
{
	return !c || is_blank(c) || strchr("\n,;'\"()[]", c);
}

/* Whether it is one of random bytes: digits and both cases mixed, or many digits of base 16. */
static bool is_key(const char *word, size_t len)
{
	size_t end = len && strchr(".:", word[len - 1]) ? 1 : 0; /* of a sentence */
	size_t digits = 0, lower = 0, upper = 0, hex = 0, others = 0;

	for (size_t i = 0; i < len - end; i++) {
		digits += is_between(word[i], '0', '9');
		lower += is_between(word[i], 'a', 'z');
		upper += is_between(word[i], 'A', 'Z');
		hex += is_between(word[i], '0', '9') || is_between(word[i], 'a', 'f') ||
		       is_between(word[i], 'A', 'F');
		others += !is_between(word[i], '0', '9') && !is_between(word[i], 'a', 'z') &&
			  !is_between(word[i], 'A', 'Z') && !strchr("+/=", word[i]);
	}
	if (hex == len - end && hex >= HEX_LEN)
		return true;
	return !others && len >= KEY_LEN && word[0] != '/' && digits && lower && upper;
}

static bool names_secret(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(secret_names) / sizeof(secret_names[0]); i++) {
		size_t size = strlen(secret_names[i]);

		if (size <= len && !strncasecmp(name + len - size, secret_names[i], size))
			return true;
	}
	return false;
}

/* Adds a word: of NAME=VALUE, and of SCHEME://WHO@HOST, without what may be secret. */
static void add_word(struct line *line, const char *word, size_t len)
{
	const char *equals = memchr(word, '=', len), *at = memrchr(word, '@', len);
	const char *slashes = memmem(word, len, "://", 3);
	bool hides = line->hides;

	line->hides = (word[len - 1] == '=' || word[len - 1] == ':') && names_secret(word, len - 1);
	if (hides) {
		add(line, HIDDEN, strlen(HIDDEN));
	} else if (line->hides) {
		add(line, word, len);
	} else if (equals && names_secret(word, (size_t)(equals - word))) {
		add(line, word, (size_t)(equals - word) + 1);
		add(line, HIDDEN, strlen(HIDDEN));
	} else if (slashes && at > slashes) {
		add(line, word, (size_t)(slashes - word) + 3);
		add(line, HIDDEN, strlen(HIDDEN));
		add(line, at, (size_t)(word + len - at));
	} else if (is_key(word, len) ||
		   (equals && is_key(equals + 1, (size_t)(word + len - equals) - 1))) {
		add(line, word, equals ? (size_t)(equals - word) + 1 : 0);
		add(line, HIDDEN, strlen(HIDDEN));
	} else {
		add(line, word, len);
	}
}

/* Returns what follows the time of day that the text begins with, or the text. */
static const char *behind_time(const char *text)
{
	size_t len = strcspn(text, "Z \n");

	if (len < TIME_LEN - 1 || strncmp(text + len, "Z ", 2) || text[4] != '-' || text[10] != 'T')
		return text;
	return text + len + 2;
}

static size_t word_len(const char *at)
{
	size_t len = 0;

	while (!ends_word(at[len]) && at[len] != '{' && at[len] != '<')
		len++;
	return len;
}

/* Takes what stands between words. Returns what follows it. */
static const char *take_between(struct line *line, const char *at)
{
	if (*at != '\n') {
		add(line, is_blank(*at) ? " " : at, 1);
		return at + 1;
	}
	at += strspn(at, "\n\r \t");
	if (*at)
		add(line, "; ", 2);
	return behind_time(at);
}

size_t message_clean(const char *message, char text[static MT_TEXT])
{
	struct line line = {.text = text};
	const char *at = behind_time(message);

	text[0] = '\0';
	while (*at && *at != '{' && *at != '<' && line.len < MT_TEXT - 1) {
		size_t len = word_len(at);

		if (len)
			add_word(&line, at, len);
		at = len ? at + len : take_between(&line, at);
	}
	if (*at == '{' || *at == '<')
		add(&line, HIDDEN, strlen(HIDDEN));
	return line.len;
}
