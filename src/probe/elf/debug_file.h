/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that have the symbols which were stripped off another one. */
#ifndef MIGTRACE_PROBE_ELF_DEBUG_FILE_H
#define MIGTRACE_PROBE_ELF_DEBUG_FILE_H

#include <stdbool.h>

struct image;

/* Where the stripped file is; strings may go when debug_files_open has returned. */
struct debug_place {
	const char *root;    /* what is / for who runs it ("/proc/PID/root"); NULL: look nowhere */
	const char *path;    /* the file's, as seen from that root; NULL: not known */
	bool ask_debuginfod; /* those in $DEBUGINFOD_URLS may be asked, over the network */
};

/* NULL: there is none. */
struct debug_files {
	struct image
		*by_build_id;  /* /usr/lib/debug/.build-id/ab/cdef.debug, here or in that root */
	struct image *by_link; /* the one that .gnu_debuglink names, of the right checksum */
	struct image *mini;    /* unpacked from .gnu_debugdata */
	struct image *by_debuginfod;
};

/*
 * Opens those that are there. What is not readable, not of this build or damaged is none. Links
 * in that root do not lead out of it. The caller calls debug_files_close.
 */
void debug_files_open(const struct image *image, const struct debug_place *place,
		      struct debug_files *files);

void debug_files_close(struct debug_files *files);

#endif
