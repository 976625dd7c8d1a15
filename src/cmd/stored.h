/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Migrations that are named by their ids in a store, where files are named. */
#ifndef MIGTRACE_CMD_STORED_H
#define MIGTRACE_CMD_STORED_H

#include <stddef.h>

/*
 * Returns the path of the file that a name means: the name itself where there is such a file, else
 * the half with that id in the store (NULL: the host's). The caller frees; NULL without memory.
 */
char *stored_path(const char *name, const char *store);

#endif
