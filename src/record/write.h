/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes records, one JSON line each: every line is out when its function returns. */
#ifndef MIGTRACE_RECORD_WRITE_H
#define MIGTRACE_RECORD_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/recording/recording.h"
#include "migtrace_event.h"

struct json_object;

/* A probe that a file lacks, or of a function only the probe of its return; and why. */
struct record_missing {
	const char *name, *why;
	bool is_return;
};

/* A file that is probed, and what could not be probed in it. */
struct record_target {
	const char *file;     /* its name, without its directory */
	const char *build_id; /* "" if it has none */
	size_t probes;
	const struct record_missing *missing;
	size_t missing_count;
};

struct record_counts {
	uint64_t hits;	     /* of probes in this host */
	uint64_t lost;	     /* events, and what they rest on, that found no room */
	uint64_t unreadable; /* events with an argument that could not be read */
};

/* All return 0 or -errno of the write. */

/* The first line: what wrote the recording, and where. */
int record_write_header(FILE *out, bool asks_libvirt, bool is_kernel_clock);

int record_write_target(FILE *out, const struct record_target *target);

int record_write_daemon(FILE *out, const struct daemon *daemon);

/* The daemon, or QEMU, has ended: its pid may be another's from now on. */
int record_write_gone(FILE *out, uint32_t pid, int64_t ns);

int record_write_snapshot(FILE *out, const struct clock_snapshot *snapshot);

/* What libvirt said of a domain's job; takes the answer, an object of job_ask()'s kind. */
int record_write_job_stats(FILE *out, const struct job_stats *job, struct json_object *answer);

/* Whole, or without a peer as the answer that goes to the peer. */
int record_write_exchange(FILE *out, const struct exchange *exchange);

int record_write_event(FILE *out, const struct mt_event *event);

/* The last line of a recording that was ended in an orderly way. */
int record_write_end(FILE *out, const struct record_counts *counts);

#endif
