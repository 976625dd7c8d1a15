/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace record: what the daemons of this host do, as records, until a signal or a time. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/diag.h"
#include "cmd/commands.h"
#include "keep/keeper.h"
#include "recorder/recorder.h"
#include "sandbox/user_file.h"

/* The process that keeps what is recorded. */
struct keeper_process {
	int in;	     /* what it reads */
	int done;    /* where it says how it has ended, and is told to end when nothing migrates */
	int nowhere; /* what stdout is after that */
};

/* It ends when the recording does: a signal is the recorder's. */
static _Noreturn void keep(struct store *store, int in, int done)
{
	char status;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	status = (char)keeper_follow(store, in, done);
	_exit(write(done, &status, 1) == 1 ? status : STATUS_FAILURE);
}

/* Returns 0 or -errno. Nothing that it takes has to be closed: we end soon after it. */
static int keeper_start(struct store *store, struct keeper_process *keeper)
{
	int in[2], done[2];
	pid_t pid;

	keeper->nowhere = user_file_openat(AT_FDCWD, "/dev/null", O_WRONLY);
	if (keeper->nowhere < 0 || pipe2(in, O_CLOEXEC) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, done))
		return -errno;
	fflush(NULL); /* what is buffered is ours alone */
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		close(in[1]);
		close(done[0]);
		keep(store, in[0], done[1]);
	}
	close(in[0]);
	close(done[1]);
	keeper->in = in[1];
	keeper->done = done[0];
	return 0;
}

/* We are confined by now, and cannot wait for it as a child. */
static enum status keeper_end(const struct keeper_process *keeper)
{
	char status;

	fflush(stdout);
	clearerr(stdout); /* what could not be written is told below */
	dup3(keeper->nowhere, STDOUT_FILENO, O_CLOEXEC);
	if (read(keeper->done, &status, 1) == 1)
		return (enum status)status;
	diag("the process that keeps the store has ended");
	return STATUS_FAILURE;
}

/* The recorder writes to stdout, which is read by a process of its own that has no privileges. */
static enum status kept_record(const struct recorder_settings *settings, struct store *store)
{
	struct keeper_process keeper = {-1, -1, -1};
	struct recorder_settings kept = *settings;
	enum status status;
	int err = keeper_start(store, &keeper);

	if (!err && dup3(keeper.in, STDOUT_FILENO, O_CLOEXEC) < 0)
		err = -errno;
	if (err) {
		diag("cannot begin to keep: %s", strerror(-err));
		return STATUS_FAILURE;
	}
	close(keeper.in);
	kept.reload = &keeper.done;
	status = recorder_watched(&kept, NULL);
	if (status == STATUS_LEFT) /* it has ended, which is told below */
		status = STATUS_OK;
	return status_worse(status, keeper_end(&keeper));
}

enum status cmd_record(const struct options *options)
{
	const struct record_options *record = &options->record;
	enum status status;
	struct store *store;

	if (options->file_count) {
		diag("record takes no arguments; use -o FILE");
		return STATUS_USAGE;
	}
	if (record->is_check)
		return STATUS_OK;
	if (!record->keep.store)
		return recorder_watched(&record->recorder, NULL);
	store = store_keep(record->keep.store, &record->keep.limits);
	if (!store)
		return STATUS_FAILURE;
	status = kept_record(&record->recorder, store);
	store_free(store);
	return status;
}
