/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `migtrace wait` of migrations that are over: recordings, or halves of the store, are judged. */
#ifndef MIGTRACE_CMD_OVER_H
#define MIGTRACE_CMD_OVER_H

#include <stdbool.h>

#include "options/options.h"

/* Returns whether the arguments name ids of the store or files, and not a domain. */
bool over_is_meant(const struct options *options);

/* Prints the result of each migration in them. Returns the exit status, as wait has it. */
enum status over_judge(const struct options *options);

#endif
