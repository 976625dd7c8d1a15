/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where QEMU counts what it has sent of a guest's RAM: variables of its own, read as arguments. */
#ifndef MIGTRACE_PROBE_FIND_COUNTERS_H
#define MIGTRACE_PROBE_FIND_COUNTERS_H

#include <stdint.h>

#include "migtrace_event.h"

struct image;

/*
 * Sets the arguments of the site, which is at that offset in the file, but for the pass's number
 * where it has that: each is where QEMU has that counter, or a constant with all bits set if the
 * file does not have the counters in a form that is known.
 */
void counters_take(const struct image *image, uint64_t offset, struct mt_site *site);

#endif
