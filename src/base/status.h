/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exit statuses of every command. */
#ifndef MIGTRACE_BASE_STATUS_H
#define MIGTRACE_BASE_STATUS_H

enum status {
	STATUS_OK = 0,
	STATUS_FAILURE = 1,
	STATUS_USAGE = 2,
	STATUS_INCOMPLETE = 3,	 /* no or incomplete migration */
	STATUS_INCONSISTENT = 4, /* the clocks contradict each other */
	STATUS_CONDITION = 5,	 /* what --fail-if names holds */
	STATUS_WRONG = 6,	 /* one of libvirt's figures is not right */
	STATUS_LEFT = 141,	 /* who reads stdout has gone: as by SIGPIPE */
};

/* Returns the one that matters more: they are in that order. */
static inline enum status status_worse(enum status a, enum status b)
{
	return a > b ? a : b;
}

#endif
