/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network interfaces of a QEMU on its host: which taps it has open, and for which addresses. */
#ifndef MIGTRACE_PROBE_HOST_TAPS_H
#define MIGTRACE_PROBE_HOST_TAPS_H

#include <stddef.h>
#include <sys/types.h>

#include "migtrace_tap.h"

#define TAPS_OF_ONE 16 /* QEMU; of more, others are not looked at */

/*
 * Writes those whose guest's address its command line has: all but those that were plugged in
 * later. Of each the name or index, the address and the network namespace are set. Returns how many
 * there are. What others wrote is read by a process that can do nothing else.
 */
size_t taps_find(pid_t pid, struct mt_tap taps[TAPS_OF_ONE]);

#endif
