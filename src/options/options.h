/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line asks for: for each command the configuration of its engine. */
#ifndef MIGTRACE_OPTIONS_OPTIONS_H
#define MIGTRACE_OPTIONS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "live/settings.h"
#include "recorder/settings.h"
#include "report/format.h"
#include "store/store.h"

struct record_options {
	struct recorder_settings recorder;
	struct {
		const char *store; /* NULL: none */
		struct store_limits limits;
	} keep;
};

/* live and wait */
struct live_options {
	struct recorder_settings recorder;
	struct live_settings live;
};

/* What is read from recordings, and how it is printed. */
struct reading {
	enum format format;
	const char *uuid;	 /* NULL: all */
	const char *store;	 /* NULL: the host's */
	const char *reported[2]; /* files with libvirt's numbers, by enum role; NULL: none */
};

struct report_options {
	struct reading reading;
	bool explains_clock;
};

struct import_options {
	struct reading reading;
	struct store_limits limits;
};

struct list_options {
	struct reading reading;
	int64_t since_ns;
	struct conditions worse;
	bool is_json;
};

struct last_options {
	struct report_options report;
	const char *peer; /* NULL: none */
};

struct export_options {
	struct reading reading;
	const char *out;      /* NULL: stdout */
	const char *overlaps; /* NULL: all */
};

struct verify_options {
	struct reading reading;
	const char *connect; /* NULL: not */
	int64_t tolerance_ns;
	bool watches;
};

struct doctor_options {
	struct probe_settings probe;
	bool is_verbose, is_json;
};

/* Of the union the command's own is set. */
struct options {
	char **files; /* what follows the options */
	size_t file_count;
	union {
		struct record_options record;
		struct live_options live;
		struct report_options report;
		struct verify_options verify;
		struct doctor_options doctor;
		struct import_options import;
		struct list_options list;
		struct last_options last;
		struct export_options export;
	};
};

struct command {
	const char *name;
	unsigned int bit; /* the options that it takes have it, too */
	const char *args; /* for --help: what may follow the options */
	const char *doc;  /* NULL: it is for other programs, and not listed */
	enum status (*run)(const struct options *options);
	const char *examples; /* for --help: lines of them */
};

#define NO_OPTIONS	0u
#define COMMAND_RECORD	1u
#define COMMAND_REPORT	2u
#define COMMAND_DOCTOR	4u
#define COMMAND_VERIFY	8u
#define COMMAND_SCHEMA	16u
#define COMMAND_LIVE	32u
#define COMMAND_WAIT	64u
#define COMMAND_LIST	128u
#define COMMAND_LAST	256u
#define COMMAND_EXPORT	512u
#define COMMAND_IMPORT	1024u
#define COMMAND_DIFF	2048u
#define COMMAND_HISTORY 4096u

/*
 * Parses argv, which starts with the command's name, into options, which are {0}. Exits on --help
 * and on a wrong usage.
 */
void options_parse(const struct command *command, int argc, char **argv, struct options *options);

#endif
