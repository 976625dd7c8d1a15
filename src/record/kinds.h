/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of what a recording's lines are, and what an event's line holds. */
#ifndef MIGTRACE_RECORD_KINDS_H
#define MIGTRACE_RECORD_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migtrace_event.h"

#define RECORD_SCHEMA	  "migtrace.record/1"
#define RECORD_CLOCK_NAME "CLOCK_MONOTONIC" /* whose stamps are the kernel's own */

/* The kinds of lines; those of a newer recorder are passed over. */
enum record_kind {
	RECORD_HEADER, /* the first line, and no other */
	RECORD_TARGET,
	RECORD_DAEMON,
	RECORD_CLOCK,
	RECORD_EVENT,
	RECORD_STATS,
	RECORD_EXCHANGE,
	RECORD_GONE,
	RECORD_END, /* the last line */
	RECORD_KINDS
};

/* Returns what the kind is called in the line, static. */
const char *record_kind_name(enum record_kind kind);

enum field_type {
	FIELD_UINT,   /* any number that fits */
	FIELD_TIME,   /* of the host's clock */
	FIELD_AMOUNT, /* what figures are made of: 2^53 at most */
	FIELD_INT,    /* C's int */
	FIELD_BOOL,
	FIELD_CHECK, /* enum mt_check: null, true, false */
	FIELD_STAMP, /* of the host's clock; 0 is "not seen" and written as null; or not there */
	FIELD_TCP,   /* a number, as TCP's; 0 is "not known" and written as null; or not there */
	FIELD_HASH,  /* 64 bits, written as hex digits: JSON's numbers are too small for some */
	FIELD_UUID,
	FIELD_ADDRESS,	/* of IPv6, or of IPv4 mapped */
	FIELD_ETHERNET, /* a hardware address: 52:54:00:00:00:01 */
	FIELD_COMM,
	FIELD_COMMAND, /* the QMP command's number, written as its name */
	FIELD_TEXT,    /* with its length in text_len */
	FIELD_NAME,    /* the same, up to its NUL; null, or not there, where it is empty */
	FIELD_STEP,    /* enum mt_step, written as its name */
	FIELD_CALL,    /* enum mt_call, written as its name */
	FIELD_MAYBE,   /* an amount, or null where it is not known: all bits set */
};

/* One field of an event's line, where struct mt_event keeps it, and which events have it. */
struct field {
	const char *name;
	enum field_type type;
	uint16_t offset, size;
	uint64_t kinds; /* a bit for each enum mt_kind */
	uint8_t edges;	/* a bit for each enum mt_edge */
};

/* Returns the table of fields and its length. */
const struct field *event_fields(size_t *count);

/* Returns whether events of that kind and edge have the field. */
bool field_applies(const struct field *field, const struct mt_event *event);

/* Returns whether a line may be without it: earlier recorders did not write all. */
bool field_is_optional(const struct field *field);

/* Returns the name of an event's kind, static, or NULL where it is not one that is recorded. */
const char *event_kind_name(uint16_t kind);

/* Returns the kind of that name, or MT_NONE. */
enum mt_kind event_kind_of(const char *name);

/* Returns "enter" or "return". Probes that are no functions have "enter" only. */
const char *event_edge_name(uint8_t edge);

#endif
