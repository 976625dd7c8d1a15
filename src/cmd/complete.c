/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a shell may complete a command line with: all of it from the tables of commands and options.
 */
#include "cmd/complete.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cmd/complete_kept.h"
#include "core/account/finding.h"
#include "core/figures/figures.h"
#include "options/options.h"
#include "options/table.h"
#include "schema/schema.h"
#include "store/store.h"

/* The line as far as it is typed. */
struct line {
	const struct command *commands, *command; /* all, and the one that it is of */
	size_t command_count;
	unsigned int elsewhere; /* bits of those that another program has */
	char **words;		/* behind the command's name; the last one is to be completed */
	size_t count;
};

/* Returns the value of that option, as far as it is typed before the last word, or NULL. */
static const char *value_of(const struct line *line, const char *option)
{
	size_t length = strlen(option);

	for (size_t i = 0; i + 1 < line->count; i++) {
		const char *word = line->words[i];

		if (strncmp(word, option, length) != 0)
			continue;
		if (word[length] == '=')
			return word + length + 1;
		if (!word[length])
			return line->words[i + 1];
	}
	return NULL;
}

/* Prints one that begins with what is typed; the prefix and the text make it. */
static void offer(const char *typed, const char *prefix, const char *text, const char *what)
{
	size_t length = strlen(prefix);

	if (strncmp(typed, prefix, strnlen(typed, length)) != 0)
		return;
	if (strlen(typed) > length && strncmp(typed + length, text, strlen(typed) - length) != 0)
		return;
	printf("%s%s\t%s\n", prefix, text, what);
}

static void offer_formats(const struct line *line, const char *typed)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (line->command->bit == COMMAND_VERIFY ? !!report_formats[i].verify
							 : !!report_formats[i].one)
			offer(typed, "", report_formats[i].name, "");
}

static void offer_figures(const struct line *line, const char *typed)
{
	(void)line;
	for (size_t i = 0; i < FIGURES; i++)
		offer(typed, "", figure_name(i), "");
}

static void offer_findings(const struct line *line, const char *typed)
{
	const struct finding *finding;

	(void)line;
	for (size_t i = 0; (finding = finding_at(i)); i++) {
		offer(typed, "", finding->code, finding->text);
		offer(typed, "", finding->name, finding->text);
	}
}

static void offer_schemas(const struct line *line, const char *typed)
{
	struct json_object *names = schema_names();

	(void)line;
	json_object_object_foreach(names, name, nothing)
	{
		(void)nothing;
		offer(typed, "", name, "");
	}
	json_object_put(names);
}

static void offer_commands(const struct line *line, const char *typed)
{
	for (size_t i = 0; i < line->command_count; i++)
		if ((line->commands[i].run || line->commands[i].bit & line->elsewhere) &&
		    line->commands[i].doc)
			offer(typed, "", line->commands[i].name, line->commands[i].doc);
}

static void offer_uris(const struct line *line, const char *typed)
{
	(void)line;
	offer(typed, "", "qemu:///system", "the host's own libvirt");
	offer(typed, "", "qemu:///session", "the user's own libvirt");
}

static void kept_offer(void *typed, const char *text, const char *what)
{
	offer(typed, "", text, what);
}

static void offer_kept(const struct line *line, enum kept kept, const char *typed)
{
	kept_each(value_of(line, "--store") ?: STORE_PATH, kept, kept_offer, (char *)typed);
}

static void offer_ids(const struct line *line, const char *typed)
{
	offer_kept(line, KEPT_IDS, typed);
}

#define OF_WHAT_WAS (COMMAND_LIST | COMMAND_LAST | COMMAND_HISTORY)

/* Of what was, those that there are now say nothing. */
static void offer_domains(const struct line *line, const char *typed)
{
	if (!(line->command->bit & OF_WHAT_WAS))
		printf("@domain\n");
	else
		offer_kept(line, value_of(line, "--pair") ? KEPT_HOSTS : KEPT_DOMAINS, typed);
}

/* What stands for a value in --help, and what that can be. Others cannot be guessed. */
static const struct {
	const char *metavar;
	const char *asked; /* of the shell */
	void (*offer)(const struct line *line, const char *typed);
} kinds[] = {
	{"FILE", "@file", NULL},
	{"DIR", "@directory", NULL},
	{"NS", "@file", NULL},
	{"DOMAIN", NULL, offer_domains},
	{"U", "@uuid", NULL},
	{"HOST", "@host", NULL},
	{"ID", NULL, offer_ids},
	{"B", "@file", NULL},
	{"B", NULL, offer_ids},
	{"F", NULL, offer_formats},
	{"CODE", NULL, offer_findings},
	{"NAME", NULL, offer_schemas},
	{"COMMAND", NULL, offer_commands},
	{"URI", NULL, offer_uris},
	{"CONDITION", NULL, offer_figures},
};

static void offer_values(const struct line *line, const char *metavar, size_t length,
			 const char *typed)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].metavar) != length ||
		    strncmp(kinds[i].metavar, metavar, length) != 0)
			continue;
		if (kinds[i].asked)
			printf("%s\n", kinds[i].asked);
		else
			kinds[i].offer(line, typed);
	}
}

static bool is_taken(const struct line *line, const struct option_row *row)
{
	return (row->commands & line->command->bit) && !(row->flags & OPTION_HIDDEN) &&
	       line->command->run;
}

static void offer_options(const struct line *line, const char *typed)
{
	for (size_t i = 0; i < option_row_count; i++)
		if (is_taken(line, &option_rows[i]))
			offer(typed, "--", option_rows[i].name, option_rows[i].help);
	offer(typed, "--", "help", "Print this command's help");
}

static const struct option_row *option_lettered(const struct line *line, char letter)
{
	for (size_t i = 0; i < option_row_count; i++)
		if (is_taken(line, &option_rows[i]) && option_rows[i].letter == letter)
			return &option_rows[i];
	return NULL;
}

/* Returns the command's option of that word, which may have a value behind it, or NULL. */
static const struct option_row *option_of(const struct line *line, const char *word)
{
	const struct option_row *row;

	if (strncmp(word, "--", 2) != 0)
		return word[1] && !word[2] ? option_lettered(line, word[1]) : NULL;
	row = option_row_named(line->command->bit, word + 2, strcspn(word + 2, "="));
	return row && is_taken(line, row) ? row : NULL;
}

/* Returns the option whose value the word behind this one is, or NULL. */
static const struct option_row *option_open(const struct line *line, const char *word)
{
	const struct option_row *row = word[0] == '-' && word[1] ? option_of(line, word) : NULL;

	return row && row->metavar && !(row->flags & OPTION_ARG_OPTIONAL) && !strchr(word, '=')
		       ? row
		       : NULL;
}

/* Of each of them: A|B. */
static void offer_alternatives(const struct line *line, const char *metavars, size_t length,
			       const char *typed)
{
	for (size_t at = 0; at < length; at++) {
		size_t one = strcspn(metavars + at, "|");

		one = one < length - at ? one : length - at;
		offer_values(line, metavars + at, one, typed);
		at += one;
	}
}

/* By what the command's help says of its arguments: [A] B... takes an A or B first, then Bs. */
static void offer_arguments(const struct line *line, size_t place, const char *typed)
{
	const char *args = line->command->run ? line->command->args : "";

	while (*args) {
		const char *word = args + (*args == '[');
		size_t length = strcspn(word, ".] "), whole = strcspn(args, " ");
		bool repeats = memmem(args, whole, "...", 3), may_lack = *args == '[';

		args += whole + strspn(args + whole, " ");
		if (place && !repeats) {
			place--;
			continue;
		}
		offer_alternatives(line, word, length, typed);
		if (repeats || !may_lack)
			return;
	}
}

static void line_complete(const struct line *line)
{
	const char *last = line->words[line->count - 1];
	const struct option_row *open = NULL;
	bool are_arguments = false; /* by a -- */
	size_t place = 0;

	for (size_t i = 0; i + 1 < line->count; i++) {
		const char *word = line->words[i];

		if (open) {
			open = NULL;
		} else if (!are_arguments && word[0] == '-' && word[1]) {
			are_arguments = !strcmp(word, "--");
			open = option_open(line, word);
		} else {
			place++;
		}
	}
	if (open) {
		offer_values(line, open->metavar, strlen(open->metavar), last);
	} else if (are_arguments || last[0] != '-') {
		offer_arguments(line, place, last);
	} else if (!strchr(last, '=')) {
		offer_options(line, last);
	} else if ((open = option_of(line, last)) && open->metavar) {
		offer_values(line, open->metavar, strlen(open->metavar), strchr(last, '=') + 1);
	}
}

void complete(const struct command *commands, size_t count, unsigned int elsewhere, char **words,
	      size_t word_count)
{
	char *nothing = (char[]){""};
	struct line line = {
		commands,	commands, count, elsewhere, word_count ? words : &nothing,
		word_count ?: 1};

	if (line.count == 1) {
		offer_commands(&line, line.words[0]);
		if (line.words[0][0] == '-')
			offer(line.words[0], "--", "version", "Print the version");
	} else if (line.words[0][0] != '-') {
		line.command = NULL;
		for (size_t i = 0; i < count && !line.command; i++)
			if (!strcmp(commands[i].name, line.words[0]))
				line.command = &commands[i];
		line.words++;
		line.count--;
	}
	if (line.command)
		line_complete(&line);
}
