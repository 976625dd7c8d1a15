/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a file that no process has mapped may be run again: of whom it was may live on. */
#include "probe/host/awaited.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "probe/host/unseen.h"
#include "sandbox/privileges.h"

static bool is_deleted(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && !st.st_nlink;
}

static bool is_our_own(const struct awaited *file)
{
	struct stat ours, st;

	return file->path[0] && !stat(file->path, &ours) && !fstat(file->fd, &st) &&
	       ours.st_dev == st.st_dev && ours.st_ino == st.st_ino;
}

/* Some are closed even to those who may see all others: they keep nothing. */
static void process_note(struct awaited *files, size_t count, const char *pid, bool may_see)
{
	char path[300];
	struct stat st;
	bool is_refused;

	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", pid);
	is_refused = stat(path, &st) != 0;
	if (is_refused && (may_see || !is_refusal(errno)))
		return;
	for (size_t i = 0; i < count; i++)
		if (is_refused || files[i].mntns == st.st_ino)
			files[i].is_awaited = true;
}

void awaited_look(struct awaited *files, size_t count)
{
	bool may_see = !privileges_missing(0, false);
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	for (size_t i = 0; i < count; i++)
		files[i].is_awaited = !proc || is_our_own(&files[i]);
	while (proc && (entry = readdir(proc)))
		if (strtol(entry->d_name, NULL, 10) > 0)
			process_note(files, count, entry->d_name, may_see);
	if (proc)
		closedir(proc);
	for (size_t i = 0; i < count; i++)
		if (is_deleted(files[i].fd))
			files[i].is_awaited = false;
}
