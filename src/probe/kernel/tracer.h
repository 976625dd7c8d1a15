/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF programs in the kernel: attached to the daemons of one host, giving events. */
#ifndef MIGTRACE_PROBE_KERNEL_TRACER_H
#define MIGTRACE_PROBE_KERNEL_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migtrace_event.h"
#include "probe/kernel/attach.h"
#include "probe/kernel/on_demand.h"
#include "probe/kernel/probed.h"
#include "probe/host/daemons.h"
#include "probe/find/points.h"

struct tracer;

struct tracer_counts {
	uint64_t hits;	     /* of probes in this host */
	uint64_t lost;	     /* events, and what they rest on, that found no room */
	uint64_t unreadable; /* events with an argument that could not be read */
};

/* Called for each event in the order in which they happened on each CPU; the event is borrowed. */
/* text: of an event that came with a long one, else NULL; lives until the function returns. */
typedef void tracer_event_fn(void *context, const struct mt_event *event, const char *text);

struct tracer_setup {
	struct host_filter host;
	uint32_t qemu_netns;	 /* of the host's QEMUs, where the filter does not tell; 0: any */
	enum attach_way way;	 /* multi links are used if the kernel can and this says so */
	size_t daemons;		 /* there are now */
	uint32_t test_entries;	 /* what each of the maps may hold; 0: as much as it takes */
	uint32_t test_sites;	 /* that there may be; 0: MT_SITES_MAX */
	bool test_private_stack; /* makes the kernel give one of the programs a private stack */
};

/*
 * Loads the programs, and tests on this kernel that a hit cannot disturb another. Returns 0 and
 * *tracer, or -errno with a line on stderr.
 */
int tracer_new(const struct tracer_setup *setup, struct tracer **tracer);

/* Returns how it attaches. */
enum attach_way tracer_way(const struct tracer *tracer);

/* Returns whether it notices daemons that are started later. */
bool tracer_watches(const struct tracer *tracer);

/* Returns whether it sees TCP's states; KVM's returns from a guest. */
bool tracer_sees_tcp(const struct tracer *tracer);
bool tracer_sees_kvm(const struct tracer *tracer);

/* Returns what is attached only while something migrates. */
struct on_demand *tracer_on_demand(struct tracer *tracer);

/* Returns what is probed, and by which sites. */
struct probed *tracer_probed(struct tracer *tracer);

/*
 * Attaches to the points of the file. *number is that of its build, which some of its events carry,
 * if another file of that has one; else 0, and it gets one, from 1 on. Returns 0; -ENOSPC where
 * there is no room for it, -EAGAIN where there soon will be, or another -errno with a line on
 * stderr.
 */
int tracer_probe(struct tracer *tracer, const struct daemon_file *file, struct points *points,
		 uint16_t *number);

/* Returns a file descriptor that is readable when there are events. */
int tracer_fd(const struct tracer *tracer);

/* Hands all waiting events to fn. Returns how many, or -errno. */
int tracer_consume(struct tracer *tracer, tracer_event_fn *fn, void *context);

/* Returns the counters since the start. */
struct tracer_counts tracer_counts(const struct tracer *tracer);

/* Detaches; what is in the ring buffer can still be consumed. */
void tracer_detach(struct tracer *tracer);

/* What is attached is another process's from now on, which has been forked: it detaches. */
void tracer_leave(struct tracer *tracer);

/* Detaches and frees; NULL is allowed. */
void tracer_free(struct tracer *tracer);

#endif
