/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of what a recording's lines are, and what an event's line holds. */
#include "record/kinds.h"

#include <string.h>

#define MEMBER(m)  offsetof(struct mt_event, m), sizeof(((struct mt_event *)0)->m)
#define ARG(n)	   MEMBER(arg[n])
#define ADDRESS(n) offsetof(struct mt_event, arg[n]), 16
/* Numbers of a migration that have no argument of their own: of its kind nothing else is there. */
#define INFO_DOWNTIME_LIMIT MEMBER(cookie_hash)
#define INFO_DIRTY_PAGES    MEMBER(cookie_len)
#define INFO_PASSES	    MEMBER(call_len)
#define KIND(kind)	    (UINT64_C(1) << (kind))
#define ENTER		    (1u << MT_ENTER)
#define RETURN		    (1u << MT_RETURN)
#define ANY		    (ENTER | RETURN)

#define PHASES                                                                                     \
	(KIND(MT_BEGIN) | KIND(MT_PREPARE) | KIND(MT_PERFORM) | KIND(MT_RUN) | KIND(MT_FINISH) |   \
	 KIND(MT_CONFIRM) | KIND(MT_COMPLETE))
#define CPUS		(KIND(MT_START_CPUS) | KIND(MT_STOP_CPUS))
#define RETURNS_INT	(KIND(MT_PREPARE) | KIND(MT_PERFORM) | KIND(MT_RUN) | KIND(MT_CONFIRM) | CPUS)
#define RETURNS_POINTER (KIND(MT_BEGIN) | KIND(MT_FINISH))
#define TAKES_COOKIE	(KIND(MT_FINISH) | KIND(MT_PREPARE))
#define RPC_REPLIES	(KIND(MT_RPC_CLIENT_RECEIVE) | KIND(MT_RPC_SERVER_SEND))
#define RPC		(KIND(MT_RPC_CLIENT_SEND) | RPC_REPLIES)
#define COMMANDS	(KIND(MT_MONITOR_SEND) | KIND(MT_MONITOR_REPLY))
#define INFO		KIND(MT_MIGRATION_INFO)
#define MONITOR		(COMMANDS | INFO | KIND(MT_MONITOR_EVENT) | KIND(MT_MONITOR_CLOSE))
#define STEP		KIND(MT_QEMU_STEP)
#define QEMU                                                                                       \
	(KIND(MT_QEMU_RUN_STATE) | KIND(MT_QEMU_MIGRATION_STATE) | KIND(MT_QEMU_SHUT) | PINGS |    \
	 STEP)
#define PINGS	 (KIND(MT_QEMU_PING) | KIND(MT_QEMU_PONG))
#define TCP	 KIND(MT_TCP_STATE)
#define COOKIES	 (KIND(MT_COOKIE_FORMAT) | KIND(MT_COOKIE_STATISTICS))
#define RECORDED (TCP | PHASES | CPUS | COOKIES | KIND(MT_SET_STATE) | MONITOR | RPC | QEMU)

static const char *const record_kinds[RECORD_KINDS] = {
	[RECORD_HEADER] = "header",	[RECORD_TARGET] = "target", [RECORD_DAEMON] = "daemon",
	[RECORD_CLOCK] = "clock",	[RECORD_EVENT] = "event",   [RECORD_STATS] = "stats",
	[RECORD_EXCHANGE] = "exchange", [RECORD_GONE] = "gone",	    [RECORD_END] = "end",
};

static const char *const kinds[MT_KINDS] = {
	[MT_BEGIN] = "begin",
	[MT_PREPARE] = "prepare",
	[MT_PERFORM] = "perform",
	[MT_RUN] = "run",
	[MT_FINISH] = "finish",
	[MT_CONFIRM] = "confirm",
	[MT_COMPLETE] = "complete",
	[MT_STOP_CPUS] = "stop-cpus",
	[MT_START_CPUS] = "start-cpus",
	[MT_COOKIE_FORMAT] = "cookie-format",
	[MT_MONITOR_SEND] = "monitor-send",
	[MT_MONITOR_EVENT] = "monitor-event",
	[MT_MONITOR_CLOSE] = "monitor-close",
	[MT_RPC_CLIENT_SEND] = "rpc-client-send",
	[MT_RPC_CLIENT_RECEIVE] = "rpc-client-receive",
	[MT_RPC_SERVER_SEND] = "rpc-server-send",
	[MT_SET_STATE] = "set-state",
	[MT_QEMU_RUN_STATE] = "qemu-run-state",
	[MT_QEMU_MIGRATION_STATE] = "qemu-migration-state",
	[MT_QEMU_PING] = "qemu-ping",
	[MT_QEMU_PONG] = "qemu-pong",
	[MT_QEMU_SHUT] = "qemu-shut",
	[MT_TCP_STATE] = "tcp-state",
	[MT_MONITOR_REPLY] = "monitor-reply",
	[MT_QEMU_STEP] = "qemu-step",
	[MT_MIGRATION_INFO] = "migration-info",
	[MT_COOKIE_STATISTICS] = "cookie-statistics",
};

static const char *const edges[] = {[MT_ENTER] = "enter", [MT_RETURN] = "return"};

static const struct field fields[] = {
	{"ktime_ns", FIELD_TIME, MEMBER(ktime_ns), RECORDED, ANY},
	{"uuid", FIELD_UUID, MEMBER(uuid), RECORDED, ANY},
	{"pid", FIELD_UINT, MEMBER(tgid), RECORDED, ANY},
	{"tid", FIELD_UINT, MEMBER(tid), RECORDED, ANY},
	{"comm", FIELD_COMM, MEMBER(comm), RECORDED, ANY},
	{"uuid_agrees", FIELD_CHECK, MEMBER(uuid_check), PHASES | CPUS | QEMU, ENTER},
	{"p2p", FIELD_BOOL, ARG(0), KIND(MT_PERFORM), ENTER},
	{"cancelled", FIELD_BOOL, ARG(2), KIND(MT_FINISH), ENTER},
	{"cancelled", FIELD_BOOL, ARG(0), KIND(MT_CONFIRM), ENTER},
	{"reason", FIELD_INT, ARG(0), CPUS, ENTER},
	{"returned", FIELD_INT, ARG(0), RETURNS_INT, RETURN},
	{"succeeded", FIELD_BOOL, ARG(0), RETURNS_POINTER, RETURN},
	{"state", FIELD_INT, ARG(1), KIND(MT_SET_STATE), ENTER},
	{"reason", FIELD_INT, ARG(2), KIND(MT_SET_STATE), ENTER},
	{"running", FIELD_BOOL, ARG(0), KIND(MT_QEMU_RUN_STATE), ENTER},
	{"run_state", FIELD_INT, ARG(1), KIND(MT_QEMU_RUN_STATE), ENTER},
	{"old", FIELD_INT, ARG(1), KIND(MT_QEMU_MIGRATION_STATE), ENTER},
	{"new", FIELD_INT, ARG(2), KIND(MT_QEMU_MIGRATION_STATE), ENTER},
	{"state", FIELD_NAME, MEMBER(text), KIND(MT_QEMU_MIGRATION_STATE), ENTER},
	{"stalls", FIELD_AMOUNT, ARG(3), KIND(MT_QEMU_MIGRATION_STATE), ENTER},
	{"stalled_ns", FIELD_AMOUNT, ARG(4), KIND(MT_QEMU_MIGRATION_STATE), ENTER},
	{"longest_stall_ns", FIELD_AMOUNT, ARG(5), KIND(MT_QEMU_MIGRATION_STATE), ENTER},
	{"number", FIELD_UINT, ARG(0), PINGS, ENTER},
	{"old", FIELD_UINT, ARG(0), TCP, ENTER},
	{"new", FIELD_UINT, ARG(1), TCP, ENTER},
	{"local", FIELD_ADDRESS, ADDRESS(2), TCP, ENTER},
	{"local_port", FIELD_UINT, ARG(4), TCP, ENTER},
	{"peer", FIELD_ADDRESS, ADDRESS(5), TCP, ENTER},
	{"peer_port", FIELD_UINT, ARG(7), TCP, ENTER},
	{"party", FIELD_UINT, ARG(0), KIND(MT_COOKIE_FORMAT), ANY},
	{"cookie_len", FIELD_UINT, MEMBER(cookie_len), KIND(MT_COOKIE_FORMAT), RETURN},
	{"cookie_hash", FIELD_HASH, MEMBER(cookie_hash), KIND(MT_COOKIE_FORMAT), RETURN},
	{"cookie_head", FIELD_TEXT, MEMBER(text), KIND(MT_COOKIE_FORMAT), RETURN},
	{"cookie_len", FIELD_UINT, MEMBER(cookie_len), TAKES_COOKIE, ENTER},
	{"cookie_hash", FIELD_HASH, MEMBER(cookie_hash), TAKES_COOKIE, ENTER},
	{"cookie_head", FIELD_TEXT, MEMBER(text), TAKES_COOKIE, ENTER},
	{"command", FIELD_COMMAND, MEMBER(command), COMMANDS, ENTER},
	{"sent_ktime_ns", FIELD_STAMP, MEMBER(earlier_ns), KIND(MT_MONITOR_REPLY), ENTER},
	{"failed", FIELD_BOOL, ARG(1), KIND(MT_MONITOR_REPLY), ENTER},
	{"status", FIELD_NAME, MEMBER(text), INFO, ENTER},
	{"total_time_ms", FIELD_MAYBE, ARG(INFO_TOTAL_TIME), INFO, ENTER},
	{"setup_time_ms", FIELD_MAYBE, ARG(INFO_SETUP_TIME), INFO, ENTER},
	{"expected_downtime_ms", FIELD_MAYBE, ARG(INFO_EXPECTED_DOWNTIME), INFO, ENTER},
	{"downtime_ms", FIELD_MAYBE, ARG(INFO_DOWNTIME), INFO, ENTER},
	{"transferred_bytes", FIELD_MAYBE, ARG(INFO_TRANSFERRED), INFO, ENTER},
	{"remaining_bytes", FIELD_MAYBE, ARG(INFO_REMAINING), INFO, ENTER},
	{"total_bytes", FIELD_MAYBE, ARG(INFO_TOTAL), INFO, ENTER},
	{"kbit_per_s", FIELD_MAYBE, ARG(INFO_KBIT), INFO, ENTER},
	{"downtime_limit_ms", FIELD_MAYBE, INFO_DOWNTIME_LIMIT, INFO, ENTER},
	{"dirty_pages_per_s", FIELD_MAYBE, INFO_DIRTY_PAGES, INFO, ENTER},
	{"passes", FIELD_MAYBE, INFO_PASSES, INFO, ENTER},
	{"step", FIELD_STEP, ARG(0), STEP, ENTER},
	{"about", FIELD_UINT, ARG(1), STEP, ENTER},
	{"kvm_exit_ktime_ns", FIELD_STAMP, MEMBER(earlier_ns), STEP, ENTER},
	{"device", FIELD_NAME, MEMBER(text), STEP, ENTER},
	{"statistics", FIELD_TEXT, MEMBER(text), KIND(MT_COOKIE_STATISTICS), ENTER},
	{"text", FIELD_TEXT, MEMBER(text), KIND(MT_MONITOR_EVENT), ENTER},
	{"proc", FIELD_UINT, ARG(4), RPC, ENTER},
	{"serial", FIELD_UINT, ARG(7), RPC, ENTER},
	{"len", FIELD_UINT, ARG(1), RPC, ENTER},
	{"status", FIELD_UINT, ARG(6), RPC_REPLIES, ENTER},
	{"call_ktime_ns", FIELD_STAMP, MEMBER(earlier_ns), RPC_REPLIES, ENTER},
	{"call_len", FIELD_UINT, MEMBER(call_len), RPC_REPLIES, ENTER},
};

const char *record_kind_name(enum record_kind kind)
{
	return record_kinds[kind];
}

const struct field *event_fields(size_t *count)
{
	*count = sizeof(fields) / sizeof(fields[0]);
	return fields;
}

bool field_applies(const struct field *field, const struct mt_event *event)
{
	return event->kind < MT_KINDS && (field->kinds & KIND(event->kind)) &&
	       (field->edges & (1u << event->edge));
}

/* A recorder that could not check it, or did not know the name: as null says. */
bool field_is_optional(const struct field *field)
{
	return field->type == FIELD_CHECK || field->type == FIELD_NAME;
}

const char *event_kind_name(uint16_t kind)
{
	return kind < MT_KINDS ? kinds[kind] : NULL;
}

enum mt_kind event_kind_of(const char *name)
{
	for (int kind = 0; kind < MT_KINDS; kind++)
		if (kinds[kind] && !strcmp(kinds[kind], name))
			return (enum mt_kind)kind;
	return MT_NONE;
}

const char *event_edge_name(uint8_t edge)
{
	return edges[edge == MT_RETURN];
}
