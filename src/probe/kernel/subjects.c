/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of guests that migrate is watched for as long: their network interfaces, and their disks. */
#include "probe/kernel/subjects.h"

void subjects_begin(struct subjects *subjects, uint32_t subject, pid_t pid,
		    struct watch_found *found)
{
	*found = (struct watch_found){.count = 0};
	if (subject == SUBJECT_NET)
		net_programs_begin(&subjects->net, pid, found);
	else if (subject == SUBJECT_DISK)
		disk_programs_begin(&subjects->disk, pid, found);
}

void subjects_end(struct subjects *subjects, uint32_t subject, uint32_t index)
{
	if (subject == SUBJECT_NET)
		net_programs_end(&subjects->net, index);
	else if (subject == SUBJECT_DISK)
		disk_programs_end(&subjects->disk, index);
}

void subjects_detach(struct subjects *subjects)
{
	optional_detach(&subjects->net.links);
	disk_programs_detach(&subjects->disk);
}
