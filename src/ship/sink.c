/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways to a collector: one table of them. */
#include "ship/sink.h"

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "ship/sink_private.h"

struct sink {
	const struct sink_way *way;
	void *state;
	char why[WHY_TEXT];
};

static const struct sink_way *const ways[] = {&http_way, &nats_way};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static bool has_scheme(const char *url, const char *scheme)
{
	size_t length = strlen(scheme);

	return !strncmp(url, scheme, length) && !strncmp(url + length, "://", 3);
}

static const struct sink_way *way_find(const char *url)
{
	for (size_t i = 0; i < WAYS; i++)
		for (const char *const *scheme = ways[i]->schemes; *scheme; scheme++)
			if (has_scheme(url, *scheme))
				return ways[i];
	diag("%s: no way to a collector that is known", url);
	return NULL;
}

struct sink *sink_open(const struct sink_settings *settings)
{
	const struct sink_way *way = way_find(settings->url);
	struct sink *sink = way ? calloc(1, sizeof(*sink)) : NULL;

	if (!sink)
		return NULL;
	sink->way = way;
	sink->state = way->begin(settings);
	if (sink->state)
		return sink;
	free(sink);
	return NULL;
}

int sink_exchange(struct sink *sink, const struct message *message, const char *bytes, size_t size,
		  struct reply *reply, const char **why)
{
	reply->size = 0;
	sink->why[0] = '\0';
	*why = sink->why;
	return sink->way->exchange(sink->state, message, bytes, size, reply, sink->why);
}

void sink_rest(struct sink *sink)
{
	sink->way->rest(sink->state);
}

void sink_close(struct sink *sink)
{
	if (!sink)
		return;
	sink->way->close(sink->state);
	free(sink);
}
