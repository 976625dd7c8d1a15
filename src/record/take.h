/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each kind of a recording's lines says, checked and put into the recording. */
#ifndef MIGTRACE_RECORD_TAKE_H
#define MIGTRACE_RECORD_TAKE_H

#include "record/get.h"
#include "record/kinds.h"
#include "record/read.h"

/* Where reading stands. */
struct reader {
	struct recording *recording;
	struct json_tokener *tokener;
	size_t line, taken, left_out; /* the line's number; how many were read, and how many not */
	char *before;		      /* the last line, where it is an event */
	size_t before_len, before_room;
	size_t headless;      /* lines that came without a header before them, */
	size_t headless_line; /* and the first one's number */
	bool has_header, has_ended;
	bool is_later;	       /* of a file: another recording stands before it */
	const char *gap_why;   /* of a gap that the next look at the clocks ends; NULL: none */
	enum record_kind kind; /* of the last line */
	bool is_event;	       /* it is one, */
	struct mt_event event;
	uint32_t gone;	    /* the process that the last line says has ended; 0: none */
	int64_t real_ns;    /* of the last look at the clocks */
	struct fault fault; /* of the last line that is not taken */
};

/* Takes a line of that kind; RECORD_KINDS is of a newer recorder. Returns 0, -EPROTO with the fault
 * noted, or -ENOMEM. */
int line_take(struct reader *reader, struct json_object *line, enum record_kind kind);

/* Counts what is left out for the fault that is noted; the first is named on stderr. */
void reader_warn(struct reader *reader);

#endif
