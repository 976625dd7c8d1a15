/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which version of libvirt or QEMU a file is of. */
#include "probe/elf/version.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "probe/elf/image.h"

#define QEMU_TEXT "QEMU emulator version "

/* libvirt.so.0.9000.0 is 9.0.0: the number is major * 1000 + minor, then the release. */
static void libvirt_version(const char *name, char *version, size_t size)
{
	unsigned int number, release;

	if (sscanf(name, "libvirt.so.0.%u.%u", &number, &release) == 2)
		snprintf(version, size, "%u.%u.%u", number / 1000, number % 1000, release);
}

/* Reads digits and dots, as far as there are any. */
static void qemu_version(const struct image *image, char *version, size_t size)
{
	struct image_section rodata;
	const uint8_t *text, *end;

	if (!image_section_named(image, ".rodata", &rodata) || !image_section_read(image, &rodata))
		return;
	end = rodata.data + rodata.size;
	text = memmem(rodata.data, rodata.size, QEMU_TEXT, strlen(QEMU_TEXT));
	if (!text)
		return;
	text += strlen(QEMU_TEXT);
	while (text < end && size > 1 && ((*text >= '0' && *text <= '9') || *text == '.')) {
		*version++ = (char)*text++;
		size--;
	}
	*version = '\0';
}

void version_find(const struct image *image, enum probe_file file, const char *name, char *version,
		  size_t size)
{
	*version = '\0';
	if (file == PROBE_LIBRARY)
		libvirt_version(name, version, size);
	if (file == PROBE_QEMU)
		qemu_version(image, version, size);
}
