/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What two hosts see of a simulated migration beside the calls of simulation.c, and migrations that
 * come to nothing. */
#ifndef MIGTRACE_TESTS_MOVE_H
#define MIGTRACE_TESTS_MOVE_H

#include <stdint.h>

#include "simulation.h"

/* Who moves where: what tells one migration's connection and calls from another's. */
struct ends {
	unsigned int from, to; /* hosts, from 0 on */
	unsigned int port;     /* of the source's end of the connection */
};

enum move_end { MOVE_COMPLETED, MOVE_CANCELLED, MOVE_REFUSED };

/* Returns how long something takes on the way: mostly near its least, sometimes far more. */
int64_t move_delay(uint64_t *rng);

/* The migration's connection: made after Run has begun, closed before it hands over. */
void move_tcp(struct host *source, struct host *destination, const struct truth *truth,
	      const struct ends *ends, uint64_t *rng);

/* QEMU's first ping, and its answer. */
void move_ping(struct host *source, struct host *destination, const struct truth *truth,
	       uint64_t *rng);

/* Simulates one from the true time on, with all that is seen of it, as it ends. */
struct truth move_make(struct host *source, struct host *destination, const struct ends *ends,
		       enum move_end end, int64_t start_ns, uint8_t domain, uint64_t *rng);

#endif
