/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses the command line by the table of options. */
#include "options/options.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "options/config.h"
#include "options/table.h"

#define KEY_FIRST   256 /* of options without a letter: behind it the number of its row */
#define OPTIONS_MAX 64

/* What argp_parse() is about. */
struct parse {
	const struct command *command;
	struct options *options;
};

static int row_key(size_t row)
{
	return option_rows[row].letter ?: KEY_FIRST + (int)row;
}

static bool row_is_taken(size_t row, const struct command *command)
{
	return option_rows[row].commands & command->bit;
}

/* Returns the command's option of that key, or NULL. */
static const struct option_row *row_find(const struct command *command, int key)
{
	for (size_t i = 0; i < option_row_count; i++)
		if (row_is_taken(i, command) && row_key(i) == key)
			return &option_rows[i];
	return NULL;
}

/* Returns the command's option that getopt takes the word for, or NULL; it may be cut short. */
static const struct option_row *row_named(const struct command *command, const char *word,
					  size_t length)
{
	for (size_t i = 0; i < option_row_count; i++)
		if (row_is_taken(i, command) && !strncmp(option_rows[i].name, word, length))
			return &option_rows[i];
	return NULL;
}

/* Says which option a word that is none was probably meant to be, and exits; if there is one. */
static void option_suggest(struct argp_state *state, const struct command *command,
			   const char *word, size_t length)
{
	const char *names[OPTIONS_MAX + 2] = {"help", "usage"}, *nearest;
	char name[NEAREST_MAX + 1];
	size_t count = 2;

	for (size_t i = 0; i < option_row_count && count < OPTIONS_MAX; i++)
		if (row_is_taken(i, command) && !(option_rows[i].flags & OPTION_HIDDEN))
			names[count++] = option_rows[i].name;
	if (length > NEAREST_MAX)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)length, word);
	nearest = nearest_name(name, names, count);
	if (nearest && strncmp(nearest, name, length) != 0) /* else it is that, cut short */
		argp_error(state, "unrecognized option '--%s'; did you mean --%s?", name, nearest);
}

/* Returns whether the word is an option whose value is the next word; says what is none. */
static bool word_check(struct argp_state *state, const struct command *command, const char *word)
{
	const struct option_row *row;
	size_t length;

	if (word[0] != '-' || !word[1])
		return false;
	if (word[1] != '-') {
		row = row_find(command, word[1]);
		return row && row->metavar && !word[2];
	}
	length = strcspn(word + 2, "=");
	row = row_named(command, word + 2, length);
	if (!row)
		option_suggest(state, command, word + 2, length);
	return row && row->metavar && !(row->flags & OPTION_ARG_OPTIONAL) && !word[2 + length];
}

/* getopt says what is no option, but not what it may have been meant to be. */
static void words_check(struct argp_state *state, const struct command *command)
{
	for (int i = 1; i < state->argc && strcmp(state->argv[i], "--") != 0; i++)
		if (word_check(state, command, state->argv[i]))
			i++;
}

static void options_check(struct argp_state *state, const struct parse *parse)
{
	const struct record_options *record = &parse->options->record;
	const struct recorder_settings *recorder = &record->recorder;

	if (parse->command->bit != COMMAND_RECORD)
		return;
	if (!recorder->peer_command != !recorder->peer_output)
		argp_error(state, "--peer-command and --peer-output go together");
	if (record->keep.store && recorder->out)
		argp_error(state, "--output and --store exclude each other");
}

static error_t option_parse(int key, char *text, struct argp_state *state)
{
	const struct parse *parse = state->input;
	const struct option_row *row;

	switch (key) {
	case ARGP_KEY_INIT:
		state->name = state->argv[0]; /* argp does so later */
		words_check(state, parse->command);
		return 0;
	case ARGP_KEY_ARGS:
		parse->options->files = state->argv + state->next;
		parse->options->file_count = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_END:
		options_check(state, parse);
		return 0;
	default:
		row = row_find(parse->command, key);
		if (!row)
			return ARGP_ERR_UNKNOWN;
		if (row->parse)
			row->parse(state, text, (char *)parse->options + row->offset);
		return 0;
	}
}

/* Writes the command's options as argp has them. Returns how many. */
static size_t taken_get(const struct command *command, struct argp_option *taken)
{
	size_t count = 0;

	for (size_t i = 0; i < option_row_count && count < OPTIONS_MAX; i++) {
		const struct option_row *row = &option_rows[i];

		if (row_is_taken(i, command))
			taken[count++] = (struct argp_option){row->name,  row_key(i), row->metavar,
							      row->flags, row->help,  0};
	}
	return count;
}

void options_parse(const struct command *command, int argc, char **argv, struct options *options)
{
	struct argp_option taken[OPTIONS_MAX + 1] = {0};
	struct parse parse = {command, options};
	char doc[1024];
	struct argp argp = {
		.parser = option_parse,
		.args_doc = command->args,
		.doc = doc,
	};
	char name[32], *program;

	argv = config_argv(command, &argc, argv);
	program = argv[0];
	/* Of an empty list argp's help leaks. */
	argp.options = taken_get(command, taken) ? taken : NULL;
	/* What is behind \v comes after the options. */
	snprintf(doc, sizeof(doc), "%s%s%s", command->doc ?: "",
		 command->examples ? "\vExamples:\n" : "", command->examples ?: "");
	snprintf(name, sizeof(name), "migtrace %s", command->name);
	argv[0] = name;
	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &parse);
	argv[0] = program;
}
