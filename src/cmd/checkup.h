/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What doctor has looked at: the kernel, our rights, daemons and their files, the service. */
#ifndef MIGTRACE_CMD_CHECKUP_H
#define MIGTRACE_CMD_CHECKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/service.h"
#include "options/options.h"
#include "probe/host/daemons.h"
#include "probe/kernel/kernel.h"
#include "probe/target/target.h"

struct checkup {
	char kernel[65];
	struct kernel_feature features[KERNEL_FEATURES];
	struct daemons *daemons; /* NULL: none */
	int why_none;
	bool by_perf_events;		     /* as the kernel knows no multi links */
	bool is_of_files;		     /* that the user has named: not of this host */
	struct target *targets[DAEMONS_MAX]; /* of the daemons' files; NULL: could not be read */
	int64_t resolve_ns;
	struct service service;
};

/* Returns NULL without memory, with a line on stderr. checkup_free() frees. */
struct checkup *checkup_new(const struct options *options);

/* Returns whether there is anything to say of the file: not if it only might have been QEMU's. */
bool checkup_has(const struct checkup *checkup, size_t file);

/* Returns whether nothing vital lacks, neither here nor in any libvirt that runs. */
bool checkup_suffices(const struct checkup *checkup);

/* What keeps something from working, and the command that mends it; NULL: none of ours does. */
#define HINT_TEXT 256
struct hint {
	char what[HINT_TEXT];
	char command[HINT_TEXT];
};

/* Finds the index-th thing that is to be mended, what is vital first. Returns whether there is. */
bool checkup_hint(const struct checkup *checkup, size_t index, struct hint *hint);

/* doctor_json.c: prints it on stdout, a line, schema migtrace.doctor/1. */
void checkup_print_json(const struct checkup *checkup);

void checkup_free(struct checkup *checkup);

#endif
