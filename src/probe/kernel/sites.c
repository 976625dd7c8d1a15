/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs' table of what each probe site means. */
#include "probe/kernel/sites.h"

#include <errno.h>
#include <bpf/libbpf.h>

#include "probe/kernel/programs.h"

int site_put(const struct bpf_map *sites, uint32_t key, const struct mt_site *site)
{
	return bpf_map__update_elem(sites, &key, sizeof(key), site, sizeof(*site), BPF_ANY);
}

static int sites_fill(const struct bpf_map *sites, const struct points *points, uint32_t first)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < points->count; i++) {
		struct mt_site site = points->point[i].site;

		site.program = program_of(&site);
		err = site_put(sites, first + i, &site);
	}
	return err;
}

int sites_get(struct probed *probed, const struct bpf_map *sites, struct points *points,
	      uint16_t *number)
{
	bool is_new = !*number;
	const struct build *build = probed_build(probed, number, points->count);
	int err = build ? 0 : probed_is_pending(probed) ? -EAGAIN : -ENOSPC;

	if (!err && is_new) {
		points_set_target(points, *number);
		err = sites_fill(sites, points, build->first);
	}
	return err ? err : (int)build->first;
}
