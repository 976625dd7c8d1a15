/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a collector takes of a bus: halves by a stream's partitions, and what hosts ask it. */
#ifndef MIGTRACE_COLLECT_BUS_H
#define MIGTRACE_COLLECT_BUS_H

#include <stdbool.h>

#include "collect/intake.h"
#include "fleet/broker.h"

#define BUS_STREAM "MIGTRACE"

struct bus_settings {
	struct broker_settings broker; /* without servers: no bus */
	const char *stream;	       /* its name; NULL: BUS_STREAM */
	uint32_t replicas;	       /* of a stream that we make; 0: one */
};

struct bus;

/*
 * Begins to connect. The file at that path says that the stream was there once; where it is there
 * and the stream is not, it was deleted. Returns NULL with a line on stderr. bus_close() frees.
 */
struct bus *bus_open(const struct bus_settings *settings, const char *seen, struct intake *intake);

/* Returns a file that can be read when there is something to do: the bus's. */
int bus_file(const struct bus *bus);

/* What bus_step() has done. */
struct bus_done {
	bool has_more; /* is to be done at once */
	bool has_new;  /* halves have come */
};

/* Does what there is to do, and takes halves of those partitions. */
struct bus_done bus_step(struct bus *bus, const bool has_part[PARTITIONS]);

/* NULL is none. */
void bus_close(struct bus *bus);

#endif
