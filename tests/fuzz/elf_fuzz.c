/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a file of libvirt or QEMU: looked through for all probes, or refused. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe/elf/debug_file.h"
#include "probe/elf/enum_names.h"
#include "probe/elf/image.h"
#include "probe/find/points.h"
#include "probe/find/resolve.h"
#include "probe/elf/version.h"
#include "probe/code/vm_def.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct image *image)
{
	static const struct points_options all = {
		.nop5_is_safe = true, .returns_are_safe = true, .with_devices = true};
	static struct points points; /* too large for a stack */
	struct enum_names names;
	char build_id[IMAGE_BUILD_ID_TEXT];
	char version[32];
	uint16_t offset;

	struct resolver *resolver = resolver_open(image, &(struct debug_place){NULL, NULL, false});

	if (!resolver)
		return;
	image_build_id(image, build_id, sizeof(build_id));
	vm_def_offset(image, &offset);
	version_find(image, PROBE_QEMU, "", version, sizeof(version));
	enum_names(image, "MigrationStatus_lookup", &names);
	for (enum probe_file file = 0; file < PROBE_FILES; file++)
		if (!points_find(image, resolver, file, &all, &points) && points.count > POINTS_MAX)
			abort();
	resolver_close(resolver);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char path[32];
	struct image *image;

	if (fd < 0)
		return 0;
	if (write(fd, data, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		image = image_open(path);
		if (image)
			look(image);
		image_close(image);
	}
	close(fd);
	return 0;
}
