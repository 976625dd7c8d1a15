/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a recorder is asked to do. */
#ifndef MIGTRACE_RECORDER_SETTINGS_H
#define MIGTRACE_RECORDER_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/host/daemons.h"
#include "probe/kernel/attach.h"

/* Which daemons are probed, and how their files are looked through. */
struct probe_settings {
	struct host_filter host;
	bool ask_debuginfod;
	bool test_no_returns;
};

/* Whether libvirt is asked for its own numbers. */
struct stats_settings {
	bool are_wanted;
	const char *uri; /* NULL: of each daemon, by its own socket */
};

struct recorder_settings {
	struct probe_settings probe;
	const char *out;     /* NULL: stdout */
	int64_t duration_ms; /* 0: until a signal */
	bool best_effort;    /* record also without what is vital */
	bool with_devices;   /* probes that cost more than the rest */
	bool answers;	     /* to stamps that come on stdin */
	/* SIGHUP shuts this socket down, and who reads stdout ends when nothing migrates; NULL: it
	 * ends the recorder. */
	const int *reload;
	struct stats_settings stats;
	int64_t silence_ms;			/* 0: it may last */
	const char *peer_command, *peer_output; /* NULL: none */
	int64_t test_clock_offset_ns, test_clock_drift_ppb;
	enum attach_way way;
	uint32_t test_entries; /* 0: as many as it takes */
	uint32_t test_sites;   /* 0: as many as there are */
	bool test_private_stack;
};

#endif
