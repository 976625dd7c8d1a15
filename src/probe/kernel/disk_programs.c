/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probes that see requests of guests' disks: attached to a QEMU while its disks are watched. */
#include "probe/kernel/disk_programs.h"

#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "probe/host/disks.h"

_Static_assert(DISKS_OF_ONE + 1 <= WATCHED_OF_ONE, "and the one without an id");

static int ids_fd(const struct disk_programs *programs)
{
	return bpf_object__find_map_fd_by_name(programs->object, "disk_ids");
}

/* Returns the guest of that number; of 0, a free place. NULL: there is none. */
static struct disk_guest *guest_of(struct disk_programs *programs, uint32_t tgid)
{
	for (size_t i = 0; i < MT_DISKS; i++)
		if (programs->guests[i].tgid == tgid)
			return &programs->guests[i];
	return NULL;
}

/* What the programs know it by is put last: from then on they write to it. */
static bool disk_put(struct disk_programs *programs, uint32_t tgid, const char *id, uint32_t *index)
{
	struct mt_disk disk = {.key.tgid = tgid, .generation = ++programs->generation};
	uint32_t at = 0;

	while (at < MT_DISKS && programs->is_used[at])
		at++;
	if (at == MT_DISKS)
		return false;
	memcpy(disk.key.id, id, strnlen(id, MT_DISK_ID - 1));
	programs->disks[at] = disk;
	if (bpf_map_update_elem(ids_fd(programs), &disk.key, &at, BPF_NOEXIST))
		return false;
	programs->is_used[at] = true;
	*index = at;
	return true;
}

static void guest_detach(struct disk_guest *guest)
{
	attachments_detach(&guest->attachments);
	guest->tgid = 0;
}

static bool guest_attach(const struct disk_programs *programs, pid_t pid,
			 struct attachments *attachments)
{
	const struct probed_file *file = probed_of(programs->probed, pid);
	const struct build *build = file ? &programs->probed->builds[file->number - 1] : NULL;
	char path[DAEMON_FILE_PATH];

	return build && build->armed_count &&
	       !attach_armed(attachments, programs->way, programs->program, fd_path(file->fd, path),
			     build->armed, build->armed_count, pid);
}

void disk_programs_begin(struct disk_programs *programs, pid_t pid, struct watch_found *found)
{
	char ids[DISKS_OF_ONE][MT_DISK_ID];
	uint32_t tgid = guest_tgid(programs->object, pid);
	struct disk_guest *guest = tgid ? guest_of(programs, 0) : NULL;
	size_t count = guest ? disks_find(pid, ids) : 0;

	*found = (struct watch_found){.count = 0};
	if (!count || !guest_attach(programs, pid, &guest->attachments))
		return;
	guest->tgid = tgid;
	for (size_t i = 0; i <= count; i++)
		if (disk_put(programs, tgid, i < count ? ids[i] : "", &found->index[found->count]))
			found->count++;
	guest->disks = found->count;
	if (!guest->disks)
		guest_detach(guest);
}

void disk_programs_end(struct disk_programs *programs, uint32_t index)
{
	struct disk_guest *guest;

	if (index >= MT_DISKS || !programs->is_used[index])
		return;
	guest = guest_of(programs, programs->disks[index].key.tgid);
	bpf_map_delete_elem(ids_fd(programs), &programs->disks[index].key);
	programs->is_used[index] = false;
	if (guest && !--guest->disks)
		guest_detach(guest);
}

void disk_programs_detach(struct disk_programs *programs)
{
	for (size_t i = 0; i < MT_DISKS; i++)
		guest_detach(&programs->guests[i]);
}
