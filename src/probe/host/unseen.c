/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a process may be looked at, and that some may not. */
#include "probe/host/unseen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_SIZE 96

bool is_refusal(int err)
{
	return err == EACCES || err == EPERM;
}

/* Returns whether it is named like one that matters: what anyone may see of a process. */
static bool comm_matters(pid_t pid)
{
	static const char *const names[] = {"libvirtd", "virtqemud", "qemu"};
	char path[PATH_SIZE], comm[MT_COMM + 1] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return false; /* it has ended, for which it may be refused, too */
	if (!fgets(comm, sizeof(comm), file))
		comm[0] = '\0';
	fclose(file);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(comm, names[i], strlen(names[i])))
			return true;
	return false;
}

void process_unseen(struct daemons *daemons, pid_t pid, int err)
{
	if (is_refusal(err) && (!daemons->may_see || pid == daemons->asked || comm_matters(pid)))
		daemons->has_unseen = true;
}

uint32_t namespace_of(struct daemons *daemons, pid_t pid, const char *kind)
{
	struct stat st;
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kind);
	if (!stat(path, &st))
		return (uint32_t)st.st_ino;
	process_unseen(daemons, pid, errno);
	return 0;
}
