/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads where a file's SystemTap (SDT) probes are, and where their arguments are found there. */
#ifndef MIGTRACE_PROBE_ELF_SDT_H
#define MIGTRACE_PROBE_ELF_SDT_H

#include <stddef.h>
#include <stdint.h>

#include "migtrace_event.h"

struct arch;
struct image;

/* One site of a probe; the compiler may have copied it, so that a probe can have several. */
struct sdt_probe {
	uint64_t file_offset;
	uint64_t semaphore_offset; /* in the file; 0: the probe has none */
	struct mt_arg arg[MT_ARGS];
	size_t args;
};

/*
 * Finds the sites of provider's probe of that name in the notes of version 3 in .note.stapsdt
 * (https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation). Returns how many there
 * are; 0 where none; -E2BIG where more than max; -EINVAL where a note is malformed or points
 * outside the file; or as sdt_args_read() says. With an error, probes[] holds nothing of use.
 */
int image_sdt(const struct image *image, const char *provider, const char *name,
	      struct sdt_probe *probes, size_t max);

/*
 * Adds the arguments that a note names, as N@operand each, to those that the probe has. Returns 0;
 * -ENOTSUP where one is not of a form that the architecture's operand_read() knows, or there are
 * more than MT_ARGS.
 */
int sdt_args_read(const struct arch *arch, const char *text, struct sdt_probe *probe);

#endif
