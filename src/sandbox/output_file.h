/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that the user has us write: as the user, and not whatever stands there. */
#ifndef MIGTRACE_SANDBOX_OUTPUT_FILE_H
#define MIGTRACE_SANDBOX_OUTPUT_FILE_H

#include <stdio.h>

enum output {
	OUTPUT_NEW,	  /* what was in the file is gone */
	OUTPUT_RECORDING, /* what was in it stays, and has to be recordings: this is another one */
};

/*
 * Opens the file with the user's own rights; it may be a pipe that is read, or a character
 * device. Refused are block devices, files of the kernel's (/proc, /sys), and in a directory that
 * anyone may write to links, other users' files, and files that have another name, too: who put
 * them there may have them point where only we can write. Never waits. Returns a file descriptor,
 * or -1 with a line on stderr and errno.
 */
int output_file_create(const char *path, enum output output);

/* The same as a stream, which the caller closes; NULL with a line on stderr. */
FILE *output_file_open(const char *path, enum output output);

#endif
