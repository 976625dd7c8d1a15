/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose process ids ours are: in a container they are other than the kernel's own. */
#include "probe/host/pid_namespace.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define INITIAL_INODE 0xeffffffcu /* PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h */

int pid_namespace_get(uint32_t *inode)
{
	char self[16] = "";
	struct stat st;

	if (readlink("/proc/self", self, sizeof(self) - 1) < 0 ||
	    strtol(self, NULL, 10) != getpid() || stat("/proc/self/ns/pid", &st))
		return -EXDEV;
	*inode = st.st_ino == INITIAL_INODE ? 0 : (uint32_t)st.st_ino;
	return 0;
}
