/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debug files from debuginfod servers: over the network, so only if the operator says so. */
#ifndef MIGTRACE_PROBE_ELF_FETCH_H
#define MIGTRACE_PROBE_ELF_FETCH_H

/* Returns why no server can be asked, static; NULL if one can. */
const char *fetch_missing(void);

/*
 * Gets the debug file of that build-id (in hex) from the servers in $DEBUGINFOD_URLS, through the
 * client library's own cache. Returns a file descriptor, or -1. A server that is mute costs
 * $DEBUGINFOD_TIMEOUT seconds; where that is not set, a few.
 */
int fetch_debug_file(const char *build_id);

#endif
