/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a shell may complete a command line of migtrace with. */
#ifndef MIGTRACE_CMD_COMPLETE_H
#define MIGTRACE_CMD_COMPLETE_H

#include <stddef.h>

struct command;

/*
 * Prints to stdout what the last of the words, which may be empty or missing, can become: a line
 * each, behind a tab what it is. Of --option=VALUE it is the value alone. A line that begins with @
 * stands for what only the shell knows: @file, @directory, @domain, @uuid, @host. The words are
 * those behind the program's name; the first of the commands is the one that needs no name. Those
 * of the bits in `elsewhere` another program has, and its name alone is completed here.
 */
void complete(const struct command *commands, size_t count, unsigned int elsewhere, char **words,
	      size_t word_count);

#endif
