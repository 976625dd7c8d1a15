/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace: the table of its commands. */
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/nearest.h"
#include "base/version.h"
#include "cmd/commands.h"
#include "cmd/complete.h"
#include "options/options.h"
#include "report/terminal.h"
#include "sandbox/privileges.h"

/* A program that only reads recordings is linked without these (make report): they are NULL there.
 */
#pragma weak cmd_live
#pragma weak cmd_wait
#pragma weak cmd_record
#pragma weak cmd_import
#pragma weak cmd_doctor
/* These are in a program of their own, with the libraries that a fleet takes (make fleet). */
#pragma weak cmd_ship
#pragma weak cmd_collect
#pragma weak cmd_judge

static enum status cmd_help(const struct options *options);
static enum status cmd_version(const struct options *options);
static enum status cmd_complete(const struct options *options);

static const struct command commands[] = {
	{"live", COMMAND_LIVE, "",
	 "Watch live migrations on this host and its peers: print a line when one starts, its "
	 "progress, and its result when it ends. This is the default command.",
	 cmd_live,
	 "migtrace\n"
	 "migtrace --peer root@host-b --record all.jsonl\n"
	 "migtrace --json --min-downtime 500ms\n"
	 "migtrace --peer-command 'ssh host-b sudo migtrace record -o - --answer'"},
	{"wait", COMMAND_WAIT, "DOMAIN|ID [ID]...",
	 "Wait until the next migration of DOMAIN (a name or UUID) ends, and print its result. "
	 "Instead of DOMAIN, ids or files of migrations that are over may be given.",
	 cmd_wait,
	 "migtrace wait web1 --timeout 10m --fail-if 'downtime>500ms'\n"
	 "migtrace wait web1 --peer host-b --fail-if 'elapsed>=2m'\n"
	 "migtrace wait 20261126T203105-7993455c-src --fail-if 'downtime>500ms'"},
	{"record", COMMAND_RECORD, "",
	 "Record what this host's libvirt and QEMU do during live migrations, until a signal.",
	 cmd_record,
	 "migtrace record -o $(hostname).jsonl\n"
	 "migtrace record -o a.jsonl --duration 10m"},
	{"report", COMMAND_REPORT, "FILE|ID...",
	 "Report the migrations in the recordings of any number of hosts, in any order, or those "
	 "of "
	 "the store that are named by their ids.",
	 cmd_report,
	 "migtrace report a.jsonl b.jsonl\n"
	 "migtrace report --format json a.jsonl b.jsonl | jq .downtime"},
	{"verify", COMMAND_VERIFY, "[DOMAIN] FILE|ID...",
	 "Check libvirt's own statistics of the migrations in recordings, field by field.",
	 cmd_verify,
	 "migtrace verify a.jsonl b.jsonl\n"
	 "migtrace verify --connect qemu:///system web1 a.jsonl b.jsonl"},
	{"list", COMMAND_LIST, "[DOMAIN]",
	 "List the migrations that this host's service has kept, a row for each host's half.",
	 cmd_list,
	 "migtrace list --since 1d\n"
	 "migtrace list web1 --worse-than 'downtime>500ms'"},
	{"last", COMMAND_LAST, "[DOMAIN]",
	 "Report the last migration, of DOMAIN or of any, that the service has kept.", cmd_last,
	 "migtrace last web1\n"
	 "migtrace last web1 --peer root@host-b"},
	{"diff", COMMAND_DIFF, "[A] B",
	 "Show what changed from one migration to another, as far as their bounds prove it. Each "
	 "is "
	 "an id or a file, or both halves with a comma between them. Without A, B is compared with "
	 "what was usual between its hosts before it.",
	 cmd_diff,
	 "migtrace diff 20261119T020001-7993455c-src 20261126T020002-7993455c-src\n"
	 "migtrace diff 20261126T020002-7993455c-src\n"
	 "migtrace diff old-a.jsonl,old-b.jsonl new-a.jsonl,new-b.jsonl"},
	{"history", COMMAND_HISTORY, "[DOMAIN]",
	 "Show what is usual for the migrations of DOMAIN, between the hosts A and B, or for all, "
	 "in "
	 "the store, and when that changed.",
	 cmd_history,
	 "migtrace history web1 --since 90d\n"
	 "migtrace history --pair host-a host-b"},
	{"import", COMMAND_IMPORT, "FILE...",
	 "Put the migrations in recordings into the store, as the service does.", cmd_import,
	 "migtrace import *.jsonl"},
	{"export", COMMAND_EXPORT, "ID...",
	 "Write migrations of the store into one recording, packed by gzip, to hand over.",
	 cmd_export,
	 "migtrace export 20261126T203105-7993455c-src >one.jsonl.gz\n"
	 "migtrace export --anonymous 20261126T203105-7993455c-src >for-the-bug-report.jsonl.gz"},
	{"ship", COMMAND_SHIP, "",
	 "Send the migrations that this host's service keeps to a collector, as they end.",
	 cmd_ship,
	 "migtrace ship --to https://collector:9470 --key /etc/migtrace.key\n"
	 "migtrace ship --to http://127.0.0.1:9470 --key host-a.key --once"},
	{"collect", COMMAND_COLLECT, "[HOST|DIR...]",
	 "Collect the migrations of many hosts: both halves of each, its report, metrics and a "
	 "page.",
	 cmd_collect,
	 "migtrace collect --init host-a host-b\n"
	 "migtrace collect\n"
	 "migtrace collect --replay stores/*\n"
	 "migtrace collect --listen 0.0.0.0:9470 --cert tls.pem --database postgresql:///migtrace"},
	{"explain", NO_OPTIONS, "[CODE]",
	 "Explain a finding of a report: what it means, by what it is found, what helps. Without "
	 "CODE, list all findings.",
	 cmd_explain,
	 "migtrace explain MT025\n"
	 "migtrace explain slow-disk"},
	{"doctor", COMMAND_DOCTOR, "[FILE...]",
	 "Show what can be probed on this host, or in these files of libvirt or QEMU, and by which "
	 "method; what cannot, and which figures that costs.",
	 cmd_doctor,
	 "migtrace doctor\n"
	 "migtrace doctor /usr/lib/x86_64-linux-gnu/libvirt.so.0"},
	{"schema", COMMAND_SCHEMA, "[NAME]",
	 "Print the JSON Schema of everything that migtrace writes as JSON, or of the document "
	 "\"migtrace.NAME/1\" alone.",
	 cmd_schema,
	 "migtrace schema >migtrace.schema.json\n"
	 "migtrace schema record"},
	{"help", NO_OPTIONS, "[COMMAND]", "List the commands, or the options of COMMAND.", cmd_help,
	 "migtrace help\n"
	 "migtrace help wait"},
	{"version", NO_OPTIONS, "", "Print the version, and the commit that it was built from.",
	 cmd_version, "migtrace version"},
	{"judge", NO_OPTIONS, "", NULL, cmd_judge, NULL},
	{"complete", NO_OPTIONS, "-- WORD...", NULL, cmd_complete, NULL},
};

/* Other spellings of two commands, as first word. */
static const struct {
	const char *word, *command;
} aliases[] = {
	{"--help", "help"},
	{"-h", "help"},
	{"--version", "version"},
	{"-V", "version"},
};

#define USAGE_COLUMNS 79
#define USAGE_INDENT  11
#define COMMANDS      (sizeof(commands) / sizeof(commands[0]))
#define ALIASES	      (sizeof(aliases) / sizeof(aliases[0]))

/* Prints the words in lines no longer than a terminal's; those after the first are indented. */
static void print_wrapped(FILE *out, const char *text)
{
	int column = USAGE_INDENT;

	while (*text) {
		int length = (int)strcspn(text, " ");

		if (column > USAGE_INDENT && column + 1 + length > USAGE_COLUMNS) {
			fprintf(out, "\n%*s", USAGE_INDENT, "");
			column = USAGE_INDENT;
		}
		column += fprintf(out, "%s%.*s", column > USAGE_INDENT ? " " : "", length, text);
		text += length + strspn(text + length, " ");
	}
	fprintf(out, "\n");
}

static void usage(FILE *out)
{
	fprintf(out, "Usage: migtrace [COMMAND] [OPTION...] [FILE...]\n\n");
	for (size_t i = 0; i < COMMANDS; i++) {
		if (!commands[i].run || !commands[i].doc)
			continue;
		fprintf(out, "  %-*s", USAGE_INDENT - 2, commands[i].name);
		print_wrapped(out, commands[i].doc);
	}
	fprintf(out, "\n`migtrace help COMMAND` lists its options.\n");
	if (!cmd_ship)
		fprintf(out, "Of many hosts: `migtrace help ship` and `migtrace help collect`.\n");
}

/*
 * What could not be written is told here, whichever command it was. A reader that has had enough
 * ends us as it ends others: those that record had ignored the signal, to end in an orderly way.
 */
static enum status output_end(enum status status)
{
	int err = output_error(stdout);

	if (err == -EPIPE || status == STATUS_LEFT) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
		return STATUS_LEFT;
	}
	if (!err)
		return status;
	diag("cannot write to stdout: %s", strerror(-err));
	return STATUS_FAILURE;
}

/* Returns the command of that name, or NULL. */
static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ALIASES; i++)
		if (!strcmp(name, aliases[i].word))
			name = aliases[i].command;
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

static enum status command_unknown(const char *name)
{
	const char *names[COMMANDS], *nearest;
	size_t count = 0;

	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].doc)
			names[count++] = commands[i].name;
	nearest = nearest_name(name, names, count);
	diag("%s: no such command%s%s%s", name, nearest ? "; did you mean " : "", nearest ?: "",
	     nearest ? "?" : "");
	fprintf(stderr, "Try `migtrace help' for more information.\n");
	return STATUS_USAGE;
}

#define COMMANDS_OF_FLEET (COMMAND_SHIP | COMMAND_COLLECT)

/* Writes where the program for fleets is: in the folder of this one. Returns whether it is there.
 */
static bool fleet_find(char path[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - sizeof("-fleet"));

	if (length <= 0)
		return false;
	strcpy(path + length, "-fleet");
	return !access(path, X_OK);
}

/* Runs it in our place; argv has room for its name before the words. */
static void fleet_run(char **argv)
{
	char path[PATH_MAX];

	if (!fleet_find(path))
		return;
	argv[0] = path;
	execve(path, argv, privileges_environment());
}

static enum status command_absent(const struct command *command, char **argv)
{
	if (command->bit & COMMANDS_OF_FLEET) {
		fleet_run(argv);
		diag("%s: there is no migtrace-fleet beside this program: install the package "
		     "migtrace-fleet, or build it: make fleet",
		     command->name);
		return STATUS_USAGE;
	}
	diag("%s: this build only reads recordings: install the package migtrace", command->name);
	return STATUS_USAGE;
}

static enum status argument_extra(const char *argument)
{
	diag("%s: unexpected argument", argument);
	return STATUS_USAGE;
}

static enum status cmd_help(const struct options *options)
{
	const struct command *command;
	struct options ignored = {0};

	if (!options->file_count) {
		usage(stdout);
		return STATUS_OK;
	}
	if (options->file_count > 1)
		return argument_extra(options->files[1]);
	command = command_find(options->files[0]);
	if (!command)
		return command_unknown(options->files[0]);
	if (!command->run)
		return command_absent(command,
				      (char *[]){NULL, (char[]){"help"}, options->files[0], NULL});
	options_parse(command, 2, (char *[]){options->files[0], (char[]){"--help"}, NULL},
		      &ignored);
	return STATUS_OK; /* not reached: --help ends the program */
}

static enum status cmd_version(const struct options *options)
{
	if (options->file_count)
		return argument_extra(options->files[0]);
	printf("%s\n", version_text());
	return STATUS_OK;
}

/* The program for fleets completes what is typed of its commands, where it is there. */
static void fleet_complete(const struct options *options)
{
	const struct command *command =
		options->file_count > 1 ? command_find(options->files[0]) : NULL;
	char **argv;

	if (!command || command->run || !(command->bit & COMMANDS_OF_FLEET))
		return;
	argv = calloc(options->file_count + 4, sizeof(*argv));
	if (!argv)
		return;
	argv[1] = (char[]){"complete"};
	argv[2] = (char[]){"--"};
	memcpy(argv + 3, options->files, options->file_count * sizeof(*argv));
	fleet_run(argv);
	free(argv);
}

static enum status cmd_complete(const struct options *options)
{
	char path[PATH_MAX];
	unsigned int elsewhere = !cmd_ship && fleet_find(path) ? COMMANDS_OF_FLEET : 0;

	fleet_complete(options);
	complete(commands, COMMANDS, elsewhere, options->files, options->file_count);
	return STATUS_OK;
}

/* Before argv there is the program's name. */
static enum status command_run(const struct command *command, int argc, char **argv)
{
	struct options options = {0};

	if (!command->run)
		return command_absent(command, argv - 1);
	options_parse(command, argc, argv, &options);
	return output_end(command->run(&options));
}

int main(int argc, char **argv)
{
	const struct command *command = &commands[0];

	if (privileges_begin())
		return STATUS_FAILURE;
	setlocale(LC_CTYPE, "");
	diag_guard();
	/* Before anything is parsed: a wrong command or option is an error, too. */
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "--json") && diag_as_json())
			return STATUS_FAILURE;
	if (argc > 1 && command_find(argv[1])) {
		command = command_find(argv[1]);
		argc--;
		argv++;
	} else if (argc > 1 && argv[1][0] != '-') {
		return command_unknown(argv[1]);
	}
	return command_run(command, argc, argv);
}
