/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace import: the migrations in recordings, into a store. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/memory.h"
#include "cmd/commands.h"
#include "keep/keeper.h"
#include "sandbox/user_file.h"

/* Returns how many of the files are open: all, or up to one of which a line on stderr says why. */
static size_t files_open(char *const *names, size_t count, int *fds)
{
	for (size_t i = 0; i < count; i++) {
		fds[i] = strcmp(names[i], "-") ? user_file_open(names[i], 0) : dup(STDIN_FILENO);
		if (fds[i] >= 0)
			continue;
		diag("%s: %s", names[i], strerror(errno));
		return i;
	}
	return count;
}

enum status cmd_import(const struct options *options)
{
	const struct import_options *import = &options->import;
	size_t count = options->file_count, opened;
	enum status status = STATUS_FAILURE;
	struct store *store;
	int *fds;

	if (!count) {
		diag("import: no recording given");
		return STATUS_USAGE;
	}
	fds = memory_needed(calloc(count, sizeof(*fds)));
	opened = files_open(options->files, count, fds);
	store = opened == count ? store_keep(import->reading.store ?: STORE_PATH, &import->limits)
				: NULL;
	if (store)
		status = keeper_import(store, fds, count);
	for (size_t i = 0; i < opened; i++)
		close(fds[i]);
	free(fds);
	store_free(store);
	return status;
}
