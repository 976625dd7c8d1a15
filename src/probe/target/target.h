/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file of libvirt or QEMU that is probed: what it is, and what was found in it. */
#ifndef MIGTRACE_PROBE_TARGET_TARGET_H
#define MIGTRACE_PROBE_TARGET_TARGET_H

#include <stdbool.h>

#include "probe/host/daemons.h"
#include "probe/elf/enum_names.h"
#include "probe/elf/image.h"
#include "probe/find/points.h"

#define TARGET_VERSION 32

struct target_cache;
struct tracer;

/* What the files of a run have in common. */
struct target_look {
	struct target_cache *cache;
	bool ask_debuginfod;   /* servers may be asked for debug files */
	bool with_devices;     /* what costs more than the rest is wanted, too */
	bool returns_are_safe; /* uretprobe_is_safe() */
};

struct target {
	char build_id[IMAGE_BUILD_ID_TEXT]; /* "" if the file has none */
	char name[DAEMON_FILE_NAME];	    /* without its directory */
	char version[TARGET_VERSION];	    /* of libvirt or QEMU; "" if the file does not tell */
	bool is_foreign;     /* made for another machine than this: not to be probed */
	uint16_t def_offset; /* of a driver: see vm_def.h; 0: not known */
	int64_t look_ns;     /* what it took to find out */
	uint16_t number; /* of its build among those which the tracer probes, from 1 on; 0: none */
	struct enum_names states; /* of a QEMU: its migration states */
	size_t probed;		  /* of its points, how many are */
	struct points points;
};

/*
 * Looks for the catalogue's probes in the file, and attaches them by tracer unless it is NULL.
 * Returns 0 and *target, which the caller frees with free(); or -errno with a line on stderr:
 * -ENOEXEC where they should be attached, but the file is foreign; without one -ENOSPC or
 * -EAGAIN as of tracer_probe(), and -ENOENT where the file is no QEMU, as was guessed.
 */
int target_probe(const struct target_look *look, struct tracer *tracer,
		 const struct daemon_file *file, struct target **target);

#endif
