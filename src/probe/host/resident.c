/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much memory a process has touched: of a QEMU, what its guest has, and some of its own. */
#include "probe/host/resident.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Not RssFile: programs and libraries. */
static const char *const rows[] = {"RssAnon:", "RssShmem:", "VmSwap:", "HugetlbPages:"};

uint64_t resident_bytes(pid_t pid)
{
	uint64_t kib, sum = UINT64_MAX;
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	if (!file)
		return UINT64_MAX;
	while (fgets(line, sizeof(line), file))
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (!strncmp(line, rows[i], strlen(rows[i])) &&
			    sscanf(line + strlen(rows[i]), "%" SCNu64, &kib) == 1)
				sum = (sum == UINT64_MAX ? 0 : sum) + kib * 1024;
	fclose(file);
	return sum;
}
