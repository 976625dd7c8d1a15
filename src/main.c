/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace: the table of its commands. */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/commands.h"
#include "report/errors.h"
#include "report/terminal.h"
#include "sandbox/privileges.h"
#include "version.h"

static const struct command commands[] = {
	{"live", COMMAND_LIVE, "",
	 "Watch live migrations on this host and its peers: a row for each when it begins and when "
	 "it is over. This is what migtrace does where no command is named.",
	 cmd_live,
	 "migtrace\n"
	 "migtrace --peer root@host-b --record all.jsonl\n"
	 "migtrace --json --min-downtime 500ms\n"
	 "migtrace --peer-command 'ssh host-b sudo migtrace record -o - --answer'"},
	{"wait", COMMAND_WAIT, "DOMAIN",
	 "Wait until the next migration of the domain, named by its name or UUID, is over; print "
	 "its result.",
	 cmd_wait,
	 "migtrace wait web1 --timeout 10m --fail-if 'downtime>500ms'\n"
	 "migtrace wait web1 --peer host-b --fail-if 'elapsed>=2m'"},
	{"record", COMMAND_RECORD, "",
	 "Record what libvirt's daemons on this host do for live migrations, until a signal.",
	 cmd_record,
	 "migtrace record -o $(hostname).jsonl\n"
	 "migtrace record -o a.jsonl --duration 10m"},
	{"report", COMMAND_REPORT, "FILE...",
	 "Report the migrations in recordings of any number of hosts, in any order.", cmd_report,
	 "migtrace report a.jsonl b.jsonl\n"
	 "migtrace report --format json a.jsonl b.jsonl | jq .downtime"},
	{"verify", COMMAND_VERIFY, "[DOMAIN] FILE...",
	 "Judge libvirt's own numbers of the migrations in recordings, field by field.", cmd_verify,
	 "migtrace verify a.jsonl b.jsonl\n"
	 "migtrace verify --connect qemu:///system web1 a.jsonl b.jsonl"},
	{"doctor", COMMAND_DOCTOR, "[FILE...]",
	 "Tell what can be probed on this host, or in these files of libvirt or QEMU, in which "
	 "way, "
	 "what cannot and what that costs.",
	 cmd_doctor,
	 "migtrace doctor\n"
	 "migtrace doctor /usr/lib/x86_64-linux-gnu/libvirt.so.0"},
	{"schema", COMMAND_SCHEMA, "[NAME]",
	 "Print the JSON Schema of all that migtrace writes as JSON, or of what says "
	 "\"migtrace.NAME/1\" there.",
	 cmd_schema,
	 "migtrace schema >migtrace.schema.json\n"
	 "migtrace schema record"},
};

#define USAGE_COLUMNS 79
#define USAGE_INDENT  11
#define COMMANDS      (sizeof(commands) / sizeof(commands[0]))

/* Prints the words so that no line is longer than a terminal; lines after the first are indented.
 */
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
		fprintf(out, "  %-*s", USAGE_INDENT - 2, commands[i].name);
		print_wrapped(out, commands[i].doc);
	}
	fprintf(out, "\n`migtrace COMMAND --help` tells the options.\n");
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
	fprintf(stderr, "migtrace: cannot write to stdout: %s\n", strerror(-err));
	return STATUS_FAILURE;
}

static enum status command_run(const struct command *command, int argc, char **argv)
{
	struct options options = {0};

	/* Before they are parsed: what is wrong with them is an error, too. */
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "--json") && errors_as_json())
			return STATUS_FAILURE;
	options_parse(command, argc, argv, &options);
	return output_end(command->run(&options));
}

int main(int argc, char **argv)
{
	if (privileges_begin())
		return STATUS_FAILURE;
	setlocale(LC_CTYPE, "");
	errors_guard();
	for (size_t i = 0; argc > 1 && i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		return command_run(&commands[i], argc - 1, argv + 1);
	}
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		usage(stdout);
		return output_end(STATUS_OK);
	}
	if (argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
		printf("migtrace " MIGTRACE_VERSION "\n");
		return output_end(STATUS_OK);
	}
	if (argc < 2 || argv[1][0] == '-')
		return command_run(&commands[0], argc, argv);
	if (argc > 1)
		fprintf(stderr, "migtrace: %s: no such command\n", argv[1]);
	usage(stderr);
	return STATUS_USAGE;
}
