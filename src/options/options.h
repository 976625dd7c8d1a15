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
	bool is_check; /* of the options: nothing is recorded */
};

/* live and wait */
struct live_options {
	struct recorder_settings recorder;
	struct live_settings live;
};

/* What is read from recordings, and how it is printed. */
struct reading {
	enum format format;
	const char *uuid;     /* NULL: all */
	const char *addition; /* a file whose sides are wanted only beside another's; NULL: none */
	const char *store;    /* NULL: the host's */
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
	bool is_metrics;
	bool is_pair; /* what follows the options are two hosts */
};

struct last_options {
	struct report_options report;
	const char *peer; /* NULL: none */
};

struct export_options {
	struct reading reading;
	const char *out;      /* NULL: stdout */
	const char *overlaps; /* NULL: all */
	bool is_anonymous;
};

struct verify_options {
	struct reading reading;
	const char *connect; /* NULL: not */
	int64_t tolerance_ns;
	bool watches;
};

/* One of a fleet's hosts. */
struct ship_options {
	const char *url;
	const char *store; /* NULL: the host's */
	const char *key;
	const char *host; /* NULL: as the kernel calls it */
	const char *ca, *certificate, *certificate_key, *credentials;
	bool is_once;
};

/* Who takes what they ship. */
struct collect_options {
	const char *listen, *data, *database; /* NULL: what is usual */
	const char *certificate, *certificate_key;
	const char *traces; /* NULL: sent nowhere */
	struct {
		const char *servers; /* NULL: no bus */
		const char *stream;  /* NULL: what is usual */
		const char *ca, *certificate, *certificate_key, *credentials;
		uint32_t replicas; /* 0: one */
	} nats;
	int64_t expire_ms, age_ms; /* 0: what is usual */
	bool is_init, is_replay;   /* of what follows the options */
};

struct doctor_options {
	struct probe_settings probe;
	const char *store; /* NULL: the host's */
	bool is_verbose, is_json, fix_hints;
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
		struct ship_options ship;
		struct collect_options collect;
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
#define COMMAND_SHIP	8192u
#define COMMAND_COLLECT 16384u

/*
 * Parses argv, which starts with the command's name, into options, which are {0}. Exits on --help
 * and on a wrong usage.
 */
void options_parse(const struct command *command, int argc, char **argv, struct options *options);

#endif
