/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that guests run in, by which the BPF programs know a QEMU of any name. */
#include "probe/kernel/emulator.h"

#include <stdint.h>
#include <bpf/libbpf.h>

#include "probe/host/daemons.h"

void emulator_note(const struct bpf_map *map, const struct daemon_file *file)
{
	uint64_t inode = file->inode.st.st_ino;
	uint32_t is_one = 1;

	if (file->file == PROBE_QEMU)
		bpf_map__update_elem(map, &inode, sizeof(inode), &is_one, sizeof(is_one), BPF_ANY);
}
