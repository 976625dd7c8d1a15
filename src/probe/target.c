/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file of libvirt that is probed: what it is, and what was found in it. */
#include "probe/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/tracer.h"

static int image_probe(const struct image *image, struct tracer *tracer,
		       const struct daemon_file *file, struct target *target)
{
	int err;

	snprintf(target->name, sizeof(target->name), "%s", file->name);
	if (image_build_id(image, target->build_id, sizeof(target->build_id)))
		target->build_id[0] = '\0';
	err = points_find(image, file->file, &target->points);
	if (err)
		fprintf(stderr, "migtrace: %s: %s\n", file->name, strerror(-err));
	return err || !tracer ? err : tracer_probe(tracer, file, &target->points);
}

int target_probe(struct tracer *tracer, const struct daemon_file *file, struct target **result)
{
	char path[DAEMON_FILE_PATH];
	struct target *target = malloc(sizeof(*target));
	struct image *image = target ? image_open(daemon_file_path(file, path)) : NULL;
	int err = image ? 0 : -errno;

	if (err)
		fprintf(stderr, "migtrace: %s: %s\n", file->name, strerror(-err));
	else
		err = image_probe(image, tracer, file, target);
	image_close(image);
	if (err)
		free(target);
	else
		*result = target;
	return err;
}
