/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A collector's connection to a bus: what comes by NATS's threads is handed over to our one. */
#ifndef MIGTRACE_COLLECT_BUS_LINK_H
#define MIGTRACE_COLLECT_BUS_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "fleet/broker.h"

struct bus_link;

/*
 * Begins to connect, and does so again whenever the connection is lost. It takes part in answering
 * what is asked of collectors. Returns NULL with a line on stderr. bus_link_close() frees.
 */
struct bus_link *bus_link_open(const struct broker_settings *settings);

/* Returns a file that can be read when there is something to do: the link's. */
int bus_link_file(const struct bus_link *link);

/* Connects again where NATS itself has given up. Returns whether it is connected. */
bool bus_link_step(struct bus_link *link);

/* Returns whether there was a new connection since the last call: what was asked for is forgotten.
 */
bool bus_link_is_new(struct bus_link *link);

/* Returns what has come, natsMsg_Destroy() frees; NULL: nothing. */
natsMsg *bus_link_next(struct bus_link *link);

/* Returns what follows our own inbox's name in the subject; NULL: it is another subject. */
const char *bus_link_word(const struct bus_link *link, const char *subject);

/* Sends it. Answers come to the inbox, under that word; NULL: none is wanted. */
void bus_link_say(struct bus_link *link, const char *subject, const char *word, const void *bytes,
		  size_t size);

/* NULL is none. */
void bus_link_close(struct bus_link *link);

#endif
