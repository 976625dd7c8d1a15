/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each way to a collector has to do. */
#ifndef MIGTRACE_SHIP_SINK_PRIVATE_H
#define MIGTRACE_SHIP_SINK_PRIVATE_H

#include "ship/sink.h"

#define WHY_TEXT 256

/* As sink.h has them; state is the way's own. */
struct sink_way {
	const char *const *schemes; /* of its URLs; NULL after the last */
	void *(*begin)(const struct sink_settings *settings);
	int (*exchange)(void *state, const struct message *message, const char *bytes, size_t size,
			struct reply *reply, char why[WHY_TEXT]);
	void (*rest)(void *state);
	void (*close)(void *state);
};

extern const struct sink_way http_way, nats_way;

#endif
