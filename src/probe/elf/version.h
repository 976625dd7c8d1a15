/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which version of libvirt or QEMU a file is of. */
#ifndef MIGTRACE_PROBE_ELF_VERSION_H
#define MIGTRACE_PROBE_ELF_VERSION_H

#include <stddef.h>

#include "probe/catalogue.h"

struct image;

/*
 * Writes the version, as "9.0.0"; "" if it is not to be seen: libvirt's is in its library's file
 * name, QEMU's in the text of its --version. A driver's is its library's.
 */
void version_find(const struct image *image, enum probe_file file, const char *name, char *version,
		  size_t size);

#endif
