/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of what a recording's lines are, and what an event's line holds. */
#include "record/kinds.h"

#include <string.h>

#define MEMBER(m)  offsetof(struct mt_event, m), sizeof(((struct mt_event *)0)->m)
#define KIND(kind) (UINT64_C(1) << (kind))
#define ENTER	   (1u << MT_ENTER)
#define RETURN	   (1u << MT_RETURN)
#define ANY	   (ENTER | RETURN)

#define PHASES                                                                                     \
	(KIND(MT_BEGIN) | KIND(MT_PREPARE) | KIND(MT_PERFORM) | KIND(MT_RUN) | KIND(MT_FINISH) |   \
	 KIND(MT_CONFIRM) | KIND(MT_COMPLETE))
#define CPUS		(KIND(MT_START_CPUS) | KIND(MT_STOP_CPUS))
#define RETURNS_INT	(KIND(MT_PREPARE) | KIND(MT_PERFORM) | KIND(MT_RUN) | KIND(MT_CONFIRM) | CPUS)
#define RETURNS_POINTER (KIND(MT_BEGIN) | KIND(MT_FINISH))
#define TAKES_COOKIE	(KIND(MT_FINISH) | KIND(MT_PREPARE))
#define RPC_SERVERS	(KIND(MT_RPC_SERVER_SEND) | KIND(MT_RPC_PROXY_SEND))
#define RPC_REPLIES	(KIND(MT_RPC_CLIENT_RECEIVE) | RPC_SERVERS)
#define RPC		(KIND(MT_RPC_CLIENT_SEND) | RPC_REPLIES)
#define COMMANDS	(KIND(MT_MONITOR_SEND) | KIND(MT_MONITOR_REPLY))
#define INFO		KIND(MT_MIGRATION_INFO)
#define MONITOR		(COMMANDS | INFO | KIND(MT_MONITOR_EVENT) | KIND(MT_MONITOR_CLOSE))
#define STEP		KIND(MT_QEMU_STEP)
#define QEMU                                                                                       \
	(KIND(MT_QEMU_RUN_STATE) | KIND(MT_QEMU_MIGRATION_STATE) | KIND(MT_QEMU_SHUT) | PINGS |    \
	 STEP | RAM)
#define RAM	 KIND(MT_QEMU_RAM)
#define PINGS	 (KIND(MT_QEMU_PING) | KIND(MT_QEMU_PONG))
#define TCP	 KIND(MT_TCP_STATE)
#define SCHED	 KIND(MT_SCHED)
#define HOLDER	 KIND(MT_HOLDER)
#define NET_END	 KIND(MT_NET_END)
#define NET	 (KIND(MT_NET_BEGIN) | NET_END)
#define DISK_END KIND(MT_DISK_END)
#define DISK	 (KIND(MT_DISK_BEGIN) | DISK_END)
#define VCPU	 KIND(MT_VCPU)
#define COOKIES	 (KIND(MT_COOKIE_FORMAT) | KIND(MT_COOKIE_STATISTICS))
#define RECORDED                                                                                   \
	(KIND(MT_EXIT) | KIND(MT_CALL) | KIND(MT_ERROR) | TCP | SCHED | HOLDER | NET | DISK |      \
	 VCPU | PHASES | CPUS | COOKIES | KIND(MT_SET_STATE) | MONITOR | RPC | QEMU)

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
	[MT_RPC_PROXY_SEND] = "rpc-proxy-send",
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
	[MT_EXIT] = "exit",
	[MT_CALL] = "call",
	[MT_ERROR] = "error",
	[MT_SCHED] = "sched",
	[MT_HOLDER] = "holder",
	[MT_QEMU_RAM] = "qemu-ram",
	[MT_NET_BEGIN] = "net-begin",
	[MT_NET_END] = "net-end",
	[MT_VCPU] = "vcpu",
	[MT_DISK_BEGIN] = "disk-begin",
	[MT_DISK_END] = "disk-end",
};

static const char *const edges[] = {[MT_ENTER] = "enter", [MT_RETURN] = "return"};

static const struct field fields[] = {
	{"ktime_ns", FIELD_TIME, MEMBER(ktime_ns), RECORDED, ANY},
	{"uuid", FIELD_UUID, MEMBER(uuid), RECORDED, ANY},
	{"pid", FIELD_UINT, MEMBER(tgid), RECORDED, ANY},
	{"tid", FIELD_UINT, MEMBER(tid), RECORDED, ANY},
	{"comm", FIELD_COMM, MEMBER(comm), RECORDED, ANY},
	{"uuid_agrees", FIELD_CHECK, MEMBER(uuid_check), PHASES | CPUS | QEMU, ENTER},
	{"p2p", FIELD_BOOL, MEMBER(perform.is_p2p), KIND(MT_PERFORM), ENTER},
	{"cancelled", FIELD_BOOL, MEMBER(finish.is_cancelled), KIND(MT_FINISH), ENTER},
	{"cancelled", FIELD_BOOL, MEMBER(confirm.is_cancelled), KIND(MT_CONFIRM), ENTER},
	{"reason", FIELD_INT, MEMBER(cpus.reason), CPUS, ENTER},
	{"returned", FIELD_INT, MEMBER(result.returned), RETURNS_INT, RETURN},
	{"succeeded", FIELD_BOOL, MEMBER(result.has_succeeded), RETURNS_POINTER, RETURN},
	{"state", FIELD_INT, MEMBER(state.state), KIND(MT_SET_STATE), ENTER},
	{"reason", FIELD_INT, MEMBER(state.reason), KIND(MT_SET_STATE), ENTER},
	{"running", FIELD_BOOL, MEMBER(run_state.is_running), KIND(MT_QEMU_RUN_STATE), ENTER},
	{"run_state", FIELD_INT, MEMBER(run_state.state), KIND(MT_QEMU_RUN_STATE), ENTER},
	{"old", FIELD_INT, MEMBER(migration_state.old), KIND(MT_QEMU_MIGRATION_STATE), ENTER},
	{"new", FIELD_INT, MEMBER(migration_state.new), KIND(MT_QEMU_MIGRATION_STATE), ENTER},
	{"state", FIELD_NAME, MEMBER(text), KIND(MT_QEMU_MIGRATION_STATE), ENTER},
	{"stalls", FIELD_AMOUNT, MEMBER(migration_state.stalls), KIND(MT_QEMU_MIGRATION_STATE),
	 ENTER},
	{"stalled_ns", FIELD_AMOUNT, MEMBER(migration_state.stalled_ns),
	 KIND(MT_QEMU_MIGRATION_STATE), ENTER},
	{"longest_stall_ns", FIELD_AMOUNT, MEMBER(migration_state.longest_stall_ns),
	 KIND(MT_QEMU_MIGRATION_STATE), ENTER},
	{"number", FIELD_UINT, MEMBER(ping.number), PINGS, ENTER},
	{"pass", FIELD_MAYBE, MEMBER(ram.pass), RAM, ENTER},
	{"syncs", FIELD_MAYBE, MEMBER(ram.syncs), RAM, ENTER},
	{"remaining_bytes", FIELD_MAYBE, MEMBER(ram.remaining_bytes), RAM, ENTER},
	{"sent_bytes", FIELD_MAYBE, MEMBER(ram.sent_bytes), RAM, ENTER},
	{"normal_pages", FIELD_MAYBE, MEMBER(ram.normal_pages), RAM, ENTER},
	{"zero_pages", FIELD_MAYBE, MEMBER(ram.zero_pages), RAM, ENTER},
	{"resident_bytes", FIELD_MAYBE, MEMBER(ram.resident_bytes), RAM, ENTER},
	{"old", FIELD_UINT, MEMBER(tcp.old), TCP, ENTER},
	{"new", FIELD_UINT, MEMBER(tcp.new), TCP, ENTER},
	{"local", FIELD_ADDRESS, MEMBER(tcp.local.address), TCP, ENTER},
	{"local_port", FIELD_UINT, MEMBER(tcp.local.port), TCP, ENTER},
	{"peer", FIELD_ADDRESS, MEMBER(tcp.peer.address), TCP, ENTER},
	{"peer_port", FIELD_UINT, MEMBER(tcp.peer.port), TCP, ENTER},
	{"sent_from", FIELD_TCP, MEMBER(tcp.sent_from), TCP, ENTER},
	{"received_from", FIELD_TCP, MEMBER(tcp.received_from), TCP, ENTER},
	{"mss", FIELD_TCP, MEMBER(tcp.mss), TCP, ENTER},
	{"party", FIELD_UINT, MEMBER(format.party), KIND(MT_COOKIE_FORMAT), ANY},
	{"cookie_len", FIELD_UINT, MEMBER(cookie.len), KIND(MT_COOKIE_FORMAT), RETURN},
	{"cookie_hash", FIELD_HASH, MEMBER(cookie.hash), KIND(MT_COOKIE_FORMAT), RETURN},
	{"cookie_head", FIELD_TEXT, MEMBER(text), KIND(MT_COOKIE_FORMAT), RETURN},
	{"cookie_len", FIELD_UINT, MEMBER(cookie.len), TAKES_COOKIE, ENTER},
	{"cookie_hash", FIELD_HASH, MEMBER(cookie.hash), TAKES_COOKIE, ENTER},
	{"cookie_head", FIELD_TEXT, MEMBER(text), TAKES_COOKIE, ENTER},
	{"command", FIELD_COMMAND, MEMBER(monitor.command), COMMANDS, ENTER},
	{"sent_ktime_ns", FIELD_STAMP, MEMBER(earlier_ns), KIND(MT_MONITOR_REPLY), ENTER},
	{"failed", FIELD_BOOL, MEMBER(monitor.has_failed), KIND(MT_MONITOR_REPLY), ENTER},
	{"status", FIELD_NAME, MEMBER(text), INFO, ENTER},
	{"total_time_ms", FIELD_MAYBE, MEMBER(info.total_time_ms), INFO, ENTER},
	{"setup_time_ms", FIELD_MAYBE, MEMBER(info.setup_time_ms), INFO, ENTER},
	{"expected_downtime_ms", FIELD_MAYBE, MEMBER(info.expected_downtime_ms), INFO, ENTER},
	{"downtime_ms", FIELD_MAYBE, MEMBER(info.downtime_ms), INFO, ENTER},
	{"transferred_bytes", FIELD_MAYBE, MEMBER(info.transferred_bytes), INFO, ENTER},
	{"remaining_bytes", FIELD_MAYBE, MEMBER(info.remaining_bytes), INFO, ENTER},
	{"total_bytes", FIELD_MAYBE, MEMBER(info.total_bytes), INFO, ENTER},
	{"kbit_per_s", FIELD_MAYBE, MEMBER(info.kbit_per_s), INFO, ENTER},
	{"downtime_limit_ms", FIELD_MAYBE, MEMBER(info.downtime_limit_ms), INFO, ENTER},
	{"dirty_pages_per_s", FIELD_MAYBE, MEMBER(info.dirty_pages_per_s), INFO, ENTER},
	{"passes", FIELD_MAYBE, MEMBER(info.passes), INFO, ENTER},
	{"step", FIELD_STEP, MEMBER(step.step), STEP, ENTER},
	{"about", FIELD_UINT, MEMBER(step.about), STEP, ENTER},
	{"kvm_exit_ktime_ns", FIELD_STAMP, MEMBER(earlier_ns), STEP, ENTER},
	{"device", FIELD_NAME, MEMBER(text), STEP, ENTER},
	{"slept_ns", FIELD_AMOUNT, MEMBER(sched.slept_ns), SCHED, ENTER},
	{"runnable_ns", FIELD_AMOUNT, MEMBER(sched.runnable_ns), SCHED, ENTER},
	{"throttled_ns", FIELD_MAYBE, MEMBER(sched.throttled_ns), SCHED, ENTER},
	{"short_slept_ns", FIELD_AMOUNT, MEMBER(sched.short_slept_ns), SCHED, ENTER},
	{"short_runnable_ns", FIELD_AMOUNT, MEMBER(sched.short_runnable_ns), SCHED, ENTER},
	{"watched_ns", FIELD_AMOUNT, MEMBER(sched.watched_ns), SCHED, ENTER},
	{"alone_ns", FIELD_TCP, MEMBER(sched.alone_ns), SCHED, ENTER},
	{"waker_pid", FIELD_UINT, MEMBER(sched.waker_pid), SCHED, ENTER},
	{"waker_tid", FIELD_UINT, MEMBER(sched.waker_tid), SCHED, ENTER},
	{"where", FIELD_NAME, MEMBER(text), SCHED, ENTER},
	{"program", FIELD_UINT, MEMBER(holder.program), HOLDER, ENTER},
	{"proc", FIELD_UINT, MEMBER(holder.proc), HOLDER, ENTER},
	{"woke_ktime_ns", FIELD_STAMP, MEMBER(earlier_ns), HOLDER, ENTER},
	{"dispatch_ktime_ns", FIELD_STAMP, MEMBER(holder.dispatched_ns), HOLDER, ENTER},
	{"interface", FIELD_TEXT, MEMBER(text), NET, ENTER},
	{"address", FIELD_ETHERNET, MEMBER(net.address), NET, ENTER},
	{"last_in_ktime_ns", FIELD_STAMP, MEMBER(net.last_in_ns), NET_END, ENTER},
	{"last_out_ktime_ns", FIELD_STAMP, MEMBER(net.last_out_ns), NET_END, ENTER},
	{"first_in_ktime_ns", FIELD_STAMP, MEMBER(net.first_in_ns), NET_END, ENTER},
	{"first_out_ktime_ns", FIELD_STAMP, MEMBER(net.first_out_ns), NET_END, ENTER},
	{"early", FIELD_AMOUNT, MEMBER(net.early), NET_END, ENTER},
	{"late", FIELD_AMOUNT, MEMBER(net.late), NET_END, ENTER},
	{"whole", FIELD_BOOL, MEMBER(net.is_whole), NET_END, ENTER},
	{"begun_ktime_ns", FIELD_STAMP, MEMBER(spent.begun_ns), VCPU, ENTER},
	{"on_cpu_ns", FIELD_AMOUNT, MEMBER(spent.time_ns[MT_VCPU_ON_CPU]), VCPU, ENTER},
	{"runnable_ns", FIELD_AMOUNT, MEMBER(spent.time_ns[MT_VCPU_RUNNABLE]), VCPU, ENTER},
	{"throttled_ns", FIELD_AMOUNT, MEMBER(spent.time_ns[MT_VCPU_THROTTLED]), VCPU, ENTER},
	{"halted_ns", FIELD_AMOUNT, MEMBER(spent.time_ns[MT_VCPU_HALTED]), VCPU, ENTER},
	{"fault_ns", FIELD_AMOUNT, MEMBER(spent.time_ns[MT_VCPU_FAULT]), VCPU, ENTER},
	{"in_qemu_ns", FIELD_AMOUNT, MEMBER(spent.time_ns[MT_VCPU_IN_QEMU]), VCPU, ENTER},
	{"quota_ns", FIELD_MAYBE, MEMBER(spent.quota_ns), VCPU, ENTER},
	{"last", FIELD_BOOL, MEMBER(spent.is_last), VCPU, ENTER},
	{"faults", FIELD_NAME, MEMBER(text), VCPU, ENTER},
	{"disk", FIELD_NAME, MEMBER(text), DISK, ENTER},
	{"last_ktime_ns", FIELD_STAMP, MEMBER(disk.last_ns), DISK_END, ENTER},
	{"first_ktime_ns", FIELD_STAMP, MEMBER(disk.first_ns), DISK_END, ENTER},
	{"completed", FIELD_AMOUNT, MEMBER(disk.completed), DISK_END, ENTER},
	{"waiting", FIELD_AMOUNT, MEMBER(disk.waiting), DISK_END, ENTER},
	{"in_flight", FIELD_AMOUNT, MEMBER(disk.in_flight), DISK_END, ENTER},
	{"oldest_ktime_ns", FIELD_STAMP, MEMBER(disk.oldest_ns), DISK_END, ENTER},
	{"newest_ktime_ns", FIELD_STAMP, MEMBER(disk.newest_ns), DISK_END, ENTER},
	{"whole", FIELD_BOOL, MEMBER(disk.is_whole), DISK_END, ENTER},
	{"statistics", FIELD_TEXT, MEMBER(text), KIND(MT_COOKIE_STATISTICS), ENTER},
	{"text", FIELD_TEXT, MEMBER(text), KIND(MT_MONITOR_EVENT), ENTER},
	{"code", FIELD_UINT, MEMBER(exit.code), KIND(MT_EXIT), ENTER},
	{"signal", FIELD_UINT, MEMBER(exit.signal), KIND(MT_EXIT), ENTER},
	{"oom", FIELD_BOOL, MEMBER(exit.by_oom), KIND(MT_EXIT), ENTER},
	{"dumped", FIELD_BOOL, MEMBER(exit.has_dumped), KIND(MT_EXIT), ENTER},
	{"call", FIELD_CALL, MEMBER(wanted.call), KIND(MT_CALL), ENTER},
	{"value", FIELD_MAYBE, MEMBER(wanted.value), KIND(MT_CALL), ENTER},
	{"code", FIELD_INT, MEMBER(error.code), KIND(MT_ERROR), ENTER},
	{"qemu", FIELD_BOOL, MEMBER(error.is_qemus), KIND(MT_ERROR), ENTER},
	{"message", FIELD_TEXT, MEMBER(text), KIND(MT_ERROR), ENTER},
	{"proc", FIELD_UINT, MEMBER(rpc.proc), RPC, ENTER},
	{"serial", FIELD_UINT, MEMBER(rpc.serial), RPC, ENTER},
	{"len", FIELD_UINT, MEMBER(rpc.len), RPC, ENTER},
	{"status", FIELD_UINT, MEMBER(rpc.status), RPC_REPLIES, ENTER},
	{"call_ktime_ns", FIELD_STAMP, MEMBER(earlier_ns), RPC_REPLIES, ENTER},
	{"call_len", FIELD_UINT, MEMBER(rpc.call_len), RPC_REPLIES, ENTER},
	{"dispatch_ktime_ns", FIELD_STAMP, MEMBER(rpc.dispatched_ns), RPC_SERVERS, ENTER},
	{"passed_serial", FIELD_UINT, MEMBER(rpc.passed_serial), KIND(MT_RPC_PROXY_SEND), ENTER},
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

/* A recorder that could not check it, did not see it, or did not know the name: as null says. */
bool field_is_optional(const struct field *field)
{
	return field->type == FIELD_CHECK || field->type == FIELD_STAMP ||
	       field->type == FIELD_TCP || field->type == FIELD_NAME;
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
