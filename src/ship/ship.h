/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Offers a store's halves to a collector until that has them on its own disk. */
#ifndef MIGTRACE_SHIP_SHIP_H
#define MIGTRACE_SHIP_SHIP_H

#include <stdbool.h>

#include "base/status.h"
#include "ship/sink.h"

struct ship_settings {
	struct sink_settings sink;
	const char *store; /* the folder; NULL: the host's */
	const char *key;   /* the file of this host's key */
	const char *host;  /* NULL: as the kernel calls it */
	bool is_once;	   /* ends when all that is there has come, or cannot */
};

/*
 * Runs until a signal, or once. Returns the exit status: STATUS_FAILURE with a line on stderr where
 * it cannot begin, or, once, where something has not come.
 */
enum status ship(const struct ship_settings *settings);

#endif
