/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one table of what is probed in libvirt: which name means which event, and what it carries. */
#include "probe/catalogue.h"

#define PHASE(kind_, name, old_name, ...)                                                          \
	{                                                                                          \
		.kind = kind_, .file = PROBE_DRIVER, .has_return = true,                           \
		.names = {name, old_name}, .args = {__VA_ARGS__},                                  \
	}
#define ACCESS_CHECK(phase)                                                                        \
	{                                                                                          \
		.kind = MT_ENSURE_ACL, .file = PROBE_LIBRARY,                                      \
		.names = {"virDomainMigrate" phase "EnsureACL"}, .args = {{1, 8}},                 \
	}
#define SDT(kind_, file_, name, ...)                                                               \
	{                                                                                          \
		.kind = kind_, .file = file_, .is_sdt = true, .names = {name},                     \
		.args = {__VA_ARGS__},                                                             \
	}
#define RPC(kind, name)                                                                            \
	SDT(kind, PROBE_LIBRARY, name, {0, 8}, {1, 8}, {2, 4}, {3, 4}, {4, 4}, {5, 4}, {6, 4},     \
	    {7, 4})

/*
 * The argument numbers hold for every libvirt from 1.3.4 on (Perform's URI of the peer moved there;
 * the rest holds since 1.2.15). Functions were renamed in 4.1.0 (ffb7954f88), the cookie's in 6.9.
 * Only Run is static: all others are in the driver's .dynsym.
 */
static const struct probe catalogue[] = {
	PHASE(MT_BEGIN, "qemuMigrationSrcBegin", "qemuMigrationBegin"),
	PHASE(MT_PREPARE, "qemuMigrationDstPrepareDirect", "qemuMigrationPrepareDirect"),
	PHASE(MT_PREPARE, "qemuMigrationDstPrepareTunnel", "qemuMigrationPrepareTunnel"),
	PHASE(MT_PERFORM, "qemuMigrationSrcPerform", "qemuMigrationPerform", {5, 8}, {2, 8}),
	PHASE(MT_RUN, "qemuMigrationSrcRun", "qemuMigrationRun"),
	PHASE(MT_FINISH, "qemuMigrationDstFinish", "qemuMigrationFinish", {3, 8}, {4, 4}, {8, 4}),
	PHASE(MT_CONFIRM, "qemuMigrationSrcConfirm", "qemuMigrationConfirm", {5, 4}),
	PHASE(MT_COMPLETE, "qemuMigrationSrcComplete", NULL),
	PHASE(MT_START_CPUS, "qemuProcessStartCPUs", NULL, {2, 4}),
	PHASE(MT_STOP_CPUS, "qemuProcessStopCPUs", NULL, {2, 4}),
	PHASE(MT_COOKIE_FORMAT, "qemuMigrationCookieFormat", NULL, {3, 4}, {4, 8}, {5, 8}, {6, 4}),
	{MT_SET_STATE,
	 PROBE_LIBRARY,
	 false,
	 false,
	 {"virDomainObjSetState"},
	 {{0, 8}, {1, 4}, {2, 4}}},
	ACCESS_CHECK("Begin3"),
	ACCESS_CHECK("Begin3Params"),
	ACCESS_CHECK("Prepare2"),
	ACCESS_CHECK("Prepare3"),
	ACCESS_CHECK("Prepare3Params"),
	ACCESS_CHECK("PrepareTunnel"),
	ACCESS_CHECK("PrepareTunnel3"),
	ACCESS_CHECK("PrepareTunnel3Params"),
	ACCESS_CHECK("Perform"),
	ACCESS_CHECK("Perform3"),
	ACCESS_CHECK("Perform3Params"),
	ACCESS_CHECK("Finish2"),
	ACCESS_CHECK("Finish3"),
	ACCESS_CHECK("Finish3Params"),
	ACCESS_CHECK("Confirm3"),
	ACCESS_CHECK("Confirm3Params"),
	SDT(MT_MONITOR_SEND, PROBE_DRIVER, "qemu_monitor_send_msg", {0, 8}, {1, 8}),
	SDT(MT_MONITOR_EVENT, PROBE_DRIVER, "qemu_monitor_recv_event", {0, 8}, {1, 8}),
	SDT(MT_MONITOR_CLOSE, PROBE_DRIVER, "qemu_monitor_close", {0, 8}),
	RPC(MT_RPC_CLIENT_SEND, "rpc_client_msg_tx_queue"),
	RPC(MT_RPC_CLIENT_RECEIVE, "rpc_client_msg_rx"),
	RPC(MT_RPC_SERVER_SEND, "rpc_server_client_msg_tx_queue"),
	RPC(MT_RPC_SERVER_RECEIVE, "rpc_server_client_msg_rx"),
};

const struct probe *probe_catalogue(size_t *count)
{
	*count = sizeof(catalogue) / sizeof(catalogue[0]);
	return catalogue;
}

const char *probe_file_name(enum probe_file file)
{
	static const char *const names[PROBE_FILES] = {
		[PROBE_DRIVER] = "libvirt_driver_qemu.so",
		[PROBE_LIBRARY] = "libvirt.so.0",
	};

	return names[file];
}
