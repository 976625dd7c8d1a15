/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that the user names: opened with the user's own rights, whatever ours are. */
#ifndef MIGTRACE_SANDBOX_USER_FILE_H
#define MIGTRACE_SANDBOX_USER_FILE_H

#include <stdio.h>

/* As open(2) for reading, and close-on-exec: returns a file descriptor, or -1 with errno. */
int user_file_open(const char *path, int flags);

/* As fopen(3), and close-on-exec: returns NULL with errno; the caller closes. */
FILE *user_file_stream(const char *path, const char *mode);

#endif
