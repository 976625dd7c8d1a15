/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An IP address as people write it. */
#include "core/event/address.h"

#include <assert.h>
#include <string.h>
#include <arpa/inet.h>

void address_format(const void *address, char *text, size_t size)
{
	assert(size);
	if (!inet_ntop(AF_INET6, address, text, (socklen_t)size))
		text[0] = '\0';
	if (!strncmp(text, "::ffff:", 7) && strchr(text, '.'))
		memmove(text, text + 7, strlen(text + 7) + 1);
}
