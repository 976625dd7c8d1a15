/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the recorder on another host is started, and where its records go. */
#include "live/peer_command.h"

#include <stdio.h>
#include <string.h>

#define SILENCE "20s" /* after which a peer takes us for lost */

/* Appends text in single quotes: it is one word to the shell, whatever is in it. */
static void print_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fputc(*text, out);
	}
	fputc('\'', out);
}

/* No password can be asked for: the terminal is ours. */
char *peer_command_new(const char *host)
{
	char *command = NULL;
	size_t size;
	FILE *out = open_memstream(&command, &size);

	if (!out)
		return NULL;
	fputs("exec ssh -T -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 "
	      "-o ServerAliveCountMax=2 -- ",
	      out);
	print_quoted(out, host);
	fputs(" migtrace record -o - --answer --silence " SILENCE, out);
	fclose(out);
	return command;
}

char *peer_path_new(const char *record, const char *peer)
{
	char *path;
	int length = asprintf(&path, "%s.%s", record, peer);

	if (length < 0)
		return NULL;
	for (char *at = path + strlen(record) + 1; *at; at++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-@_",
			    *at))
			*at = '-';
	return path;
}
