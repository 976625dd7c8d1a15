/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line asks for: one table of options for all commands. */
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uuid/uuid.h>

#include "base/duration.h"
#include "probe/elf/fetch.h"

enum key {
	KEY_OUT = 'o',
	KEY_DURATION = 'd',
	KEY_FORMAT = 'f',
	KEY_UUID = 'u',
	KEY_VERBOSE = 'v',
	KEY_PID = 256,
	KEY_JSON,
	KEY_NETNS,
	KEY_MNTNS,
	KEY_DEBUGINFOD,
	KEY_DEVICES,
	KEY_PEER_COMMAND,
	KEY_PEER_OUTPUT,
	KEY_ANSWER,
	KEY_STATS,
	KEY_WATCH,
	KEY_TOLERANCE,
	KEY_CONNECT,
	KEY_EXPLAIN_CLOCK,
	KEY_REPORTED_SOURCE,
	KEY_REPORTED_DESTINATION,
	KEY_PEER,
	KEY_SILENCE,
	KEY_RECORD,
	KEY_NAME,
	KEY_MIN_DOWNTIME,
	KEY_TIMEOUT,
	KEY_FAIL_IF,
	KEY_TEST_CLOCK_OFFSET,
	KEY_TEST_CLOCK_DRIFT,
	KEY_TEST_ATTACH,
	KEY_TEST_NO_RETURNS,
	KEY_BEST_EFFORT,
	KEY_TEST_ENTRIES,
	KEY_TEST_PRIVATE_STACK,
};

/* The commands that record, and those that tell of what they record at once. */
#define WATCHERS  (COMMAND_LIVE | COMMAND_WAIT)
#define RECORDERS (COMMAND_RECORD | WATCHERS)

static const struct {
	unsigned int commands;
	struct argp_option option;
} table[] = {
	{COMMAND_RECORD, {"output", KEY_OUT, "FILE", 0, "Write to FILE (- or none: stdout)", 0}},
	{COMMAND_RECORD, {"duration", KEY_DURATION, "T", 0, "End after T: 90s, 500ms, 5m", 0}},
	{RECORDERS | COMMAND_DOCTOR,
	 {"pid", KEY_PID, "P", 0, "Only the daemon with process id P", 0}},
	{RECORDERS | COMMAND_DOCTOR,
	 {"netns", KEY_NETNS, "NS", 0,
	  "Only daemons in this network namespace: a path, or its inode number", 0}},
	{RECORDERS | COMMAND_DOCTOR,
	 {"mntns", KEY_MNTNS, "NS", 0,
	  "Only daemons in this mount namespace: a path, or its inode number", 0}},
	{RECORDERS | COMMAND_DOCTOR,
	 {"debuginfod", KEY_DEBUGINFOD, 0, 0, "Ask the servers in $DEBUGINFOD_URLS for debug files",
	  0}},
	{RECORDERS,
	 {"best-effort", KEY_BEST_EFFORT, 0, 0,
	  "Record also where something cannot be probed without which there is no downtime", 0}},
	{COMMAND_RECORD,
	 {"devices", KEY_DEVICES, 0, 0,
	  "Tell what each device adds to the downtime, which takes some 0.1 ms itself", 0}},
	{WATCHERS,
	 {"peer", KEY_PEER, "HOST", 0,
	  "Watch HOST, too, by `ssh HOST migtrace record`; may be given for several", 0}},
	{RECORDERS,
	 {"peer-command", KEY_PEER_COMMAND, "CMD", 0,
	  "Record on the other host, too: CMD runs `migtrace record -o - --answer` there", 0}},
	{COMMAND_RECORD,
	 {"peer-output", KEY_PEER_OUTPUT, "FILE", 0, "Where the other host's records go", 0}},
	{COMMAND_RECORD,
	 {"answer", KEY_ANSWER, 0, 0,
	  "Answer to stamps that come on stdin, and end with it: see --peer-command", 0}},
	{COMMAND_RECORD,
	 {"stats", KEY_STATS, "URI", OPTION_ARG_OPTIONAL,
	  "Ask libvirt for its own numbers when a migration ends; without URI each daemon is asked "
	  "by "
	  "its own socket",
	  0}},
	{COMMAND_RECORD,
	 {"silence", KEY_SILENCE, "T", 0, "With --answer: end when nothing comes on stdin for T",
	  0}},
	{WATCHERS,
	 {"record", KEY_RECORD, "FILE", 0, "Keep the records in FILE, those of a peer in FILE.PEER",
	  0}},
	{COMMAND_LIVE, {"duration", KEY_DURATION, "T", 0, "End after T: 90s, 500ms, 5m", 0}},
	{COMMAND_LIVE, {"uuid", KEY_UUID, "U", 0, "Only migrations of the domain U", 0}},
	{COMMAND_LIVE, {"name", KEY_NAME, "N", 0, "Only migrations of domains named N", 0}},
	{COMMAND_LIVE,
	 {"min-downtime", KEY_MIN_DOWNTIME, "T", 0,
	  "Only results whose downtime is T or longer for sure", 0}},
	{WATCHERS, {"json", KEY_JSON, 0, 0, "Print JSON Lines, errors on stderr, too", 0}},
	{COMMAND_WAIT,
	 {"timeout", KEY_TIMEOUT, "T", 0, "Give up, with exit status 3, after T: 90s, 5m", 0}},
	{COMMAND_WAIT,
	 {"fail-if", KEY_FAIL_IF, "CONDITION", 0,
	  "Exit with status 5 if it holds for sure, as downtime>500ms: downtime, downtime_net, "
	  "elapsed, elapsed_net, transfer or blackout; < <= > or >=; us, ms, s or m. May be "
	  "repeated",
	  0}},
	{RECORDERS,
	 {"test-clock-offset", KEY_TEST_CLOCK_OFFSET, "T", OPTION_HIDDEN,
	  "For tests: stamp as a clock would that is T ahead", 0}},
	{RECORDERS,
	 {"test-clock-drift", KEY_TEST_CLOCK_DRIFT, "PPM", OPTION_HIDDEN,
	  "For tests: stamp as a clock would that is PPM faster", 0}},
	{RECORDERS,
	 {"test-attach", KEY_TEST_ATTACH, "multi|perf", OPTION_HIDDEN,
	  "For tests: attach as on a new or on an old kernel", 0}},
	{RECORDERS,
	 {"test-entries", KEY_TEST_ENTRIES, "N", OPTION_HIDDEN,
	  "For tests: keep no more than N of anything in the kernel", 0}},
	{RECORDERS,
	 {"test-private-stack", KEY_TEST_PRIVATE_STACK, 0, OPTION_HIDDEN,
	  "For tests: have the kernel give a program a private stack, if it has them", 0}},
	{RECORDERS | COMMAND_DOCTOR,
	 {"test-no-returns", KEY_TEST_NO_RETURNS, 0, OPTION_HIDDEN,
	  "For tests: as on a kernel whose return probes kill", 0}},
	{COMMAND_DOCTOR, {"json", KEY_JSON, 0, 0, "Print JSON", 0}},
	{COMMAND_DOCTOR,
	 {"verbose", KEY_VERBOSE, 0, 0, "Print also what libbpf and the kernel's verifier say", 0}},
	{COMMAND_RECORD,
	 {"json", KEY_JSON, 0, 0, "Print errors as JSON Lines, too, as records always are", 0}},
	{COMMAND_REPORT,
	 {"format", KEY_FORMAT, "F", 0, "text (the default), json, html, perfetto, csv or virsh",
	  0}},
	{COMMAND_VERIFY, {"format", KEY_FORMAT, "F", 0, "text (the default), json or junit", 0}},
	{COMMAND_VERIFY,
	 {"watch", KEY_WATCH, 0, 0,
	  "Follow recordings that are being written, and judge each migration when it is over", 0}},
	{COMMAND_VERIFY,
	 {"tolerance", KEY_TOLERANCE, "T", 0,
	  "Let libvirt's numbers be off by T: 5ms; never less than their rounding", 0}},
	{COMMAND_VERIFY,
	 {"connect", KEY_CONNECT, "URI", 0,
	  "Judge what the libvirt at URI says now of the last job of DOMAIN, the first argument",
	  0}},
	{COMMAND_REPORT | COMMAND_VERIFY,
	 {"uuid", KEY_UUID, "U", 0, "Only migrations of the domain U", 0}},
	{COMMAND_REPORT,
	 {"explain-clock", KEY_EXPLAIN_CLOCK, 0, 0, "Tell which messages bound the clocks", 0}},
	{COMMAND_REPORT | COMMAND_VERIFY,
	 {"reported-source", KEY_REPORTED_SOURCE, "FILE", 0,
	  "What `virsh domjobinfo --completed --rawstats` printed on the source", 0}},
	{COMMAND_REPORT | COMMAND_VERIFY,
	 {"reported-destination", KEY_REPORTED_DESTINATION, "FILE", 0,
	  "The same of the destination", 0}},
};

#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

/* Returns the time in ns, or exits. Takes a sign where signed_ok; no unit means seconds. */
static int64_t time_parse(struct argp_state *state, const char *text, int signed_ok)
{
	int64_t ns;

	if (!duration_parse(text, "s", &ns) || (!signed_ok && ns < 1000000))
		argp_error(state, "%s: no time like 90s, 500ms or 5m", text);
	return ns;
}

/* Returns the rate in parts per 10^9, or exits. */
static int64_t ppm_parse(struct argp_state *state, const char *text)
{
	char *end;
	double ppm = strtod(text, &end);

	if (end == text || *end || !(ppm > -1e5 && ppm < 1e5))
		argp_error(state, "%s: no rate in ppm", text);
	return (int64_t)(ppm * 1e3);
}

static uint32_t number_parse(struct argp_state *state, const char *text, const char *what)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || !value || value > UINT32_MAX)
		argp_error(state, "%s: no %s", text, what);
	return (uint32_t)value;
}

/* A namespace is named by a path like /run/netns/a or /proc/1/ns/net, or by its inode number. */
static uint32_t namespace_parse(struct argp_state *state, const char *text)
{
	struct stat st;

	if (!strchr(text, '/'))
		return number_parse(state, text, "namespace");
	if (stat(text, &st))
		argp_failure(state, STATUS_FAILURE, errno, "%s", text);
	return (uint32_t)st.st_ino;
}

static void host_set(struct argp_state *state, struct options *options, enum mt_filter kind,
		     uint32_t id)
{
	if (options->host.kind != MT_FILTER_NONE)
		argp_error(state, "--pid, --netns and --mntns exclude each other");
	options->host = (struct host_filter){kind, id};
}

static void uuid_check(struct argp_state *state, const char *text)
{
	uuid_t uuid;

	if (uuid_parse(text, uuid))
		argp_error(state, "%s: no UUID", text);
}

/* A host's name goes to ssh: it must not be taken for an option. */
static void peer_add(struct argp_state *state, struct options *options, const char *host,
		     const char *command)
{
	if (options->peer_count == PEERS_MAX)
		argp_error(state, "not more than %d peers", PEERS_MAX);
	if (host && (!*host || *host == '-'))
		argp_error(state, "%s: no host", host);
	options->peers[options->peer_count++] = (struct peer_option){host, command};
}

static void condition_add(struct argp_state *state, struct options *options, const char *text)
{
	if (options->fail_if_count == CONDITIONS_MAX)
		argp_error(state, "not more than %d conditions", CONDITIONS_MAX);
	if (!condition_parse(text, &options->fail_if[options->fail_if_count]))
		argp_error(state, "%s: no condition like 'downtime>500ms': see --help", text);
	options->fail_if_text[options->fail_if_count++] = text;
}

static bool is_recording(const struct argp_state *state)
{
	return !strcmp(state->name, "migtrace record");
}

static enum format format_parse(struct argp_state *state, const char *text)
{
	for (int format = 0; format < FORMATS; format++)
		if (!strcmp(text, report_formats[format].name))
			return (enum format)format;
	argp_error(state, "%s: no format; see --help", text);
	return FORMAT_TEXT;
}

static error_t option_parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_OUT:
		options->out = strcmp(arg, "-") ? arg : NULL;
		break;
	case KEY_DURATION:
		options->duration_ms = time_parse(state, arg, 0) / 1000000;
		break;
	case KEY_PID:
		host_set(state, options, MT_FILTER_TGID, number_parse(state, arg, "process id"));
		break;
	case KEY_NETNS:
		host_set(state, options, MT_FILTER_NETNS, namespace_parse(state, arg));
		break;
	case KEY_MNTNS:
		host_set(state, options, MT_FILTER_MNTNS, namespace_parse(state, arg));
		break;
	case KEY_TEST_CLOCK_OFFSET:
		options->test_clock_offset_ns = time_parse(state, arg, 1);
		break;
	case KEY_TEST_CLOCK_DRIFT:
		options->test_clock_drift_ppb = ppm_parse(state, arg);
		break;
	case KEY_TEST_ATTACH:
		options->way = strcmp(arg, "perf") ? ATTACH_MULTI : ATTACH_PERF;
		break;
	case KEY_TEST_ENTRIES:
		options->test_entries = number_parse(state, arg, "number of entries");
		break;
	case KEY_TEST_PRIVATE_STACK:
		options->test_private_stack = true;
		break;
	case KEY_TEST_NO_RETURNS:
		options->test_no_returns = true;
		break;
	case KEY_FORMAT:
		options->format = format_parse(state, arg);
		break;
	case KEY_JSON:
		options->format = FORMAT_JSON;
		break;
	case KEY_UUID:
		uuid_check(state, arg);
		options->uuid = arg;
		break;
	case KEY_DEBUGINFOD:
		if (fetch_missing())
			argp_error(state, "--debuginfod: %s", fetch_missing());
		options->ask_debuginfod = true;
		break;
	case KEY_VERBOSE:
		options->is_verbose = true;
		break;
	case KEY_BEST_EFFORT:
		options->best_effort = true;
		break;
	case KEY_DEVICES:
		options->with_devices = true;
		break;
	case KEY_PEER:
	case KEY_PEER_COMMAND:
		peer_add(state, options, key == KEY_PEER ? arg : NULL,
			 key == KEY_PEER ? NULL : arg);
		break;
	case KEY_SILENCE:
		options->silence_ms = time_parse(state, arg, 0) / 1000000;
		break;
	case KEY_RECORD:
		options->record = arg;
		break;
	case KEY_NAME:
		options->name = arg;
		break;
	case KEY_MIN_DOWNTIME:
		options->has_min_downtime = true;
		options->min_downtime = (struct condition){FIGURE_DOWNTIME, CONDITION_AT_LEAST,
							   time_parse(state, arg, 0)};
		break;
	case KEY_TIMEOUT:
		options->timeout_ms = time_parse(state, arg, 0) / 1000000;
		break;
	case KEY_FAIL_IF:
		condition_add(state, options, arg);
		break;
	case KEY_PEER_OUTPUT:
		options->peer_output = arg;
		break;
	case KEY_ANSWER:
		options->answers = true;
		break;
	case ARGP_KEY_END:
		if (is_recording(state) && !options->peer_count != !options->peer_output)
			argp_error(state, "--peer-command and --peer-output go together");
		if (is_recording(state) && options->peer_count > 1)
			argp_error(state, "record takes one --peer-command; live takes several");
		break;
	case KEY_WATCH:
		options->watches = true;
		break;
	case KEY_TOLERANCE:
		options->tolerance_ns = time_parse(state, arg, 0);
		break;
	case KEY_CONNECT:
		options->connect = arg;
		break;
	case KEY_STATS:
		options->asks_stats = true;
		options->stats_uri = arg;
		break;
	case KEY_EXPLAIN_CLOCK:
		options->explains_clock = true;
		break;
	case KEY_REPORTED_SOURCE:
		options->reported_source = arg;
		break;
	case KEY_REPORTED_DESTINATION:
		options->reported_destination = arg;
		break;
	case ARGP_KEY_ARGS:
		options->files = state->argv + state->next;
		options->file_count = (size_t)(state->argc - state->next);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

void options_parse(const struct command *command, int argc, char **argv, struct options *options)
{
	struct argp_option taken[TABLE_COUNT + 1] = {0};
	char doc[1024];
	struct argp argp = {
		.parser = option_parse,
		.args_doc = command->args,
		.doc = doc,
	};
	char name[32], *program = argv[0];
	size_t count = 0;

	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (table[i].commands & command->bit)
			taken[count++] = table[i].option;
	argp.options = count ? taken : NULL; /* of an empty list argp's help leaks */
	/* What is behind \v comes after the options. */
	snprintf(doc, sizeof(doc), "%s%s%s", command->doc, command->examples ? "\vExamples:\n" : "",
		 command->examples ?: "");
	snprintf(name, sizeof(name), "migtrace %s", command->name);
	argv[0] = name;
	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, options);
	argv[0] = program;
}
