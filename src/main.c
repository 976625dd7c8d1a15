/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace: the table of its commands. */
#include <stdio.h>
#include <string.h>

#include "cmd/commands.h"

static const struct command commands[] = {
	{"record", COMMAND_RECORD, "",
	 "Record what libvirt's daemons on this host do for live migrations, until a signal.",
	 cmd_record},
	{"report", COMMAND_REPORT, "FILE...",
	 "Report the migrations in recordings of any number of hosts, in any order.", cmd_report},
	{"verify", COMMAND_VERIFY, "[DOMAIN] FILE...",
	 "Judge libvirt's own numbers of the migrations in recordings, field by field.",
	 cmd_verify},
	{"doctor", COMMAND_DOCTOR, "[FILE...]",
	 "Tell what can be probed on this host, or in these files of libvirt or QEMU, in which "
	 "way, "
	 "what cannot and what that costs.",
	 cmd_doctor},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fprintf(out, "Usage: migtrace COMMAND [OPTION...] [FILE...]\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].doc);
	fprintf(out, "\n`migtrace COMMAND --help` tells the options.\n");
}

int main(int argc, char **argv)
{
	struct options options = {0};

	for (size_t i = 0; argc > 1 && i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		options_parse(&commands[i], argc - 1, argv + 1, &options);
		return commands[i].run(&options);
	}
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		usage(stdout);
		return STATUS_OK;
	}
	if (argc > 1)
		fprintf(stderr, "migtrace: %s: no such command\n", argv[1]);
	usage(stderr);
	return STATUS_USAGE;
}
