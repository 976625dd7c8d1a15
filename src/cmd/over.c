/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `migtrace wait` of migrations that are over: recordings, or halves of the store, are judged. */
#include "cmd/over.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "cmd/follow.h"
#include "cmd/reading.h"
#include "cmd/stored.h"
#include "live/view.h"
#include "live/waited.h"
#include "sandbox/confine.h"

struct judged {
	const struct live_settings *settings;
	struct view *view;
	size_t count;
	enum status status;
};

/* A file that stands where we are may have a domain's name. */
static bool is_path(const char *name)
{
	return strchr(name, '/') || strstr(name, ".jsonl");
}

bool over_is_meant(const struct options *options)
{
	for (size_t i = 0; i < options->file_count; i++) {
		const char *name = options->files[i];
		char *path = stored_path(name, options->live.live.store);
		bool is_recording = path && is_path(path) && !access(path, F_OK);

		free(path);
		if (!is_recording)
			return false;
	}
	return options->file_count;
}

static void migrations_judge(void *arg, const struct migration *migrations, size_t count)
{
	struct judged *judged = arg;
	struct account account;

	for (size_t i = 0; i < count; i++) {
		account_make(&migrations[i], &(struct account_request){0}, &account);
		view_result(judged->view, &account, account.real_ns);
		judged->status =
			status_worse(judged->status, waited_status(judged->settings, &account));
		judged->count++;
	}
}

static int recordings_judge(struct follow *follow, struct judged *judged)
{
	struct correlator *correlator =
		correlator_new(READING_BYTES, READING_SIDE_EVENTS, migrations_judge, judged);
	int err =
		correlator ? follow_all(follow, correlator) ?: correlator_end(correlator) : -ENOMEM;

	if (err == -ENOMEM)
		diag("out of memory");
	correlator_free(correlator);
	return err;
}

enum status over_judge(const struct options *options)
{
	const struct live_settings *settings = &options->live.live;
	struct judged judged = {.settings = settings};
	struct follow *follow = follow_open(options->files, options->file_count, settings->store);
	int err;

	if (!follow)
		return STATUS_FAILURE;
	confine(CONFINE_READER);
	judged.view = view_new(stdout, settings->is_json);
	err = judged.view ? recordings_judge(follow, &judged) : -ENOMEM;
	view_end(judged.view);
	follow_close(follow);
	if (err)
		return STATUS_FAILURE;
	if (!judged.count)
		diag("no migration in these recordings");
	return judged.count ? judged.status : STATUS_INCOMPLETE;
}
