/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one table of what is probed in libvirt: which name means which event, and what it carries. */
#ifndef MIGTRACE_PROBE_CATALOGUE_H
#define MIGTRACE_PROBE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migtrace_event.h"

#define PROBE_NAMES   3
#define PROBE_CALLERS 4

/* The files that are probed: a daemon of libvirt maps the first two, a guest runs the third. */
enum probe_file {
	PROBE_DRIVER,  /* libvirt_driver_qemu.so */
	PROBE_LIBRARY, /* libvirt.so.0 */
	PROBE_QEMU,    /* qemu-system-*, qemu-kvm */
	PROBE_FILES
};

/* One argument to take: number counts from 0, as in libvirt's source; size 0: it is not there. */
struct probe_arg {
	uint8_t number;
	uint8_t size;	 /* bytes */
	bool is_pointed; /* what it points to is taken; of arguments in registers only */
	uint8_t at;	 /* bytes from there */
};

/* One name that it has or had, with the places of its arguments under that name. */
struct probe_name {
	const char *name;
	struct probe_arg args[MT_ARGS]; /* by enum mt_site_arg */
	const char *only_with; /* the places hold where the file has this function, too; or NULL */
	const char *provider;  /* of the SDT probe that it is; NULL: it is a function */
	bool is_return;	       /* of the function: it has no arguments then */
	const char *inner;     /* as struct sought has it */
};

struct probe {
	enum mt_kind kind;
	enum probe_file file;
	/*
	 * The return is probed, too. Never in QEMU: its coroutines have stacks of their own, and a
	 * return probe that is pending on one of them can kill the guest (SIGILL).
	 */
	bool has_return;
	uint8_t vm;	/* the number of the argument that is the domain object; 0: none is */
	bool is_vital;	/* no downtime without it */
	bool is_others; /* other files call it, whatever its own does */
	bool is_opt_in; /* costs more than the others: only if it is asked for */
	bool needs_tsc; /* there is none on an architecture without one */
	bool is_armed;	/* of a guest that migrates alone: is not attached before */
	uint16_t step;	/* QEMU_STEP: enum mt_step; CALL: mt_call; QEMU_DISK: mt_disk_step */
	enum mt_when when;
	const char *lost_without;	      /* what a report lacks without it, for people */
	struct probe_name names[PROBE_NAMES]; /* of the same thing, best first */
	const char
		*callers[PROBE_CALLERS]; /* which it was inlined into if it is at the same place */
};

/* Returns the table and its length. */
const struct probe *probe_catalogue(size_t *count);

/* Returns how the file's base name begins: the index-th of its names, static, or NULL. */
const char *probe_file_name(enum probe_file file, size_t index);

#endif
