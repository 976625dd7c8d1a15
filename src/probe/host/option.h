/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options on QEMU's command line: where they are, and what they say. */
#ifndef MIGTRACE_PROBE_HOST_OPTION_H
#define MIGTRACE_PROBE_HOST_OPTION_H

#include <stdbool.h>

/* Bytes of a value that is looked for, with its NUL: longer ones are none of ours. */
#define OPTION_VALUE 64

/* Writes the value that the option has for the key, as "key":"value" or ,key=value. Returns whether
 * it has one. */
bool option_value(const char *option, const char *key, char value[OPTION_VALUE]);

/* Returns what follows on the command line, which is up to end; NULL: nothing. */
const char *option_next(const char *option, const char *end);

#endif
