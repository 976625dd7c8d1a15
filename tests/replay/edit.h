/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings with other lines, and lines with other stamps, numbers and names. */
#ifndef MIGTRACE_TESTS_EDIT_H
#define MIGTRACE_TESTS_EDIT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "rows.h"

#define EDIT_UUIDS 8

/* What becomes of each line: 0 and false is nothing. */
struct edit {
	int64_t later_ns;  /* of each instant of CLOCK_MONOTONIC and of the raw clock */
	int64_t pids;	   /* is added to each pid but the daemons', and to each thread's */
	int64_t ports;	   /* to both ends of a connection */
	int64_t serials;   /* to a call's number */
	int64_t lost;	   /* to how many events were lost until then */
	bool other_uuids;  /* of all, or of those below */
	bool other_hashes; /* of cookies */
	bool other_boot;
	uint32_t daemons[EDIT_UUIDS]; /* whose pids stay */
	size_t daemon_count;
	char uuids[EDIT_UUIDS][37]; /* which alone change */
	size_t uuid_count;
};

/* Writes the line with that done to it, and its end. */
void edit_line(FILE *out, const char *line, const struct edit *edit);

/* Returns the number behind "key": in the line, or -1. */
int64_t line_number(const char *line, const char *key);

/* Returns when what the line says happened, by its host's CLOCK_MONOTONIC; 0 for none. */
int64_t line_ns(const char *line);

bool line_is(const char *line, const char *kind);

/* Begin and end a text of the other one's name: what is written to the stream is its lines. */
FILE *text_begin(struct text *text, const struct text *as);
void text_end(struct text *text, FILE *out);

/* Returns a row of that name, with as many files, of which none has begun. */
struct row row_begin(const struct row *as);

void text_edit(const struct text *text, const struct edit *edit, struct text *edited);

/* Edits events and what libvirt said of jobs; is_own: without all other lines. */
void text_copy(const struct text *text, const struct edit *edit, bool is_own, struct text *copy);

/* Adds the other text's lines to the text's, by time. */
void text_mix(const struct text *text, const struct text *other, struct text *mixed);

/* Take the daemons and the domains of the row for those of the edit. */
void edit_daemons(const struct row *row, struct edit *edit);
void edit_domains(const struct row *row, struct edit *edit);

#endif
