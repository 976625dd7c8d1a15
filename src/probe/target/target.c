/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file of libvirt or QEMU that is probed: what it is, and what was found in it. */
#include "probe/target/target.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/time.h"
#include "probe/arch/arch.h"
#include "probe/elf/debug_file.h"
#include "probe/kernel/kernel.h"
#include "probe/find/resolve.h"
#include "probe/target/target_cache.h"
#include "probe/kernel/tracer.h"
#include "probe/elf/version.h"
#include "probe/code/vm_def.h"
#include "sandbox/apart.h"

/* A file that is open for us: whose it is does not matter, nor which path leads to it. */
static struct image *image_of(int fd)
{
	int ours = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return ours < 0 ? NULL : image_open_fd(ours);
}

/* Returns where domain objects have their definition, as the daemon's library shows; 0: unknown. */
static uint16_t def_offset_of(const struct daemon_file *file, const struct image *image)
{
	bool is_library = file->file == PROBE_LIBRARY;
	struct image *library = is_library ? NULL : image_of(file->library_fd);
	uint16_t offset;

	if (!(library || is_library) || vm_def_offset(library ?: image, &offset))
		offset = 0;
	image_close(library);
	return offset;
}

/* What is looked into, and how. */
struct looking {
	const struct target_look *look;
	const struct daemon_file *file;
	int root; /* of who runs it; -1: it has ended */
};

static int points_look(const struct looking *looking, const struct image *image,
		       struct points *points)
{
	const struct points_options wish = {kernel_nop5_is_safe(), looking->look->returns_are_safe,
					    looking->look->with_devices};
	char root[DAEMON_FILE_PATH];
	const struct debug_place place = {
		.root = looking->root < 0 ? NULL : fd_path(looking->root, root),
		.path = looking->file->path,
		.ask_debuginfod = looking->look->ask_debuginfod,
	};
	struct resolver *resolver = resolver_open(image, &place);
	int err = resolver ? 0 : -errno;

	if (!err)
		err = points_find(image, resolver, looking->file->file, &wish, points);
	resolver_close(resolver);
	return err;
}

static int image_look(const struct looking *looking, const struct image *image,
		      struct target *target)
{
	const struct daemon_file *file = looking->file;
	int err;

	version_find(image, file->file, file->name, target->version, sizeof(target->version));
	target->is_foreign = !image_arch(image)->is_host;
	if (image_build_id(image, target->build_id, sizeof(target->build_id)))
		target->build_id[0] = '\0';
	err = points_look(looking, image, &target->points);
	target->def_offset = def_offset_of(file, image);
	if (file->file == PROBE_QEMU)
		enum_names(image, "MigrationStatus_lookup", &target->states);
	return err;
}

/* Runs apart: what is in the file may be anything. */
static int file_look(const void *arg, void *result)
{
	const struct looking *looking = arg;
	struct image *image = image_of(looking->file->fd);
	int err = image ? image_look(looking, image, result) : -errno;

	image_close(image);
	return err;
}

#define IS_TEXT(array) (memchr(array, '\0', sizeof(array)) != NULL)

static bool states_are_sound(const struct enum_names *states)
{
	if (states->count > ENUM_NAMES_MAX)
		return false;
	for (size_t i = 0; i < states->count; i++)
		if (!IS_TEXT(states->name[i]))
			return false;
	return true;
}

/* Whoever looked may have been taken over by the file: nothing else may be probed because of it. */
static bool target_is_sound(const struct target *target, const struct daemon_file *file)
{
	struct stat st;

	return !fstat(file->fd, &st) && IS_TEXT(target->build_id) && IS_TEXT(target->version) &&
	       states_are_sound(&target->states) &&
	       points_are_sound(&target->points, file->file, (uint64_t)st.st_size);
}

static int target_look(const struct target_look *look, const struct daemon_file *file,
		       struct target *target)
{
	const struct looking looking = {
		.look = look,
		.file = file,
		.root = open(file->root, O_PATH | O_DIRECTORY | O_CLOEXEC),
	};
	const int keep[] = {file->fd, file->library_fd, looking.root};
	int err =
		apart_run(look->ask_debuginfod ? CONFINE_CALLER : CONFINE_RESOLVER, file_look,
			  &looking, keep, sizeof(keep) / sizeof(keep[0]), target, sizeof(*target));

	if (looking.root >= 0)
		close(looking.root);
	if (err)
		return err;
	return target_is_sound(target, file) ? 0 : -EPROTO;
}

/* Fills in the target as it was found in the same bytes before (*known), or else looks now. */
static int target_get(const struct target_look *look, const struct daemon_file *file,
		      struct target *target, struct target **known)
{
	int err;

	*known = target_cache_get(look->cache, file);
	if (*known) {
		*target = **known;
		return 0;
	}
	err = target_look(look, file, target);
	snprintf(target->name, sizeof(target->name), "%s", file->name);
	if (!err)
		*known = target_cache_put(look->cache, file, target);
	return err;
}

int target_probe(const struct target_look *look, struct tracer *tracer,
		 const struct daemon_file *file, struct target **result)
{
	int64_t start_ns = time_now_ns();
	struct target *target = calloc(1, sizeof(*target)), *known = NULL;
	int err = target ? target_get(look, file, target, &known) : -ENOMEM;

	if (!err)
		points_set_def_offset(&target->points, target->def_offset);
	if (!err && tracer && target->is_foreign)
		err = -ENOEXEC;
	if (file->is_guess && (err || !points_any(&target->points))) {
		err = -ENOENT;
	} else if (err) {
		diag("%s: cannot be probed: %s", file->name, strerror(-err));
	} else {
		target->look_ns = time_now_ns() - start_ns;
		err = tracer ? tracer_probe(tracer, file, &target->points, &target->number) : 0;
		target->probed = points_any(&target->points);
		if (!err && known)
			known->number = target->number;
	}
	if (err)
		free(target);
	else
		*result = target;
	return err;
}
