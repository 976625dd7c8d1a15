/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt itself says of a migration: the output of virsh domjobinfo --rawstats. */
#include "report/reported.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_ 256

static const char *const names[REPORTED_FIELDS] = {
	[REPORTED_DOWNTIME] = "downtime",
	[REPORTED_DOWNTIME_NET] = "downtime_net",
	[REPORTED_ELAPSED] = "time_elapsed",
	[REPORTED_ELAPSED_NET] = "time_elapsed_net",
};

const char *reported_name(enum reported_field field)
{
	return names[field];
}

static void line_take(const char *line, struct reported *reported)
{
	char name[64];
	uint64_t ms;

	if (sscanf(line, "%63[a-z_]: %" SCNu64, name, &ms) != 2)
		return;
	for (int field = 0; field < REPORTED_FIELDS; field++) {
		if (strcmp(name, names[field]))
			continue;
		reported->field[field].known = true;
		reported->field[field].ms = ms;
	}
}

int reported_read(const char *path, struct reported *reported)
{
	FILE *file = fopen(path, "re");
	char line[LINE_MAX_];

	memset(reported, 0, sizeof(*reported));
	if (!file) {
		fprintf(stderr, "migtrace: %s: %s\n", path, strerror(errno));
		return -errno;
	}
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "Job type:", 9))
			reported->is_given = true;
		line_take(line, reported);
	}
	fclose(file);
	if (reported->is_given)
		return 0;
	fprintf(stderr, "migtrace: %s: not what virsh domjobinfo --rawstats prints\n", path);
	return -EPROTO;
}
