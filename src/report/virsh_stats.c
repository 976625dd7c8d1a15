/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt itself says of a migration: the output of virsh domjobinfo --rawstats. */
#include "report/virsh_stats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "sandbox/user_file.h"

#define LINE_MAX_ 256

static void line_take(const char *line, struct reported *reported)
{
	char name[64];
	uint64_t value;

	if (sscanf(line, "%63[a-z_]: %" SCNu64, name, &value) == 2)
		reported_take(reported, name, value);
	if (sscanf(line, "Job type: %" SCNu64, &value) == 1 && value <= INT32_MAX) {
		reported->is_given = true;
		reported->type = (int64_t)value;
	}
}

int reported_read(const char *path, struct reported *reported)
{
	FILE *file = user_file_stream(path, "r");
	char line[LINE_MAX_];

	memset(reported, 0, sizeof(*reported));
	if (!file) {
		diag("%s: %s", path, strerror(errno));
		return -errno;
	}
	while (fgets(line, sizeof(line), file))
		line_take(line, reported);
	fclose(file);
	if (reported->is_given)
		return 0;
	diag("%s: not what virsh domjobinfo --rawstats prints", path);
	return -EPROTO;
}
