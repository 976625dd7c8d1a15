/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files are probed, by which sites, and which of them nobody can run any more. */
#include "probe/kernel/probed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/host/awaited.h"

void probed_remove(struct probed *probed, struct probed_file *file)
{
	if (!file)
		return;
	if (file->number)
		probed->builds[file->number - 1].files--;
	close(file->fd);
	*file = probed->files[--probed->count];
}

/* Who uses it now may not be who did; of a container that has ended nothing is held by us. */
static void file_use(struct probed_file *file, const struct daemon_file *seen)
{
	file->is_used = true;
	file->inode = seen->inode;
	file->mntns = seen->mntns;
	memcpy(file->path, seen->path, sizeof(file->path));
	dup3(seen->fd, file->fd, O_CLOEXEC);
}

void probed_look(struct probed *probed)
{
	for (size_t i = 0; i < probed->count; i++)
		probed->files[i].is_used = false;
}

static struct probed_file *file_find(const struct probed *probed, const struct inode *inode)
{
	for (size_t i = 0; i < probed->count; i++)
		if (inode_is_same(&probed->files[i].inode, inode))
			return &probed->files[i];
	return NULL;
}

uint16_t probed_use(struct probed *probed, const struct daemon_file *file)
{
	struct probed_file *known = file_find(probed, &file->inode);

	if (!known)
		return 0;
	file_use(known, file);
	return known->number;
}

bool probed_knows(struct probed *probed, const struct daemon_file *file)
{
	struct probed_file *known = file_find(probed, &file->inode);

	if (!known || !known->leaver)
		return known != NULL;
	waitpid(known->leaver, NULL, 0);
	probed_remove(probed, known);
	return false;
}

static bool room_make(struct probed *probed)
{
	size_t room = probed->room ? 2 * probed->room : 16;
	struct probed_file *files;

	if (probed->count < probed->room)
		return true;
	files = probed->count < DAEMONS_MAX ? realloc(probed->files, room * sizeof(*files)) : NULL;
	if (!files)
		return false;
	probed->files = files;
	probed->room = room;
	return true;
}

struct probed_file *probed_add(struct probed *probed, const struct daemon_file *file)
{
	int fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
	struct probed_file *added;

	if (fd < 0 || !room_make(probed)) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	added = &probed->files[probed->count++];
	*added = (struct probed_file){.fd = fd};
	file_use(added, file);
	return added;
}

/* Returns where so many sites are free; 0: nowhere. */
static uint32_t sites_find(const struct probed *probed, uint32_t count)
{
	uint32_t first = SITE_SELF_TEST + 1;

	for (size_t i = 0; i < MT_TARGETS_MAX; i++) {
		const struct build *build = &probed->builds[i];

		if (!build->count || first + count <= build->first ||
		    build->first + build->count <= first)
			continue;
		first = build->first + build->count;
		i = (size_t)-1; /* this place is another one than those before were looked at for */
	}
	return first + count <= probed->sites ? first : 0;
}

struct build *probed_build(struct probed *probed, uint16_t *number, size_t sites)
{
	uint32_t first;

	if (*number)
		return &probed->builds[*number - 1];
	while (*number < MT_TARGETS_MAX && probed->builds[*number].count)
		++*number;
	first = sites_find(probed, (uint32_t)sites);
	if (*number == MT_TARGETS_MAX || !first) {
		*number = 0;
		return NULL;
	}
	probed->builds[*number] = (struct build){.first = first, .count = (uint32_t)sites};
	return &probed->builds[(*number)++];
}

void probed_attached(struct probed *probed, struct probed_file *file, uint16_t number)
{
	file->number = number;
	probed->builds[number - 1].files++;
}

void probed_arm(struct probed *probed, uint16_t number, const struct points *points)
{
	struct build *build = &probed->builds[number - 1];

	build->armed_count = 0;
	for (uint32_t i = 0; i < points->count; i++) {
		const struct point *point = &points->point[i];

		if (!points_has(points, point->finding) || !point_is_armed(points, point))
			continue;
		if (build->armed_count == ARMED_MAX) {
			build->armed_count = 0;
			return;
		}
		build->armed[build->armed_count++] =
			(struct armed){point->offset, build->first + i};
	}
}

const struct probed_file *probed_of(const struct probed *probed, pid_t pid)
{
	const struct probed_file *file = NULL;
	struct inode inode;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && inode_get(fd, &inode))
		file = file_find(probed, &inode);
	if (fd >= 0)
		close(fd);
	return file && file->number && !file->leaver ? file : NULL;
}

uint16_t probed_spent(struct probed *probed)
{
	for (uint16_t i = 0; i < MT_TARGETS_MAX; i++) {
		struct build *build = &probed->builds[i];

		if (!build->count || build->files)
			continue;
		build->count = 0;
		return (uint16_t)(i + 1);
	}
	return 0;
}

bool probed_is_pending(const struct probed *probed)
{
	for (size_t i = 0; i < probed->count; i++)
		if (probed->files[i].leaver)
			return true;
	for (size_t i = 0; i < MT_TARGETS_MAX; i++)
		if (probed->builds[i].count && !probed->builds[i].files)
			return true;
	return false;
}

/* Forgets those whose leaver has ended. */
static void files_reap(struct probed *probed)
{
	for (size_t i = probed->count; i-- > 0;) {
		struct probed_file *file = &probed->files[i];

		if (file->leaver && waitpid(file->leaver, NULL, WNOHANG))
			probed_remove(probed, file);
	}
}

/* Returns those that are not used and not awaited: their number, and their places. */
static size_t files_useless(const struct probed *probed, size_t *places)
{
	struct awaited *unused = calloc(probed->count + 1, sizeof(*unused));
	size_t count = 0, useless = 0;

	for (size_t i = 0; unused && i < probed->count; i++) {
		const struct probed_file *file = &probed->files[i];

		if (file->is_used || file->leaver)
			continue;
		places[count] = i;
		unused[count++] = (struct awaited){file->fd, file->path, file->mntns, false};
	}
	if (count)
		awaited_look(unused, count);
	for (size_t i = 0; i < count; i++)
		if (!unused[i].is_awaited)
			places[useless++] = places[i];
	free(unused);
	return useless;
}

void probed_give_back(struct probed *probed)
{
	struct attachments gone = {0};
	size_t *places, count;
	pid_t leaver;

	files_reap(probed);
	places = calloc(probed->count + 1, sizeof(*places));
	count = places ? files_useless(probed, places) : 0;
	for (size_t i = 0; i < count; i++)
		attachments_move(&gone, &probed->files[places[i]].attachments);
	leaver = count ? attachments_leave_aside(&gone) : 0;
	for (size_t i = count; i-- > 0;) {
		if (leaver)
			probed->files[places[i]].leaver = leaver;
		else
			probed_remove(probed, &probed->files[places[i]]);
	}
	free(places);
}

/* Takes what holds the probes of all files, and forgets those. */
static struct attachments files_take(struct probed *probed)
{
	struct attachments all = {0};

	attachments_move(&all, &probed->self_test);
	while (probed->count) {
		struct probed_file *file = &probed->files[probed->count - 1];

		attachments_move(&all, &file->attachments);
		probed_remove(probed, file);
	}
	free(probed->files);
	memset(probed, 0, sizeof(*probed));
	return all;
}

void probed_detach(struct probed *probed)
{
	struct attachments all = files_take(probed);

	attachments_detach(&all);
}

void probed_leave(struct probed *probed)
{
	struct attachments all = files_take(probed);

	attachments_leave(&all);
}
