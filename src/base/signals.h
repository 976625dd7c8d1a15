/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The signals by which a user ends what runs, as a file that can be polled. */
#ifndef MIGTRACE_BASE_SIGNALS_H
#define MIGTRACE_BASE_SIGNALS_H

/* Blocks SIGINT, SIGTERM and SIGHUP. Returns a file that can be read when one came, the caller's;
 * or -1. */
int signals_open(void);

/* Returns which one came, of those that were not read yet; 0: none. */
int signals_read(int signals);

#endif
