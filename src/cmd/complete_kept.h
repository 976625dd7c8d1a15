/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a store a shell may complete a command line with. */
#ifndef MIGTRACE_CMD_COMPLETE_KEPT_H
#define MIGTRACE_CMD_COMPLETE_KEPT_H

enum kept {
	KEPT_IDS,
	KEPT_DOMAINS,
	KEPT_HOSTS,
};

/* Gives fn each of them once, and what it is. Who may not read the store gets none. */
typedef void kept_fn(void *arg, const char *text, const char *what);
void kept_each(const char *path, enum kept kept, kept_fn *fn, void *arg);

#endif
