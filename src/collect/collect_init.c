/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a collector and its hosts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "collect/collect_private.h"
#include "sandbox/user_file.h"

char *collect_file(const struct collect_settings *settings, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", settings->data ?: COLLECT_PATH, name) < 0 ? NULL : path;
}

static int folder_make(const char *path)
{
	int err = path ? user_folder_make(path) : -ENOMEM;

	if (err)
		diag("%s: %s", path ?: "the collector's folder", strerror(-err));
	return err;
}

int collect_key(const struct collect_settings *settings, struct key *key)
{
	int err = folder_make(settings->data ?: COLLECT_PATH);
	char *path = err ? NULL : collect_file(settings, KEY_FILE);

	if (!path)
		return err ?: -ENOMEM;
	if (access(path, F_OK) && errno == ENOENT)
		err = key_new(key) ?: key_write(path, key);
	else
		err = key_read(path, key);
	free(path);
	return err;
}

/* A key that is there stays: its host may have it. */
static int host_init(const struct collect_settings *settings, const struct key *collector,
		     const char *host)
{
	char *name = NULL, *path = NULL;
	struct key key;
	int err = 0;

	if (!message_host_is_valid(host)) {
		diag("%s: cannot be a host's name", host);
		return -EINVAL;
	}
	if (asprintf(&name, KEY_FOLDER "/%s" KEY_SUFFIX, host) < 0)
		return -ENOMEM;
	path = collect_file(settings, name);
	key_of_host(collector, host, &key);
	if (path && access(path, F_OK))
		err = key_write(path, &key);
	if (path && !err)
		printf("%s\n", path);
	free(name);
	free(path);
	return err;
}

enum status collect_init(const struct collect_settings *settings, char *const *hosts, size_t count)
{
	char *keys = collect_file(settings, KEY_FOLDER);
	struct key key;
	int err = collect_key(settings, &key) ?: folder_make(keys);

	free(keys);
	for (size_t i = 0; !err && i < count; i++)
		err = host_init(settings, &key, hosts[i]);
	if (!err)
		err = permissions_write(settings, &key);
	return err ? STATUS_FAILURE : STATUS_OK;
}
