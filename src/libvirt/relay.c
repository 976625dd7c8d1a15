/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passes on what a daemon and a client say: the daemon knows us, and the client can be nobody. */
#include "libvirt/relay.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "sandbox/confine.h"

#define BYTES 65536

int relay_listen(char name[RELAY_NAME])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint64_t number;

	if (fd < 0)
		return -errno;
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = 0;
	snprintf(name, RELAY_NAME, "@migtrace-%016llx", (unsigned long long)number);
	memcpy(address.sun_path + 1, name + 1, strlen(name + 1));
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)) && !listen(fd, 1))
		return fd;
	close(fd);
	return -errno;
}

/* Anybody on this host could connect. Returns whether it is the client. */
static bool is_client(int fd, pid_t client)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) &&
	       credentials.pid == client;
}

/* Returns the client's connection; -1: it has ended without one. */
static int client_accept(int listener, pid_t client)
{
	struct pollfd fds[] = {
		{.fd = listener, .events = POLLIN},
		{.fd = (int)syscall(SYS_pidfd_open, client, 0), .events = POLLIN},
	};

	while (fds[1].fd >= 0 && poll(fds, 2, -1) > 0 && !fds[1].revents) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0 && is_client(fd, client))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

/* Returns whether there is more to come. */
static bool bytes_pass(int from, int to)
{
	char bytes[BYTES];
	ssize_t size = read(from, bytes, sizeof(bytes)), done = 0, one;

	while (done < size) {
		one = write(to, bytes + done, (size_t)(size - done));
		if (one <= 0)
			return false;
		done += one;
	}
	return size > 0;
}

void relay_run(int daemon, int listener, pid_t client)
{
	struct pollfd fds[] = {
		{.fd = daemon, .events = POLLIN},
		{.fd = client_accept(listener, client), .events = POLLIN},
	};
	bool goes_on = fds[1].fd >= 0;

	close(listener);
	confine(CONFINE_READER);
	while (goes_on && poll(fds, 2, -1) > 0) {
		if (fds[0].revents)
			goes_on = bytes_pass(daemon, fds[1].fd);
		if (goes_on && fds[1].revents)
			goes_on = bytes_pass(fds[1].fd, daemon);
	}
	_exit(0);
}
