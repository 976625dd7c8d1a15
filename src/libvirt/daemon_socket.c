/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket by which a daemon itself can be reached: the one that it listens on. */
#include "libvirt/daemon_socket.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define ACCEPTS	   0x10000 /* Linux: __SO_ACCEPTCON, of a socket that listens */
#define SYSTEM	   "/run/libvirt/"
#define PLACES_MAX 256 /* in one network namespace, as of sessions of as many users */
#define FILES_MAX  65536

/* In the order in which they are taken. */
static const char *const names[] = {"virtqemud-sock-ro", "libvirt-sock-ro", "virtqemud-sock",
				    "libvirt-sock"};

#define NAMES (sizeof(names) / sizeof(names[0]))

/* A socket that some process listens on. */
struct place {
	uint64_t inode;
	size_t name; /* of names */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
};

struct places {
	struct place place[PLACES_MAX];
	size_t count;
};

/* Returns which of the names the path ends with; NAMES: none. */
static size_t name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t name = 0;

	while (name < NAMES && (!slash || strcmp(slash + 1, names[name]) != 0))
		name++;
	return name;
}

/* A line of /proc/PID/net/unix. */
static void place_add(struct places *places, const char *line)
{
	struct place *place = &places->place[places->count];
	unsigned int flags;

	if (places->count == PLACES_MAX ||
	    sscanf(line, "%*x: %*x %*x %x %*x %*x %" SCNu64 " %108s", &flags, &place->inode,
		   place->path) != 3 ||
	    !(flags & ACCEPTS) || place->path[0] != '/')
		return;
	place->name = name_of(place->path);
	places->count += place->name < NAMES;
}

static void places_read(pid_t daemon, struct places *places)
{
	char path[64], *line = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/net/unix", daemon);
	file = fopen(path, "re");
	while (file && getline(&line, &size, file) > 0)
		place_add(places, line);
	free(line);
	if (file)
		fclose(file);
}

/* Returns the place of that inode; NULL also where there are two, as whoever names a socket can put
 * a line of its own into the kernel's list. */
static const struct place *place_of(const struct places *places, uint64_t inode)
{
	const struct place *found = NULL;

	for (size_t i = 0; i < places->count; i++) {
		if (places->place[i].inode != inode)
			continue;
		if (found)
			return NULL;
		found = &places->place[i];
	}
	return found;
}

/* Returns the best of those that the daemon has open; NULL: it has none. */
static const struct place *place_find(pid_t daemon, const struct places *places)
{
	const struct place *best = NULL, *place;
	struct dirent *entry;
	char path[64], link[64];
	uint64_t inode;
	ssize_t length;
	DIR *files;

	snprintf(path, sizeof(path), "/proc/%d/fd", daemon);
	files = places->count ? opendir(path) : NULL;
	for (int i = 0; files && i < FILES_MAX && (entry = readdir(files)); i++) {
		length = readlinkat(dirfd(files), entry->d_name, link, sizeof(link) - 1);
		link[length > 0 ? length : 0] = '\0';
		place = sscanf(link, "socket:[%" SCNu64 "]", &inode) == 1 ? place_of(places, inode)
									  : NULL;
		if (place && (!best || place->name < best->name))
			best = place;
	}
	if (files)
		closedir(files);
	return best;
}

/* Opens the path, which is relative to the root. Returns a handle of it, or -errno. */
static int path_open(int root, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
	};
	int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/* Where it is not known on which it listens: the system's. */
static int usual_open(int root)
{
	char path[64];
	int fd = -ENOENT;

	for (size_t i = 0; fd == -ENOENT && i < NAMES; i++) {
		snprintf(path, sizeof(path), "%s%s", &SYSTEM[1], names[i]);
		fd = path_open(root, path);
	}
	return fd;
}

/* /var/run is a link to /run wherever there is one of libvirt's. */
static int place_open(int root, const char *path, bool *is_session)
{
	static const char var[] = "/var";

	if (!strncmp(path, "/var" SYSTEM, strlen("/var" SYSTEM)))
		path += strlen(var);
	*is_session = strncmp(path, SYSTEM, strlen(SYSTEM)) != 0;
	return path_open(root, path);
}

int socket_connect(int found)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, err = 0;

	if (found < 0)
		return found;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", found);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err = -errno;
	close(found);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

/* Returns the user as whom the daemon opens files; 0: root, or not known. */
static uid_t user_of(pid_t daemon)
{
	char path[64], line[256];
	unsigned int user = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", daemon);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Uid: %*u %*u %*u %u", &user) == 1)
			break;
	if (file)
		fclose(file);
	return user;
}

int daemon_socket_connect(pid_t daemon, bool *is_session)
{
	struct places *places = calloc(1, sizeof(*places));
	const struct place *place;
	uid_t user = user_of(daemon);
	char path[64];
	int root, fd;

	*is_session = false;
	if (!places)
		return -ENOMEM;
	snprintf(path, sizeof(path), "/proc/%d/root", daemon);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0) {
		fd = -errno;
		free(places);
		return fd;
	}
	places_read(daemon, places);
	place = place_find(daemon, places);
	if (user)
		setfsuid(user); /* whose directory may be closed even to root */
	fd = socket_connect(place ? place_open(root, place->path, is_session) : usual_open(root));
	if (user)
		setfsuid(geteuid());
	close(root);
	free(places);
	return fd;
}
