/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file of libvirt that is probed: what it is, and what was found in it. */
#include "probe/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/kernel.h"
#include "probe/tracer.h"
#include "probe/vm_def.h"

/* Returns where domain objects have their definition, as the daemon's library shows; 0: unknown. */
static uint16_t def_offset_of(const struct daemon_file *file)
{
	char path[DAEMON_FILE_PATH];
	struct image *library =
		file->library_fd >= 0 ? image_open(fd_path(file->library_fd, path)) : NULL;
	uint16_t offset;

	if (!library || vm_def_offset(library, &offset))
		offset = 0;
	image_close(library);
	return offset;
}

static int image_probe(const struct image *image, struct tracer *tracer,
		       const struct daemon_file *file, struct target *target)
{
	int err;

	snprintf(target->name, sizeof(target->name), "%s", file->name);
	if (image_build_id(image, target->build_id, sizeof(target->build_id)))
		target->build_id[0] = '\0';
	err = points_find(image, file->file, kernel_nop5_is_safe(), &target->points);
	if (err)
		fprintf(stderr, "migtrace: %s: %s\n", file->name, strerror(-err));
	target->def_offset = def_offset_of(file);
	points_set_def_offset(&target->points, target->def_offset);
	return err || !tracer ? err : tracer_probe(tracer, file, &target->points);
}

int target_probe(struct tracer *tracer, const struct daemon_file *file, struct target **result)
{
	char path[DAEMON_FILE_PATH];
	struct target *target = malloc(sizeof(*target));
	struct image *image = target ? image_open(fd_path(file->fd, path)) : NULL;
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
