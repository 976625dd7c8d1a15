/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file of libvirt that is probed: what it is, and what was found in it. */
#ifndef MIGTRACE_PROBE_TARGET_H
#define MIGTRACE_PROBE_TARGET_H

#include "probe/daemons.h"
#include "probe/image.h"
#include "probe/points.h"

struct tracer;

struct target {
	char build_id[IMAGE_BUILD_ID_TEXT]; /* "" if the file has none */
	char name[DAEMON_FILE_NAME];	    /* without its directory */
	uint16_t def_offset;		    /* of a driver: see vm_def.h; 0: not known */
	struct points points;
};

/*
 * Looks for the catalogue's probes in the file, and attaches them by tracer unless it is NULL.
 * Returns 0 and *target, which the caller frees with free(); or -errno with a line on stderr.
 */
int target_probe(struct tracer *tracer, const struct daemon_file *file, struct target **target);

#endif
