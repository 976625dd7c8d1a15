/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options: who takes each, how its value is read, and where that goes. */
#include "options/table.h"

#include <argp.h>
#include <string.h>

#include "options/options.h"

/* The commands that record, and those that report at once what they record. */
#define WATCHERS  (COMMAND_LIVE | COMMAND_WAIT)
#define RECORDERS (COMMAND_RECORD | WATCHERS)
#define READERS                                                                                    \
	(COMMAND_REPORT | COMMAND_VERIFY | COMMAND_LIST | COMMAND_LAST | COMMAND_DIFF |            \
	 COMMAND_HISTORY | COMMAND_EXPORT | COMMAND_IMPORT)

#define AT(member) offsetof(struct options, member)

/* What commands share is at one place in the configuration of each, so that one row serves all. */
_Static_assert(AT(live.recorder) == AT(record.recorder), "row of RECORDERS");
_Static_assert(AT(doctor.probe) == AT(record.recorder.probe), "row of RECORDERS | COMMAND_DOCTOR");
_Static_assert(AT(verify.reading) == AT(report.reading), "row of READERS");
_Static_assert(AT(list.reading) == AT(report.reading), "row of READERS");
_Static_assert(AT(import.reading) == AT(report.reading), "row of READERS");
_Static_assert(AT(export.reading) == AT(report.reading), "row of READERS");
_Static_assert(AT(last.report) == AT(report), "row of COMMAND_REPORT | COMMAND_LAST");

const struct option_row option_rows[] = {
	{COMMAND_RECORD, "output", 'o', "FILE", 0, "Write to FILE (- or none: stdout)",
	 output_parse, AT(record.recorder.out)},
	{COMMAND_RECORD, "config", 0, "FILE", 0,
	 "Read options from FILE, and from FILE.d/*.conf: a line `name = value` each", NULL, 0},
	{COMMAND_RECORD, "store", 0, "DIR", 0,
	 "Keep each migration in the store DIR, for `migtrace list` and `last`", text_parse,
	 AT(record.keep.store)},
	{COMMAND_RECORD, "max-size", 0, "BYTES", 0,
	 "Keep at most so much in the store (64M), the newest", bytes_parse,
	 AT(record.keep.limits.bytes)},
	{COMMAND_RECORD, "max-age", 0, "T", 0, "Keep migrations in the store for T (90d)",
	 duration_ms_parse, AT(record.keep.limits.age_ms)},
	{COMMAND_RECORD | COMMAND_LIVE, "duration", 'd', "T", 0,
	 "Exit after T, e.g. 90s, 500ms or 5m", duration_ms_parse, AT(record.recorder.duration_ms)},
	{RECORDERS | COMMAND_DOCTOR, "pid", 0, "P", 0, "Trace only the daemon with process id P",
	 pid_parse, AT(record.recorder.probe.host)},
	{RECORDERS | COMMAND_DOCTOR, "netns", 0, "NS", 0,
	 "Trace only daemons in this network namespace: a path, or its inode number", netns_parse,
	 AT(record.recorder.probe.host)},
	{RECORDERS | COMMAND_DOCTOR, "mntns", 0, "NS", 0,
	 "Trace only daemons in this mount namespace: a path, or its inode number", mntns_parse,
	 AT(record.recorder.probe.host)},
	{RECORDERS | COMMAND_DOCTOR, "debuginfod", 0, NULL, 0,
	 "Ask the servers in $DEBUGINFOD_URLS for debug files", debuginfod_parse,
	 AT(record.recorder.probe.ask_debuginfod)},
	{RECORDERS, "best-effort", 0, NULL, 0,
	 "Record even where a probe that the downtime needs cannot be attached", flag_parse,
	 AT(record.recorder.best_effort)},
	{COMMAND_RECORD, "devices", 0, NULL, 0,
	 "Record each device's save and load time (adds about 0.1 ms to the downtime)", flag_parse,
	 AT(record.recorder.with_devices)},
	{WATCHERS, "peer", 0, "HOST", 0,
	 "Trace HOST, too, by `ssh HOST migtrace record`; may be repeated", peer_add,
	 AT(live.live)},
	{WATCHERS, "peer-command", 0, "CMD", 0,
	 "Trace another host, too: CMD runs `migtrace record -o - --answer` there",
	 peer_command_add, AT(live.live)},
	{COMMAND_RECORD, "peer-command", 0, "CMD", 0,
	 "Trace another host, too: CMD runs `migtrace record -o - --answer` there",
	 peer_command_parse, AT(record.recorder.peer_command)},
	{COMMAND_RECORD, "peer-output", 0, "FILE", 0, "Write the other host's records to FILE",
	 text_parse, AT(record.recorder.peer_output)},
	{COMMAND_RECORD, "answer", 0, NULL, 0,
	 "Reply to clock queries on stdin, and exit at its end (used by --peer-command)",
	 flag_parse, AT(record.recorder.answers)},
	{COMMAND_RECORD, "stats", 0, "URI", OPTION_ARG_OPTIONAL,
	 "Query libvirt's own statistics when a migration ends; the default for URI is each "
	 "daemon's own socket",
	 stats_parse, AT(record.recorder.stats)},
	{COMMAND_RECORD, "silence", 0, "T", 0,
	 "With --answer: exit when no query has come on stdin for T", duration_ms_parse,
	 AT(record.recorder.silence_ms)},
	{WATCHERS, "record", 0, "FILE", 0,
	 "Write the records to FILE, those of a peer to FILE.PEER", text_parse,
	 AT(live.live.record)},
	{COMMAND_LIVE, "uuid", 'u', "U", 0, "Only migrations of the domain with UUID U",
	 uuid_text_parse, AT(live.live.uuid)},
	{COMMAND_LIVE, "name", 0, "DOMAIN", 0, "Only migrations of domains named DOMAIN",
	 text_parse, AT(live.live.name)},
	{COMMAND_LIVE, "min-downtime", 0, "T", 0,
	 "Only migrations with a proven downtime of at least T", duration_ns_parse,
	 AT(live.live.min_downtime_ns)},
	{WATCHERS, "json", 0, NULL, 0, "Print JSON Lines, also for errors (on stderr)", flag_parse,
	 AT(live.live.is_json)},
	{COMMAND_WAIT, "timeout", 0, "T", 0, "Exit with status 3 after T, e.g. 90s or 5m",
	 duration_ms_parse, AT(live.live.timeout_ms)},
	{COMMAND_WAIT, "fail-if", 0, "CONDITION", 0,
	 "Exit with status 5 if CONDITION is proven, e.g. downtime>500ms. Figures: downtime, "
	 "downtime_net, elapsed, elapsed_net, transfer, blackout; operators: < <= > >=; units: us "
	 "ms s m h d. May be repeated",
	 condition_add, AT(live.live.fail_if)},
	{RECORDERS, "test-clock-offset", 0, "T", OPTION_HIDDEN,
	 "For tests: time stamps of a clock that is T ahead", offset_ns_parse,
	 AT(record.recorder.test_clock_offset_ns)},
	{RECORDERS, "test-clock-drift", 0, "PPM", OPTION_HIDDEN,
	 "For tests: time stamps of a clock that is PPM faster", ppb_parse,
	 AT(record.recorder.test_clock_drift_ppb)},
	{RECORDERS, "test-attach", 0, "multi|perf", OPTION_HIDDEN,
	 "For tests: attach as on a new or on an old kernel", way_parse, AT(record.recorder.way)},
	{RECORDERS, "test-entries", 0, "N", OPTION_HIDDEN,
	 "For tests: keep no more than N of anything in the kernel", entries_parse,
	 AT(record.recorder.test_entries)},
	{RECORDERS, "test-sites", 0, "N", OPTION_HIDDEN,
	 "For tests: no more than N places to probe", entries_parse,
	 AT(record.recorder.test_sites)},
	{RECORDERS, "test-private-stack", 0, NULL, OPTION_HIDDEN,
	 "For tests: have the kernel give a program a private stack, if it has them", flag_parse,
	 AT(record.recorder.test_private_stack)},
	{RECORDERS | COMMAND_DOCTOR, "test-no-returns", 0, NULL, OPTION_HIDDEN,
	 "For tests: as on a kernel whose return probes kill", flag_parse,
	 AT(record.recorder.probe.test_no_returns)},
	{COMMAND_DOCTOR, "json", 0, NULL, 0, "Print JSON", flag_parse, AT(doctor.is_json)},
	{COMMAND_DOCTOR, "verbose", 'v', NULL, 0,
	 "Also print the messages of libbpf and the kernel's verifier", flag_parse,
	 AT(doctor.is_verbose)},
	{COMMAND_RECORD, "json", 0, NULL, 0, "Print errors as JSON Lines (records always are)",
	 NULL, 0},
	{READERS, "store", 0, "DIR", 0, "The store (" STORE_PATH ")", text_parse,
	 AT(report.reading.store)},
	{COMMAND_IMPORT, "max-size", 0, "BYTES", 0,
	 "Keep at most so much in the store (64M), the newest", bytes_parse,
	 AT(import.limits.bytes)},
	{COMMAND_IMPORT, "max-age", 0, "T", 0, "Keep migrations in the store for T (90d)",
	 duration_ms_parse, AT(import.limits.age_ms)},
	{COMMAND_LIST | COMMAND_HISTORY, "since", 0, "TIME", 0,
	 "Only migrations that ended after TIME: 2h, 7d (ago), 2026-11-26 or 2026-11-26T20:30, in "
	 "UTC",
	 instant_parse, AT(list.since_ns)},
	{COMMAND_LIST, "worse-than", 0, "CONDITION", 0,
	 "Only migrations for which CONDITION is proven, e.g. downtime>500ms. May be repeated",
	 condition_add, AT(list.worse)},
	{COMMAND_LIST, "json", 0, NULL, 0, "Print JSON Lines", flag_parse, AT(list.is_json)},
	{COMMAND_LAST, "peer", 0, "HOST", 0,
	 "Fetch the other half from the store of HOST, by `ssh HOST migtrace export`", text_parse,
	 AT(last.peer)},
	{COMMAND_EXPORT, "output", 'o', "FILE", 0, "Write to FILE (- or none: stdout)",
	 output_parse, AT(export.out)},
	{COMMAND_EXPORT, "overlaps", 0, "FROM,TO", OPTION_HIDDEN,
	 "For last --peer: those that ran then, seconds of the wall clock", text_parse,
	 AT(export.overlaps)},
	{COMMAND_REPORT | COMMAND_LAST, "format", 'f', "F", 0,
	 "text (the default), json, html, perfetto, csv or virsh", format_parse,
	 AT(report.reading.format)},
	{COMMAND_VERIFY, "format", 'f', "F", 0, "text (the default), json or junit", format_parse,
	 AT(report.reading.format)},
	{COMMAND_VERIFY, "watch", 0, NULL, 0,
	 "Follow recordings that are being written; judge each migration when it ends", flag_parse,
	 AT(verify.watches)},
	{COMMAND_VERIFY, "tolerance", 0, "T", 0,
	 "Accept a difference of T, e.g. 5ms; never less than libvirt's rounding",
	 duration_ns_parse, AT(verify.tolerance_ns)},
	{COMMAND_VERIFY, "connect", 0, "URI", 0,
	 "Judge what libvirt at URI reports now of the last job of DOMAIN, the first argument",
	 text_parse, AT(verify.connect)},
	{COMMAND_REPORT | COMMAND_VERIFY | COMMAND_EXPORT, "uuid", 'u', "U", 0,
	 "Only migrations of the domain with UUID U", uuid_text_parse, AT(report.reading.uuid)},
	{COMMAND_REPORT | COMMAND_LAST, "explain-clock", 0, NULL, 0,
	 "Print which messages bound the clocks' offset", flag_parse, AT(report.explains_clock)},
	{COMMAND_REPORT | COMMAND_VERIFY, "reported-source", 0, "FILE", 0,
	 "Output of `virsh domjobinfo --completed --rawstats` on the source", text_parse,
	 AT(report.reading.reported[ROLE_SOURCE])},
	{COMMAND_REPORT | COMMAND_VERIFY, "reported-destination", 0, "FILE", 0,
	 "Output of `virsh domjobinfo --completed --rawstats` on the destination", text_parse,
	 AT(report.reading.reported[ROLE_DESTINATION])},
};

const size_t option_row_count = sizeof(option_rows) / sizeof(option_rows[0]);

const struct option_row *option_row_named(unsigned int commands, const char *name, size_t length)
{
	for (size_t i = 0; i < option_row_count; i++) {
		const struct option_row *row = &option_rows[i];

		if (row->commands & commands && strlen(row->name) == length &&
		    !strncmp(row->name, name, length))
			return row;
	}
	return NULL;
}
