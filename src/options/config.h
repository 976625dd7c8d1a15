/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that stand in files: for a service, which has no command line to be changed. */
#ifndef MIGTRACE_OPTIONS_CONFIG_H
#define MIGTRACE_OPTIONS_CONFIG_H

#include "options/options.h"

/*
 * Returns argv with the options of the file that its --config names, and of FILE.d/NAME.conf in the
 * order of their names, before its own, which win; or argv itself where it names none. Lives as
 * long as the process. Exits with a line on stderr where a file cannot be read or is wrong.
 */
char **config_argv(const struct command *command, int *argc, char **argv);

#endif
