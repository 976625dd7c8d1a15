/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is installed and may be started: probed before any process runs it, so that its first call
 * is seen. */
#include "probe/host/installed.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/arch/arch.h"
#include "probe/host/daemon_files.h"

#define DRIVERS "libvirt/connection-driver" /* below where the library is */

/* Not by way of links, which could lead out of the daemon's root. */
void installed_add_qemus(struct daemons *daemons, pid_t pid)
{
	const char *const *path = arch_host()->emulator_paths;
	struct found found = {.file = PROBE_QEMU, .pid = pid};
	struct stat st;

	for (; *path; path++) {
		snprintf(found.path, sizeof(found.path), "%s", *path);
		snprintf(found.open, sizeof(found.open), "/proc/%d/root%s", pid, *path);
		if (!lstat(found.open, &st) && S_ISREG(st.st_mode))
			file_add(daemons, &found);
	}
}

/* Returns whether there is such a file; its real name tells the version. */
static bool found_in(const char *directory, const char *name, enum probe_file file,
		     struct found *found)
{
	*found = (struct found){.file = file};
	snprintf(found->open, sizeof(found->open), "%s/%s", directory, name);
	return realpath(found->open, found->path);
}

/* Both of one libvirt: where the definition's place is, is read off the library. */
static void libvirt_add(struct daemons *daemons, const char *directory)
{
	struct found library, driver;
	size_t first = daemons->file_count;

	if (!found_in(directory, "libvirt.so.0", PROBE_LIBRARY, &library) ||
	    !found_in(directory, DRIVERS "/libvirt_driver_qemu.so", PROBE_DRIVER, &driver))
		return;
	file_add(daemons, &library);
	file_add(daemons, &driver);
	if (daemons->file_count == first + 2)
		daemons->files[first + 1].library_fd =
			fcntl(daemons->files[first].fd, F_DUPFD_CLOEXEC, 0);
}

/* A package's files are renamed to what they are to be; others are written there. */
static void folder_watch(int watch, const char *path, const char *below)
{
	char folder[DAEMON_PATH];

	if (snprintf(folder, sizeof(folder), "%s%s", path, below) < (int)sizeof(folder))
		inotify_add_watch(watch, folder, IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR);
}

int installed_watch(void)
{
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	for (const char *const *path = arch_host()->library_paths; watch >= 0 && *path; path++) {
		folder_watch(watch, *path, "");
		folder_watch(watch, *path, "/" DRIVERS);
	}
	for (const char *const *path = arch_host()->emulator_paths; watch >= 0 && *path; path++) {
		char program[DAEMON_PATH];

		snprintf(program, sizeof(program), "%s", *path);
		folder_watch(watch, dirname(program), "");
	}
	return watch;
}

static bool is_of_interest(const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW)
		return true;
	for (int file = 0; event->len && file < PROBE_FILES; file++)
		if (file_is_named(event->name, (enum probe_file)file))
			return true;
	return false;
}

bool installed_changed(int watch)
{
	char events[4096] __attribute__((aligned(8)));
	bool is_changed = false;
	ssize_t size;

	while ((size = read(watch, events, sizeof(events))) > 0) {
		const struct inotify_event *event;

		for (char *at = events; at < events + size; at += sizeof(*event) + event->len) {
			event = (const void *)at;
			is_changed |= is_of_interest(event);
		}
	}
	return is_changed;
}

void installed_add_libvirt(struct daemons *daemons)
{
	const char *const *directory = arch_host()->library_paths;

	for (; *directory; directory++)
		libvirt_add(daemons, *directory);
	installed_add_qemus(daemons, getpid());
}
