/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file of libvirt or QEMU that is probed: what it is, and what was found in it. */
#include "probe/target.h"

#include <elf.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "probe/debug_file.h"
#include "probe/kernel.h"
#include "probe/resolve.h"
#include "probe/target_cache.h"
#include "probe/tracer.h"
#include "probe/version.h"
#include "probe/vm_def.h"

#define HOST_MACHINE EM_X86_64 /* what the BPF programs are built for */

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

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static int points_look(const struct target_look *look, const struct image *image,
		       const struct daemon_file *file, struct points *points)
{
	const struct points_wish wish = {kernel_nop5_is_safe(), look->opts_in};
	struct resolver *resolver = resolver_open(
		image, &(struct debug_place){file->root, file->path, look->ask_debuginfod});
	int err = resolver ? 0 : -errno;

	if (!err)
		err = points_find(image, resolver, file->file, &wish, points);
	resolver_close(resolver);
	return err;
}

/* Fills in the target's points as they were found in the same bytes before, or else looks now. */
static int points_get(const struct target_look *look, const struct image *image,
		      const struct daemon_file *file, struct target *target)
{
	const struct points *known = NULL;
	int err;

	if (target->build_id[0])
		known = target_cache_get(look->cache, target->build_id, file->fd);
	if (known) {
		target->points = *known;
		return 0;
	}
	err = points_look(look, image, file, &target->points);
	if (!err && target->build_id[0])
		target_cache_put(look->cache, target->build_id, file->fd, &target->points);
	return err;
}

static int image_look(const struct target_look *look, const struct image *image,
		      const struct daemon_file *file, struct target *target)
{
	int err;

	snprintf(target->name, sizeof(target->name), "%s", file->name);
	version_find(image, file->file, file->name, target->version, sizeof(target->version));
	target->is_foreign = image_machine(image) != HOST_MACHINE;
	if (image_build_id(image, target->build_id, sizeof(target->build_id)))
		target->build_id[0] = '\0';
	err = points_get(look, image, file, target);
	target->def_offset = def_offset_of(file);
	points_set_def_offset(&target->points, target->def_offset);
	if (file->file == PROBE_QEMU)
		enum_names(image, "MigrationStatus_lookup", &target->states);
	return err;
}

int target_probe(const struct target_look *look, struct tracer *tracer,
		 const struct daemon_file *file, struct target **result)
{
	char path[DAEMON_FILE_PATH];
	int64_t start_ns = now_ns();
	struct target *target = malloc(sizeof(*target));
	struct image *image = target ? image_open(fd_path(file->fd, path)) : NULL;
	int err = image ? image_look(look, image, file, target) : -errno;

	image_close(image);
	malloc_trim(0); /* its sections are of megabytes, and we may stay for months */
	if (!err && tracer && target->is_foreign)
		err = -ENOEXEC;
	if (err) {
		fprintf(stderr, "migtrace: %s: %s\n", file->name, strerror(-err));
	} else {
		target->look_ns = now_ns() - start_ns;
		err = tracer ? tracer_probe(tracer, file, &target->points, &target->number) : 0;
		target->probed = points_any(&target->points);
	}
	if (err)
		free(target);
	else
		*result = target;
	return err;
}
