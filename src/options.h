/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line asks for: one table of options for all commands. */
#ifndef MIGTRACE_OPTIONS_H
#define MIGTRACE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/figures/condition.h"
#include "probe/kernel/attach.h"
#include "probe/host/daemons.h"
#include "report/format.h"

/* The exit statuses of every command. */
enum status {
	STATUS_OK = 0,
	STATUS_FAILURE = 1,
	STATUS_USAGE = 2,
	STATUS_INCOMPLETE = 3,	 /* no or incomplete migration */
	STATUS_INCONSISTENT = 4, /* the clocks contradict each other */
	STATUS_CONDITION = 5,	 /* what --fail-if names holds */
	STATUS_WRONG = 6,	 /* one of libvirt's figures is not right */
	STATUS_LEFT = 141,	 /* who reads stdout has gone: as by SIGPIPE */
};

#define PEERS_MAX      16
#define CONDITIONS_MAX 8

/* Another host: by its name for ssh, or by a command that runs the recorder there. */
struct peer_option {
	const char *host, *command; /* one of them is NULL */
};

struct options {
	struct host_filter host;
	const char *out;     /* NULL: stdout */
	int64_t duration_ms; /* 0: until a signal */
	int64_t test_clock_offset_ns, test_clock_drift_ppb;
	enum attach_way way;
	uint32_t test_entries; /* 0: as many as it takes */
	bool test_private_stack;
	bool ask_debuginfod, explains_clock, answers, asks_stats, watches, is_verbose;
	bool test_no_returns;
	bool best_effort;      /* record also without what is vital */
	bool with_devices;     /* probes that cost more than the rest */
	const char *stats_uri; /* NULL: each daemon's own socket */
	struct peer_option peers[PEERS_MAX];
	size_t peer_count;
	const char *peer_output; /* NULL: none */
	int64_t silence_ms;	 /* 0: it may last */
	const char *record;	 /* NULL: records are not kept */
	const char *name;	 /* NULL: all */
	int64_t timeout_ms;	 /* 0: none */
	struct condition fail_if[CONDITIONS_MAX], min_downtime;
	const char *fail_if_text[CONDITIONS_MAX];
	size_t fail_if_count;
	bool has_min_downtime;
	enum format format;
	const char *uuid; /* NULL: all */
	const char *reported_source, *reported_destination;
	const char *connect; /* NULL: not */
	int64_t tolerance_ns;
	char **files;
	size_t file_count;
};

struct command {
	const char *name;
	unsigned int bit; /* the options that it takes have it, too */
	const char *args; /* for --help: what may follow the options */
	const char *doc;
	enum status (*run)(const struct options *options);
	const char *examples; /* for --help: lines of them */
};

#define NO_OPTIONS     0u
#define COMMAND_RECORD 1u
#define COMMAND_REPORT 2u
#define COMMAND_DOCTOR 4u
#define COMMAND_VERIFY 8u
#define COMMAND_SCHEMA 16u
#define COMMAND_LIVE   32u
#define COMMAND_WAIT   64u

/* Parses argv, which starts with the command's name. Exits on --help and on a wrong usage. */
void options_parse(const struct command *command, int argc, char **argv, struct options *options);

#endif
