/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a service tells systemd, by the socket that it was given: sd_notify(3) without its library.
 */
#include "base/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = path ? strlen(path) : 0;
	int notify;

	if (!len || len >= sizeof(address.sun_path) || (*path != '/' && *path != '@'))
		return -1;
	memcpy(address.sun_path, path, len);
	if (*path == '@')
		address.sun_path[0] = '\0'; /* a name that is in no folder */
	notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (notify < 0 || !connect(notify, (struct sockaddr *)&address,
				   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)))
		return notify;
	close(notify);
	return -1;
}

void notify_say(int notify, const char *state)
{
	if (notify >= 0 && write(notify, state, strlen(state)) < 0)
		return; /* it will miss us, and start us again */
}
