/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service of this host: what it may do, and what it keeps. */
#ifndef MIGTRACE_CMD_SERVICE_H
#define MIGTRACE_CMD_SERVICE_H

#include <stdbool.h>

#include "store/store.h"

#define SERVICE_UNIT "migtrace.service"

struct service {
	bool has_unit;	 /* it is installed */
	char lacks[256]; /* capabilities that its unit does not give it; "": none */
	bool is_config_wrong;
	const char *store; /* its folder */
	int store_err;	   /* -errno: there is none, or it cannot be read */
	struct store_sum sum;
	struct store_limits limits; /* as configured */
};

/* Looks at it, and at the store at the path, which is borrowed. by_perf_events: such a kernel takes
 * one capability more. */
void service_look(struct service *service, const char *path, bool by_perf_events);

#endif
