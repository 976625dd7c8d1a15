/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a live session is asked to watch, to show and to wait for. */
#ifndef MIGTRACE_LIVE_SETTINGS_H
#define MIGTRACE_LIVE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/figures/condition.h"
#include "link/starter.h"

#define PEERS_MAX STARTS_MAX

/* Another host: by its name for ssh, or by a command that runs the recorder there. */
struct peer_setting {
	const char *host, *command; /* one of them is NULL */
};

struct live_settings {
	struct peer_setting peers[PEERS_MAX];
	size_t peer_count;
	const char *record; /* NULL: records are not kept */
	bool is_json;
	const char *uuid, *name; /* NULL: all */
	int64_t min_downtime_ns; /* 0: all */
	int64_t timeout_ms;	 /* 0: none */
	const char *store;	 /* of migrations that are over; NULL: the host's */
	struct conditions fail_if;
};

#endif
