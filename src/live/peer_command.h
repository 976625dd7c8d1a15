/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the recorder on another host is started, and where its records go. */
#ifndef MIGTRACE_LIVE_PEER_COMMAND_H
#define MIGTRACE_LIVE_PEER_COMMAND_H

/* Returns the command that runs it by ssh, which the caller frees; NULL if out of memory. */
char *peer_command_new(const char *host);

/*
 * Returns the path of the peer's records, a file of its own beside this host's, which the caller
 * frees; NULL if out of memory.
 */
char *peer_path_new(const char *record, const char *peer);

#endif
