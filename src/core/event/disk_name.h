/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people call a disk, by the id that libvirt gives its device in QEMU. */
#ifndef MIGTRACE_CORE_EVENT_DISK_NAME_H
#define MIGTRACE_CORE_EVENT_DISK_NAME_H

#include <stddef.h>

#include "migtrace_disk.h"

/* Writes it with a NUL behind it: vda for virtio-disk0, and so on; of other ids the id itself. */
void disk_name(const char *id, size_t len, char name[MT_DISK_ID]);

#endif
