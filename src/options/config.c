/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that stand in files: for a service, which has no command line to be changed. */
#include "options/config.h"

#include <argp.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "options/table.h"
#include "sandbox/user_file.h"

#define BLANKS	  " \t\r\n"
#define WORDS_MAX 256
#define NAME	  "config"

/* The command line as it grows. */
struct words {
	const struct command *command;
	const char *file; /* that is read */
	size_t line;
	char *word[WORDS_MAX + 1];
	int count;
};

static _Noreturn void fail(const struct words *words, const char *what, const char *why)
{
	if (words->line)
		diag("%s:%zu: %s: %s", words->file, words->line, what, why);
	else
		diag("%s: %s", what, why);
	exit(STATUS_USAGE);
}

static void word_add(struct words *words, char *word)
{
	if (!word || words->count == WORDS_MAX)
		fail(words, words->file, word ? "too many options" : strerror(ENOMEM));
	words->word[words->count++] = word;
}

/* Returns the text without the blanks around it, which are cut off. */
static char *trimmed(char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len && strchr(BLANKS, text[len - 1]))
		text[--len] = '\0';
	return text;
}

static const struct option_row *row_of(const struct words *words, const char *key)
{
	return option_row_named(words->command->bit, key, strlen(key));
}

/* An option that takes no value is there, or is not: yes or no. */
static void option_add(struct words *words, const char *key, const char *value)
{
	const struct option_row *row = row_of(words, key);
	char *word = NULL;

	if (!row || !strcmp(key, NAME))
		fail(words, key, "no such option");
	if (!row->metavar && !strcmp(value, "no"))
		return;
	if (!row->metavar && strcmp(value, "yes") != 0)
		fail(words, key, "yes or no");
	if (row->metavar && !*value && !(row->flags & OPTION_ARG_OPTIONAL))
		fail(words, key, "needs a value");
	if (row->metavar && *value ? asprintf(&word, "--%s=%s", key, value) < 0
				   : asprintf(&word, "--%s", key) < 0)
		word = NULL;
	word_add(words, word);
}

static void line_take(struct words *words, char *line)
{
	char *key = trimmed(line), *value = strchr(key, '=');

	if (!*key || *key == '#' || *key == ';' || *key == '[')
		return;
	if (!value)
		fail(words, key, "no KEY = VALUE");
	*value++ = '\0';
	option_add(words, trimmed(key), trimmed(value));
}

static void file_take(struct words *words, const char *path)
{
	FILE *file = user_file_stream(path, "r");
	size_t size = 0;
	char *line = NULL;

	words->line = 0;
	words->file = path;
	if (!file)
		fail(words, path, strerror(errno));
	while (getline(&line, &size, file) > 0) {
		words->line++;
		line_take(words, line);
	}
	if (ferror(file)) {
		words->line = 0;
		fail(words, path, strerror(errno));
	}
	free(line);
	fclose(file);
}

static void files_take(struct words *words, const char *path)
{
	glob_t more = {0};
	char *pattern;

	file_take(words, path);
	if (asprintf(&pattern, "%s.d/*.conf", path) < 0)
		fail(words, path, strerror(ENOMEM));
	if (!glob(pattern, 0, NULL, &more))
		for (size_t i = 0; i < more.gl_pathc; i++)
			file_take(words, more.gl_pathv[i]);
	globfree(&more);
	free(pattern);
}

/* Returns the value of the last one that there is, or NULL. */
static const char *path_of(int argc, char **argv)
{
	const char *path = NULL;
	size_t len = strlen("--" NAME);

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strncmp(argv[i], "--" NAME, len) != 0)
			continue;
		if (argv[i][len] == '=')
			path = argv[i] + len + 1;
		else if (!argv[i][len] && i + 1 < argc)
			path = argv[++i];
	}
	return path;
}

char **config_argv(const struct command *command, int *argc, char **argv)
{
	static struct words words; /* as long as the process */
	const char *path = path_of(*argc, argv);

	if (!path)
		return argv;
	words.command = command;
	words.file = path;
	if (!row_of(&words, NAME))
		return argv; /* which is told where the options are parsed */
	word_add(&words, argv[0]);
	files_take(&words, path);
	for (int i = 1; i < *argc; i++)
		word_add(&words, argv[i]);
	*argc = words.count;
	return words.word;
}
