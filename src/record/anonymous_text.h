/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of libvirt and QEMU with only that in them which names nobody. */
#ifndef MIGTRACE_RECORD_ANONYMOUS_TEXT_H
#define MIGTRACE_RECORD_ANONYMOUS_TEXT_H

#include <stdio.h>

#include "record/alias.h"

/* All write to out what is left of the text, and return 0 or -ENOMEM. */

/* The head of a migration cookie: its names and UUIDs, replaced. */
int anonymous_cookie(struct aliases *aliases, const char *text, FILE *out);

/* The statistics in a cookie: numbers. */
int anonymous_statistics(struct aliases *aliases, const char *text, FILE *out);

/* A monitor event: numbers, and QEMU's own words; any other is replaced. */
int anonymous_monitor(struct aliases *aliases, const char *text, FILE *out);

/* A thread's name: of a domain's thread the domain's name is replaced, of others all of it if
 * it is not one of libvirt's, QEMU's or the kernel's own. */
int anonymous_thread(struct aliases *aliases, const char *text, FILE *out);

#endif
