/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debug files from debuginfod servers: over the network, so only if the operator says so. */
#include "probe/elf/fetch.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <elfutils/debuginfod.h>

#define LIBRARY	  "libdebuginfod.so.1"
#define TIMEOUT_S "5" /* the library's own default is 90: too long to trace nothing meanwhile */

/* It brings an HTTP client along, which who does not ask for it shall neither need nor load. */
struct client {
	__typeof__(&debuginfod_begin) begin;
	__typeof__(&debuginfod_end) end;
	__typeof__(&debuginfod_find_debuginfo) find;
};

/* The library stays: those that it brings do not all bear to be unloaded. */
static int client_open(struct client *client)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (!library)
		return -1;
	client->begin = (__typeof__(client->begin))dlsym(library, "debuginfod_begin");
	client->end = (__typeof__(client->end))dlsym(library, "debuginfod_end");
	client->find = (__typeof__(client->find))dlsym(library, "debuginfod_find_debuginfo");
	dlclose(library);
	return client->begin && client->end && client->find ? 0 : -1;
}

const char *fetch_missing(void)
{
	const char *urls = getenv("DEBUGINFOD_URLS");
	struct client client;

	if (!urls || !*urls)
		return "$DEBUGINFOD_URLS names no server";
	return client_open(&client) ? LIBRARY " cannot be loaded" : NULL;
}

int fetch_debug_file(const char *build_id)
{
	struct client client;
	debuginfod_client *session;
	int fd = -1;

	if (client_open(&client))
		return -1;
	setenv("DEBUGINFOD_TIMEOUT", TIMEOUT_S, 0);
	session = client.begin();
	if (session) {
		fd = client.find(session, (const unsigned char *)build_id, 0, NULL);
		client.end(session);
	}
	return fd < 0 ? -1 : fd;
}
