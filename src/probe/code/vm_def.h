/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where libvirt's domain object has its definition: read off libvirt's own code. */
#ifndef MIGTRACE_PROBE_CODE_VM_DEF_H
#define MIGTRACE_PROBE_CODE_VM_DEF_H

#include <stdint.h>

struct image;

/*
 * Tells the offset of the definition in the domain objects of this libvirt.so.0. It has changed
 * four times (0x48, 0x78, 0x80, 0x88, 0x90 in 11.3), with no version to be seen in memory. Returns
 * 0, or -ENOENT where the code is not as expected: then it is not known.
 */
int vm_def_offset(const struct image *library, uint16_t *offset);

#endif
