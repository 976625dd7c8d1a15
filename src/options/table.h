/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options, for all commands. */
#ifndef MIGTRACE_OPTIONS_TABLE_H
#define MIGTRACE_OPTIONS_TABLE_H

#include <stddef.h>

#include "options/values.h"

struct option_row {
	unsigned int commands; /* that take it */
	const char *name;
	int letter;	     /* 0: none */
	const char *metavar; /* NULL: it takes no value */
	int flags;	     /* of argp: OPTION_HIDDEN, OPTION_ARG_OPTIONAL */
	const char *help;
	value_fn *parse; /* NULL: main() has seen to it */
	size_t offset;	 /* of what it sets, in struct options */
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;

/* Returns the option of that name, of which so many characters count, that one of the commands
 * takes; or NULL. */
const struct option_row *option_row_named(unsigned int commands, const char *name, size_t length);

#endif
