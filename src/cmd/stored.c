/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Migrations that are named by their ids in a store, where files are named. */
#include "cmd/stored.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

char *stored_path(const char *name, const char *store)
{
	char *path = NULL;

	if (!access(name, F_OK) || !half_id_is_valid(name))
		return strdup(name);
	if (asprintf(&path, "%s/%s" HALF_SUFFIX, store ?: STORE_PATH, name) < 0)
		return NULL;
	if (!access(path, F_OK))
		return path;
	free(path);
	return strdup(name);
}
