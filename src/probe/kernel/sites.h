/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs' table of what each probe site means. */
#ifndef MIGTRACE_PROBE_KERNEL_SITES_H
#define MIGTRACE_PROBE_KERNEL_SITES_H

#include <stdint.h>

#include "migtrace_event.h"
#include "probe/find/points.h"
#include "probe/kernel/probed.h"

struct bpf_map;

/* Puts one into the table. Returns 0 or -errno. */
int site_put(const struct bpf_map *sites, uint32_t key, const struct mt_site *site);

/*
 * Has the points' sites in the table, in the places of the build of that number; of 0, of a new
 * one, and its number. Returns the first place; -ENOSPC where there is no room, -EAGAIN where there
 * soon will be, or another -errno.
 */
int sites_get(struct probed *probed, const struct bpf_map *sites, struct points *points,
	      uint16_t *number);

#endif
