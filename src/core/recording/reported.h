/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt itself says of a domain's last migration on one host. */
#ifndef MIGTRACE_CORE_RECORDING_REPORTED_H
#define MIGTRACE_CORE_RECORDING_REPORTED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/event/opt.h"

enum reported_field {
	REPORTED_DOWNTIME,
	REPORTED_DOWNTIME_NET,
	REPORTED_ELAPSED,
	REPORTED_ELAPSED_NET,
	REPORTED_FIGURES, /* how many a report shows */
	REPORTED_SETUP = REPORTED_FIGURES,
	REPORTED_DELTA, /* not among libvirt's statistics: from its cookie, or from what it
			   subtracted */
	REPORTED_FIELDS
};

/* libvirt's numbers for what kind of job it was, and what became of it (libvirt-domain.h). */
#define JOB_NONE	       0
#define JOB_COMPLETED	       3
#define JOB_OPERATION_INCOMING 4
#define JOB_OPERATION_OUTGOING 5

struct reported {
	bool is_given;
	int64_t type;
	int64_t operation; /* 0: not said */
	uint64_t version;  /* of the daemon's libvirt, major * 1000000 + minor * 1000 + release; 0:
			      not  known */
	struct opt_i64 ms[REPORTED_FIELDS]; /* libvirt leaves fields out */
	/* It gave a number that is no duration; then it is not known. */
	bool is_absurd[REPORTED_FIELDS];
};

/* Returns libvirt's name of the field, static. */
const char *reported_name(enum reported_field field);

/*
 * Takes one of virDomainGetJobStats()'s fields; those that are not wanted are passed over. Returns
 * false for a duration that is longer than any clock has run: it stays unknown.
 */
bool reported_take(struct reported *reported, const char *name, uint64_t value);

/* Returns whether both are of the same operation, and report the same numbers. */
bool reported_is_same(const struct reported *a, const struct reported *b);

/* Returns whether libvirt reports the field, and if so sets *ms. */
bool reported_ms(const struct reported *reported, enum reported_field field, int64_t *ms);

/* The same of delta: what a field and the same one without it differ by. */
bool reported_delta_ms(const struct reported *reported, int64_t *ms);

#endif
