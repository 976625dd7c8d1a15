/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace last: the report of the last migration in a store, and of its peer's half. */
#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag.h"
#include "cmd/commands.h"
#include "cmd/halves.h"
#include "sandbox/privileges.h"

#define SPAN_TEXT 64
#define PATH_TEXT 32

/* The peer's shell is given nothing that anybody else has written. No password can be asked for. */
static int export_start(const char *host, const struct halves *halves, int out, pid_t *pid)
{
	char span[SPAN_TEXT];
	char *const argv[] = {(char *)"ssh",
			      (char *)"-T",
			      (char *)"-o",
			      (char *)"BatchMode=yes",
			      (char *)"-o",
			      (char *)"ConnectTimeout=10",
			      (char *)"--",
			      (char *)host,
			      (char *)"migtrace",
			      (char *)"export",
			      (char *)"--uuid",
			      (char *)halves->uuid,
			      (char *)"--overlaps",
			      span,
			      NULL};
	posix_spawn_file_actions_t actions;
	int err;

	snprintf(span, sizeof(span), "%" PRId64 ",%" PRId64, halves->begin_ns / 1000000000,
		 halves->end_ns / 1000000000 + 1);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", 0, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	err = posix_spawnp(pid, "ssh", &actions, NULL, argv, privileges_environment());
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

/* Returns the peer's half, which has no other name, or -1 with a line on stderr. */
static int export_fetch(const char *host, const struct halves *halves)
{
	int out = memfd_create("the peer's half", MFD_CLOEXEC), status = 0, err;
	pid_t pid;

	err = out < 0 ? -errno : export_start(host, halves, out, &pid);
	while (!err && waitpid(pid, &status, 0) < 0)
		err = errno == EINTR ? 0 : -errno;
	if (!err && WIFEXITED(status) && !WEXITSTATUS(status))
		return out;
	if (err)
		diag("cannot run ssh: %s", strerror(-err));
	else
		diag("%s: its half could not be fetched", host);
	if (out >= 0)
		close(out);
	return -1;
}

/* Reports them as if they had been named. Of the peer's halves some may be of other migrations. */
static enum status halves_report(const struct options *options, struct halves *halves, int peer)
{
	char *files[HALVES_MAX + 1], path[PATH_TEXT];
	struct options report = {.files = files, .report = options->last.report};
	enum status status;

	for (size_t i = 0; i < halves->count; i++)
		files[report.file_count++] = halves->id[i];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", peer);
	if (peer >= 0) {
		files[report.file_count++] = path;
		report.report.reading.addition = path;
	}
	status = cmd_report(&report);
	/* What was asked for is not all there. */
	return options->last.peer && peer < 0 ? status_worse(status, STATUS_INCOMPLETE) : status;
}

enum status cmd_last(const struct options *options)
{
	const char *path = options->last.report.reading.store ?: STORE_PATH;
	struct halves halves = {.count = 0};
	struct store *store;
	int err, peer = -1;

	if (options->file_count > 1) {
		diag("last takes one domain at most");
		return STATUS_USAGE;
	}
	store = store_open(path);
	if (!store)
		return STATUS_FAILURE;
	err = halves_last(store, options->file_count ? options->files[0] : NULL, &halves);
	store_free(store);
	if (err)
		return STATUS_FAILURE;
	if (!halves.count) {
		diag("no such migration in %s", path);
		return STATUS_INCOMPLETE;
	}
	if (options->last.peer)
		peer = export_fetch(options->last.peer, &halves);
	return halves_report(options, &halves, peer);
}
