/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that the user names: opened with the user's own rights, whatever ours are. */
#ifndef MIGTRACE_SANDBOX_USER_FILE_H
#define MIGTRACE_SANDBOX_USER_FILE_H

#include <stdio.h>

/* As open(2) for reading, and close-on-exec: returns a file descriptor, or -1 with errno. */
int user_file_open(const char *path, int flags);

/* As openat(2), and close-on-exec: a file that is made is its group's to read. */
int user_file_openat(int folder, const char *name, int flags);

/* Makes the folder where there is none. Returns 0 or -errno. */
int user_folder_make(const char *path);

/* As fopen(3), and close-on-exec: returns NULL with errno; the caller closes. */
FILE *user_file_stream(const char *path, const char *mode);

#endif
