/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one table of what is probed in libvirt: which name means which event, and what it carries. */
#include "probe/catalogue.h"

/* What tells the eras apart in which a function of one name had its arguments in other places. */
#define SINCE_4_1 "qemuMigrationSrcPerform" /* ffb7954f88 renamed them all */
#define UNTIL_4_0 "qemuMigrationPerform"

#define VITAL true
#define EXTRA false
#define NO_ARG                                                                                     \
	{                                                                                          \
		0, 0                                                                               \
	}

#define PREPARE_ARGS [ARG_COOKIE] = {2, 8}, [ARG_COOKIE_LEN] = {3, 4}
#define FINISH_ARGS                                                                                \
	[ARG_COOKIE] = {3, 8}, [ARG_COOKIE_LEN] = {4, 4}, [ARG_FINISH_CANCELLED] = {8, 4}
#define MONITOR_ARGS [ARG_MONITOR] = {0, 8}, [ARG_MONITOR_TEXT] = {1, 8}

#define PHASE(kind_, vm_, vital, without, ...)                                                     \
	{                                                                                          \
		.kind = kind_, .file = PROBE_DRIVER, .has_return = true, .vm = vm_,                \
		.is_vital = vital, .lost_without = without, .names = {                             \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define ACCESS_CHECK(phase, vital)                                                                 \
	{                                                                                          \
		.kind = MT_ENSURE_ACL, .file = PROBE_LIBRARY, .is_vital = vital,                   \
		.is_others = true, .lost_without = "the domain of that call's events", .names = {  \
			{"virDomainMigrate" phase "EnsureACL", {[ARG_ACL_DEF] = {1, 8}}, 0}        \
		}                                                                                  \
	}
#define CALL(call, name)                                                                           \
	{                                                                                          \
		.kind = MT_CALL, .file = PROBE_LIBRARY, .step = call, .is_others = true,           \
		.lost_without = "who ended, stopped or paused a guest", .names = {                 \
			{"virDomain" name "EnsureACL", {[ARG_CALL_DEF] = {1, 8}}, 0}               \
		}                                                                                  \
	}
/* By SDT probes where libvirt was built with them, else by functions, each called as often. */
#define MESSAGE(kind_, file_, vital, without, ...)                                                 \
	{                                                                                          \
		.kind = kind_, .file = file_, .is_vital = vital, .lost_without = without,          \
		.names = {                                                                         \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define RPC(kind, name, ...)                                                                       \
	MESSAGE(kind, PROBE_LIBRARY, EXTRA, "clock bounds by rpc (phase order is left)",           \
		{name,                                                                             \
		 {[ARG_RPC_CLIENT] = {0, 8},                                                       \
		  [ARG_RPC_LEN] = {1, 8},                                                          \
		  [ARG_RPC_PROGRAM] = {2, 4},                                                      \
		  [ARG_RPC_PROC] = {4, 4},                                                         \
		  [ARG_RPC_TYPE] = {5, 4},                                                         \
		  [ARG_RPC_STATUS] = {6, 4},                                                       \
		  [ARG_RPC_SERIAL] = {7, 4}},                                                      \
		 0,                                                                                \
		 "libvirt"},                                                                       \
		__VA_ARGS__)
/* virNetMessage since 0.10: bool tracked, char *buffer, size_t bufferLength, bufferOffset, header.
 */
#define RPC_MESSAGE(name, inner_)                                                                  \
	{                                                                                          \
		name, {[ARG_RPC_CLIENT] = {0, 8},	    [ARG_RPC_MESSAGE] = {1, 8},            \
		       [ARG_RPC_LEN] = {1, 8, true, 16},    [ARG_RPC_PROGRAM] = {1, 4, true, 32},  \
		       [ARG_RPC_PROC] = {1, 4, true, 40},   [ARG_RPC_TYPE] = {1, 4, true, 44},     \
		       [ARG_RPC_SERIAL] = {1, 4, true, 48}, [ARG_RPC_STATUS] = {1, 4, true, 52}},  \
			.inner = inner_                                                            \
	}
/* What the others do when they have the lock: they are short, and may be inlined in many places. */
#define CLIENT_INNER "virNetClientSendInternal"
#define CLIENT_OUTER "virNetClientSendWithReply"
#define SERVER_INNER "virNetServerClientSendMessageLocked"

/* Of libvirt's own API, which a daemon's workers call: virtproxyd is younger than all other
 * versions of it. */
#define COOKIE_COME(phase, cookie)                                                                 \
	{                                                                                          \
		.kind = MT_COOKIE_COME, .file = PROBE_LIBRARY, .is_others = true,                  \
		.lost_without = "clock bounds by rpc through virtproxyd", .names = {               \
			{"virDomainMigrate" phase,                                                 \
			 {[ARG_COOKIE] = {cookie, 8}, [ARG_COOKIE_LEN] = {(cookie) + 1, 4}},       \
			 0}                                                                        \
		}                                                                                  \
	}

#define QEMU(kind_, without, ...)                                                                  \
	{                                                                                          \
		.kind = kind_, .file = PROBE_QEMU, .lost_without = without, .names = {             \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

#define STEP(step_, when_, without, ...)                                                           \
	{                                                                                          \
		.kind = MT_QEMU_STEP, .file = PROBE_QEMU, .step = step_, .when = when_,            \
		.lost_without = without, .names = {                                                \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
/*
 * Calls itself for each part of a device: its name is got of every call, in the downtime. QEMU 11.1
 * took other functions for it; those that it had before are still there, but are not called.
 */
#define DEVICES(step_, name, before)                                                               \
	{                                                                                          \
		.kind = MT_QEMU_STEP, .file = PROBE_QEMU, .step = step_,                           \
		.when = MT_WHEN_MIGRATING, .is_opt_in = true,                                      \
		.lost_without = "what each device adds to the downtime", .names = {                \
			{name, {[ARG_STEP_ABOUT] = {1, 8}}, 0},                                    \
			{before, {[ARG_STEP_ABOUT] = {1, 8}}, 0}                                   \
		}                                                                                  \
	}
/* Hit by each request of each disk. The cookie: int64_t bytes, start_time_ns (CLOCK_MONOTONIC). */
#define DISK(step_, name, ...)                                                                     \
	{                                                                                          \
		.kind = MT_QEMU_DISK, .file = PROBE_QEMU, .step = step_, .is_armed = true,         \
		.lost_without = "for how long each disk answered no request", .names = {           \
			{name, {[ARG_DISK_STATS] = {0, 8}, __VA_ARGS__}, 0}                        \
		}                                                                                  \
	}
#define A_PART	    "a part of the downtime of its own"
#define BLACKOUT    "when each vCPU stops and starts, so blackout"
#define PAGE_STALLS "how long the guest waited for pages after post-copy"

/*
 * Signatures were compared in libvirt 1.2.15 to 10.x. Only Run is static (until 3.2 the cookie's,
 * too); all others are in the driver's .dynsym. Perform's URI of the peer is the fifth argument in
 * 1.2.15 and the sixth since 1.3.4, under one name: it is taken where the place is sure; elsewhere
 * the calls to the peer tell that a job is p2p.
 */
static const struct probe catalogue[] = {
	PHASE(MT_BEGIN, 1, EXTRA, "elapsed of client-driven migrations",
	      {"qemuMigrationSrcBegin", {NO_ARG}, 0}, {"qemuMigrationBegin", {NO_ARG}, 0}),
	PHASE(MT_PREPARE, 0, EXTRA, "clock bounds by the start of the destination",
	      {"qemuMigrationDstPrepareDirect", {PREPARE_ARGS}, 0},
	      {"qemuMigrationPrepareDirect", {PREPARE_ARGS}, 0}),
	PHASE(MT_PREPARE, 0, EXTRA, "clock bounds of tunnelled migrations",
	      {"qemuMigrationDstPrepareTunnel", {PREPARE_ARGS}, 0},
	      {"qemuMigrationPrepareTunnel", {PREPARE_ARGS}, 0}),
	PHASE(MT_PERFORM, 2, VITAL, "elapsed, and the migration's end",
	      {"qemuMigrationSrcPerform",
	       {[ARG_PERFORM_URI] = {5, 8}, [ARG_PERFORM_VM] = {2, 8}},
	       0},
	      {"qemuMigrationPerform", {[ARG_PERFORM_VM] = {2, 8}}, 0}),
	{.kind = MT_RUN,
	 .file = PROBE_DRIVER,
	 .has_return = true,
	 .vm = 1,
	 .is_vital = VITAL,
	 .lost_without = "transfer, and all that needs it",
	 .names = {{"qemuMigrationSrcRun", {NO_ARG}, 0}, {"qemuMigrationRun", {NO_ARG}, 0}},
	 .callers = {"qemuMigrationSrcPerformNative", "qemuMigrationSrcPerformTunnel",
		     "doNativeMigrate", "doTunnelMigrate"}},
	PHASE(MT_FINISH, 2, VITAL, "transfer, and all that needs it",
	      {"qemuMigrationDstFinish", {FINISH_ARGS}, 0},
	      {"qemuMigrationFinish", {FINISH_ARGS}, 0}),
	PHASE(MT_CONFIRM, 1, EXTRA, "the outcome of client-driven migrations",
	      {"qemuMigrationSrcConfirm", {[ARG_CONFIRM_CANCELLED] = {5, 4}}, 0},
	      {"qemuMigrationConfirm", {[ARG_CONFIRM_CANCELLED] = {5, 4}}, 0}),
	PHASE(MT_COMPLETE, 1, EXTRA, "a tighter clock bound by phase order",
	      {"qemuMigrationSrcComplete", {NO_ARG}, 0}),
	PHASE(MT_START_CPUS, 1, VITAL, "downtime and elapsed",
	      {"qemuProcessStartCPUs", {[ARG_CPUS_REASON] = {2, 4}}, SINCE_4_1},
	      {"qemuProcessStartCPUs", {[ARG_CPUS_REASON] = {3, 4}}, UNTIL_4_0}),
	PHASE(MT_STOP_CPUS, 1, EXTRA, "when libvirt itself stopped the guest",
	      {"qemuProcessStopCPUs", {[ARG_CPUS_REASON] = {2, 4}}, 0}),
	PHASE(MT_COOKIE_FORMAT, 2, VITAL, "transfer, and the sure match of the two sides",
	      {"qemuMigrationCookieFormat",
	       {[ARG_FORMAT_PARTY] = {3, 4},
		[ARG_FORMAT_COOKIE] = {4, 8},
		[ARG_FORMAT_LEN] = {5, 8},
		[ARG_FORMAT_FLAGS] = {6, 4}},
	       0},
	      {"qemuMigrationBakeCookie",
	       {[ARG_FORMAT_COOKIE] = {3, 8},
		[ARG_FORMAT_LEN] = {4, 8},
		[ARG_FORMAT_FLAGS] = {5, 4}},
	       0}),
	{.kind = MT_SET_STATE,
	 .file = PROBE_LIBRARY,
	 .is_others = true,
	 .lost_without = "libvirt's wait for a lock before downtime begins",
	 .names = {{"virDomainObjSetState",
		    {[ARG_STATE_VM] = {0, 8}, [ARG_STATE] = {1, 4}, [ARG_STATE_REASON] = {2, 4}},
		    0}}},
	ACCESS_CHECK("Begin3", EXTRA),
	ACCESS_CHECK("Begin3Params", EXTRA),
	ACCESS_CHECK("Prepare2", EXTRA),
	ACCESS_CHECK("Prepare3", EXTRA),
	ACCESS_CHECK("Prepare3Params", EXTRA),
	ACCESS_CHECK("PrepareTunnel", EXTRA),
	ACCESS_CHECK("PrepareTunnel3", EXTRA),
	ACCESS_CHECK("PrepareTunnel3Params", EXTRA),
	ACCESS_CHECK("Perform", EXTRA),
	ACCESS_CHECK("Perform3", EXTRA),
	ACCESS_CHECK("Perform3Params", VITAL),
	ACCESS_CHECK("Finish2", EXTRA),
	ACCESS_CHECK("Finish3", EXTRA),
	ACCESS_CHECK("Finish3Params", VITAL),
	ACCESS_CHECK("Confirm3", EXTRA),
	ACCESS_CHECK("Confirm3Params", EXTRA),
	CALL(MT_CALL_DESTROY, "DestroyFlags"),
	CALL(MT_CALL_SHUTDOWN, "ShutdownFlags"),
	CALL(MT_CALL_REBOOT, "Reboot"),
	CALL(MT_CALL_RESET, "Reset"),
	CALL(MT_CALL_SUSPEND, "Suspend"),
	CALL(MT_CALL_RESUME, "Resume"),
	CALL(MT_CALL_ABORT_JOB, "AbortJob"),
	CALL(MT_CALL_ABORT_JOB, "AbortJobFlags"),
	CALL(MT_CALL_SAVE, "SaveFlags"),
	CALL(MT_CALL_SAVE, "ManagedSave"),
	CALL(MT_CALL_SET_MAX_DOWNTIME, "MigrateSetMaxDowntime"),
	{.kind = MT_DOWNTIME_LIMIT,
	 .file = PROBE_LIBRARY,
	 .is_others = true,
	 .lost_without = "to what a client changed the downtime limit",
	 .names = {{"virDomainMigrateSetMaxDowntime", {[ARG_LIMIT] = {1, 8}}, 0}}},
	/* Raised by whatever function, each error gets its text there; and what a peer raised,
	   here. */
	{.kind = MT_ERROR,
	 .file = PROBE_LIBRARY,
	 .lost_without = "why a migration failed, in libvirt's words",
	 .names = {{"virErrorMsg", {[ARG_ERROR_CODE] = {0, 4}, [ARG_ERROR_TEXT] = {1, 8}}, 0}}},
	{.kind = MT_ERROR,
	 .file = PROBE_LIBRARY,
	 .lost_without = "why a migration failed, in its peer's words",
	 .names = {{"virRaiseErrorFull",
		    {[ARG_ERROR_CODE] = {4, 4},
		     [ARG_ERROR_LEVEL] = {5, 4},
		     [ARG_ERROR_TEXT] = {7, 8}},
		    0}}},
	{.kind = MT_DISPATCH,
	 .file = PROBE_LIBRARY,
	 .lost_without = "the end of a call whose client has disconnected",
	 .names = {{"virNetServerProgramDispatch",
		    {[ARG_DISPATCH_CLIENT] = {2, 8}, [ARG_DISPATCH_MESSAGE] = {3, 8}},
		    0}}},
	/* qemuMonitorMessage: int txFD, char *txBuffer. A line is a reply, or an event. */
	MESSAGE(MT_MONITOR_SEND, PROBE_DRIVER, VITAL, "which monitor is which domain's, so STOP",
		{"qemu_monitor_send_msg", {MONITOR_ARGS}, 0, "libvirt"},
		{"qemuMonitorSend",
		 {[ARG_MONITOR] = {0, 8}, [ARG_MONITOR_TEXT] = {1, 8, true, 8}}}),
	MESSAGE(MT_MONITOR_EVENT, PROBE_DRIVER, VITAL, "STOP, so downtime",
		{"qemu_monitor_recv_event", {MONITOR_ARGS}, 0, "libvirt"},
		{"qemuMonitorJSONIOProcessLine", {MONITOR_ARGS}}),
	MESSAGE(MT_MONITOR_REPLY, PROBE_DRIVER, EXTRA, "how long QEMU takes to answer",
		{"qemu_monitor_recv_reply", {MONITOR_ARGS}, 0, "libvirt"},
		{"qemuMonitorJSONIOProcessLine", {MONITOR_ARGS}}),
	MESSAGE(MT_MONITOR_CLOSE, PROBE_DRIVER, EXTRA, "the end of a guest's QEMU",
		{"qemu_monitor_close", {[ARG_MONITOR] = {0, 8}}, 0, "libvirt"},
		{"qemuMonitorClose", {[ARG_MONITOR] = {0, 8}}}),
	RPC(MT_RPC_CLIENT_SEND, "rpc_client_msg_tx_queue", RPC_MESSAGE(CLIENT_INNER, NULL),
	    RPC_MESSAGE(CLIENT_OUTER, CLIENT_INNER)),
	RPC(MT_RPC_CLIENT_RECEIVE, "rpc_client_msg_rx", {CLIENT_INNER, {NO_ARG}, .is_return = true},
	    {CLIENT_OUTER, {NO_ARG}, .is_return = true, .inner = CLIENT_INNER}),
	RPC(MT_RPC_SERVER_SEND, "rpc_server_client_msg_tx_queue", RPC_MESSAGE(SERVER_INNER, NULL),
	    RPC_MESSAGE("virNetServerClientSendMessage", SERVER_INNER)),
	RPC(MT_RPC_SERVER_RECEIVE, "rpc_server_client_msg_rx",
	    RPC_MESSAGE("virNetServerDispatchNewMessage", NULL)),
	COOKIE_COME("Prepare3Params", 3),
	COOKIE_COME("PrepareTunnel3Params", 4),
	COOKIE_COME("Finish3Params", 3),
	QEMU(MT_QEMU_RUN_STATE, "when the guest's CPUs stop and start",
	     {"vm_state_notify", {[ARG_RUN_STATE_RUNNING] = {0, 1}, [ARG_RUN_STATE] = {1, 4}}, 0},
	     {"vm_state_notify",
	      {[ARG_RUN_STATE_RUNNING] = {0, 4}, [ARG_RUN_STATE] = {1, 4}},
	      0,
	      "qemu"}),
	QEMU(MT_QEMU_PING, "clock bounds by QEMU's return path",
	     {"qemu_savevm_send_ping", {[ARG_PING_NUMBER] = {1, 4}}, 0},
	     {"savevm_send_ping", {[ARG_PING_NUMBER] = {0, 4}}, 0, "qemu"}),
	QEMU(MT_QEMU_PONG, "clock bounds by QEMU's return path",
	     {"migrate_send_rp_pong", {[ARG_PING_NUMBER] = {1, 4}}, 0},
	     {"loadvm_process_command_ping", {[ARG_PING_NUMBER] = {0, 4}}, 0, "qemu"}),
	QEMU(MT_QEMU_SHUT, "clock bounds by QEMU's return path",
	     {"migration_incoming_state_destroy", {NO_ARG}, 0}),
	QEMU(MT_QEMU_RAM, "what each pass over the guest's RAM sent",
	     {"qapi_event_send_migration_pass", {[ARG_RAM_PASS] = {0, 8}}, 0}),
	/* Called ten times a second, when QEMU has counted what it sent. */
	QEMU(MT_QEMU_RAM, "how far a pass over the guest's RAM is",
	     {"migration_rate_reset", {NO_ARG}, 0}, {"qemu_file_reset_rate_limit", {NO_ARG}, 0}),
	STEP(MT_STEP_THROTTLE, MT_WHEN_MIGRATING, "by how much vCPUs were slowed down",
	     {"cpu_throttle_set", {[ARG_STEP_ABOUT] = {0, 4}}, 0}),
	STEP(MT_STEP_RATE_LIMIT, MT_WHEN_MIGRATING, "how fast QEMU was allowed to send",
	     {"migration_rate_set", {[ARG_STEP_TENFOLD] = {0, 8}}, 0},
	     {"qemu_file_set_rate_limit", {[ARG_STEP_ABOUT] = {1, 8}}, 0}),
	QEMU(MT_QEMU_MIGRATION_STATE, "QEMU's own states of the migration",
	     {"migrate_set_state",
	      {[ARG_MIGRATION_STATE] = {0, 4, true},
	       [ARG_MIGRATION_STATE_OLD] = {1, 4},
	       [ARG_MIGRATION_STATE_NEW] = {2, 4}},
	      0}),
	STEP(MT_STEP_STOP_DECIDED, MT_WHEN_ANY, A_PART, {"vm_stop_force_state", {NO_ARG}, 0},
	     {"migration_thread_low_pending", {NO_ARG}, 0, "qemu"}),
	STEP(MT_STEP_VCPUS_PAUSE, MT_WHEN_ANY, BLACKOUT, {"pause_all_vcpus", {NO_ARG}, 0}),
	STEP(MT_STEP_VCPU_STOP, MT_WHEN_MIGRATING, BLACKOUT,
	     {"cpu_exec_end", {[ARG_STEP_ABOUT] = {0, 8}}, 0}),
	/* By the device that keeps KVM's clock for guests, which QEMU has with KVM alone. */
	{.kind = MT_QEMU_STEP,
	 .file = PROBE_QEMU,
	 .step = MT_STEP_TSC_READ,
	 .when = MT_WHEN_HALTED,
	 .needs_tsc = true,
	 .lost_without = "by how much the guest's clock is behind afterwards",
	 .names = {{"kvm_synchronize_all_tsc", {NO_ARG}, 0}}},
	STEP(MT_STEP_STOP_SENT, MT_WHEN_MIGRATING, A_PART, {"qapi_event_send_stop", {NO_ARG}, 0}),
	STEP(MT_STEP_BLOCK_DRAIN, MT_WHEN_HALTED, A_PART, {"bdrv_drain_all", {NO_ARG}, 0}),
	STEP(MT_STEP_BLOCK_FLUSH, MT_WHEN_HALTED, A_PART, {"bdrv_flush_all", {NO_ARG}, 0}),
	STEP(MT_STEP_CONTINUED, MT_WHEN_ANY, A_PART, {"qmp_migrate_continue", {NO_ARG}, 0}),
	STEP(MT_STEP_LAST_RAM, MT_WHEN_MIGRATING, A_PART,
	     {"qemu_savevm_state_complete_precopy", {NO_ARG}, 0},
	     {"qemu_savevm_state_complete", {NO_ARG}, 0},
	     {"savevm_state_complete_precopy", {NO_ARG}, 0, "qemu"}),
	STEP(MT_STEP_DEVICES_SAVE, MT_WHEN_MIGRATING, A_PART,
	     {"qemu_savevm_state_complete_precopy_non_iterable", {NO_ARG}, 0},
	     {"qemu_savevm_state_non_iterable", {NO_ARG}, 0}),
	DEVICES(MT_STEP_DEVICE_SAVE, "vmstate_save_vmsd", "vmstate_save_state_v"),
	STEP(MT_STEP_BLOCK_INACTIVATE, MT_WHEN_HALTED, A_PART,
	     {"migration_block_inactivate", {NO_ARG}, 0}, {"bdrv_inactivate_all", {NO_ARG}, 0}),
	/* The devices' description is the last thing to be saved (QEMU 5.2's writer is older). */
	STEP(MT_STEP_STREAM_END, MT_WHEN_HALTED, A_PART, {"json_writer_get", {NO_ARG}, 0},
	     {"qjson_get_str", {NO_ARG}, 0}),
	/* Of the return path's thread, which ends when the destination says so. */
	STEP(MT_STEP_LOAD_WAIT, MT_WHEN_HALTED, A_PART, {"qemu_thread_join", {NO_ARG}, 0}),
	STEP(MT_STEP_POSTCOPY_PACKAGE, MT_WHEN_MIGRATING, A_PART,
	     {"qemu_savevm_send_packaged", {NO_ARG}, 0}),
	STEP(MT_STEP_SOURCE_CLEANUP, MT_WHEN_MIGRATING, A_PART,
	     {"qemu_savevm_state_cleanup", {NO_ARG}, 0},
	     {"savevm_state_cleanup", {NO_ARG}, 0, "qemu"}),
	STEP(MT_STEP_LOAD, MT_WHEN_ANY, A_PART, {"qemu_loadvm_state", {NO_ARG}, 0},
	     {"loadvm_state_setup", {NO_ARG}, 0, "qemu"}),
	STEP(MT_STEP_LOAD_SECTIONS, MT_WHEN_MIGRATING, A_PART,
	     {"qemu_loadvm_state_main", {NO_ARG}, 0}),
	DEVICES(MT_STEP_DEVICE_LOAD, "vmstate_load_vmsd", "vmstate_load_state"),
	STEP(MT_STEP_LOADED, MT_WHEN_MIGRATING, A_PART, {"qemu_loadvm_state_cleanup", {NO_ARG}, 0},
	     {"process_incoming_migration_co_end", {NO_ARG}, 0, "qemu"}),
	STEP(MT_STEP_VCPUS_LOADED, MT_WHEN_MIGRATING, A_PART,
	     {"cpu_synchronize_all_post_init", {NO_ARG}, 0}),
	STEP(MT_STEP_ANNOUNCE, MT_WHEN_MIGRATING, "when the guest's addresses are announced",
	     {"qemu_announce_self", {NO_ARG}, 0}),
	STEP(MT_STEP_CONT, MT_WHEN_MIGRATING, A_PART, {"qmp_cont", {NO_ARG}, 0}),
	STEP(MT_STEP_BLOCK_ACTIVATE, MT_WHEN_HALTED, A_PART,
	     {"migration_block_activate", {NO_ARG}, 0}, {"bdrv_activate_all", {NO_ARG}, 0},
	     {"bdrv_invalidate_cache_all", {NO_ARG}, 0}),
	STEP(MT_STEP_START_PREPARE, MT_WHEN_MIGRATING, BLACKOUT, {"vm_prepare_start", {NO_ARG}, 0}),
	STEP(MT_STEP_RESUME_SENT, MT_WHEN_MIGRATING, A_PART,
	     {"qapi_event_send_resume", {NO_ARG}, 0}),
	STEP(MT_STEP_VCPUS_RELEASE, MT_WHEN_MIGRATING, A_PART, {"resume_all_vcpus", {NO_ARG}, 0}),
	STEP(MT_STEP_VCPU_START, MT_WHEN_MIGRATING, BLACKOUT,
	     {"cpu_exec_start", {[ARG_STEP_ABOUT] = {0, 8}}, 0}),
	STEP(MT_STEP_FRAME_SENT, MT_WHEN_MIGRATING, "when the guest's addresses are announced",
	     {"qemu_send_packet_raw", {NO_ARG}, 0},
	     {"qemu_announce_self_iter", {NO_ARG}, 0, "qemu"}),
	/* QEMU 5.2 gave the request its fourth argument, and split it (8f8bfffcf1). */
	QEMU(MT_QEMU_PAGE_REQUEST, PAGE_STALLS,
	     {"migrate_send_rp_req_pages",
	      {[ARG_PAGE] = {3, 8}},
	      "migrate_send_rp_message_req_pages"},
	     {"postcopy_page_req_add", {[ARG_PAGE] = {0, 8}}, 0, "qemu"}),
	QEMU(MT_QEMU_PAGE_PLACE, PAGE_STALLS, {"postcopy_place_page", {[ARG_PAGE] = {1, 8}}, 0}),
	QEMU(MT_QEMU_PAGE_PLACE, PAGE_STALLS,
	     {"postcopy_place_page_zero", {[ARG_PAGE] = {1, 8}}, 0}),
	DISK(MT_DISK_REQUEST, "block_acct_start"),
	DISK(MT_DISK_COMPLETED, "block_acct_done", [ARG_DISK_BEGAN] = {1, 8, true, 8}),
	DISK(MT_DISK_COMPLETED, "block_acct_failed", [ARG_DISK_BEGAN] = {1, 8, true, 8}),
};

const struct probe *probe_catalogue(size_t *count)
{
	*count = sizeof(catalogue) / sizeof(catalogue[0]);
	return catalogue;
}

const char *probe_file_name(enum probe_file file, size_t index)
{
	static const char *const names[PROBE_FILES][3] = {
		[PROBE_DRIVER] = {"libvirt_driver_qemu.so"},
		[PROBE_LIBRARY] = {"libvirt.so.0"},
		[PROBE_QEMU] = {"qemu-system-", "qemu-kvm"},
	};

	return names[file][index];
}
