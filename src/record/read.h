/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a recording; nothing in the file is believed that has not been checked. */
#ifndef MIGTRACE_RECORD_READ_H
#define MIGTRACE_RECORD_READ_H

#include <stdio.h>

#include "core/recording/recording.h"
#include "record/kinds.h"

#define RECORD_LINE_MAX 131072 /* of a file that has none of the probes, and says why */

struct reader;

/*
 * Reads into the recording, which is empty but for its name, and is open until the reader is
 * closed. Returns NULL if there is no memory.
 */
struct reader *reader_open(struct recording *recording);

/* Of reader_line(): the line is not this recording's, but another one's header. */
#define READER_OTHER 1

/*
 * Takes a line without its end. One that cannot be read is left out: the first is named on stderr,
 * and what it could change is not known. So are those before the header of a file whose beginning
 * was cut off. Returns 0, READER_OTHER, or -errno with one line on stderr: -EPROTO where it is no
 * recording's.
 */
int reader_line(struct reader *reader, const char *text, size_t len);

/* Leaves out a line that is too long. Returns as reader_line(). */
int reader_refuse(struct reader *reader);

/*
 * Closes the reader at READER_OTHER, and returns another one, which is to be given the same line:
 * it reads the recording that begins there into that one, which is as for reader_open(). Returns
 * NULL, with the reader closed, if there is no memory.
 */
struct reader *reader_next(struct reader *reader, struct recording *recording);

/*
 * To be called at the end, with the number of bytes that came behind the last line's end: a line
 * that was cut, as by a recorder that was killed, is left out, with a line on stderr. Returns 0, or
 * -EPROTO where nothing could be read.
 */
int reader_end(struct reader *reader, size_t left);

/* Returns of which kind the last line is, taken or not; RECORD_KINDS: of none that is known. */
enum record_kind reader_kind(const struct reader *reader);

/* Returns the event that the last line was, or NULL; valid until the next line. */
const struct mt_event *reader_event(const struct reader *reader);

/* Returns the pid of the process that has ended, if that is what the last line says; or 0. */
uint32_t reader_gone(const struct reader *reader);

/* Returns the recording that what is read goes to: its own, or the one that it has
 * been joined to. */
struct recording *reader_recording(const struct reader *reader);

/* Returns the host's wall clock at its last look at the clocks, ns; 0 before the first. */
int64_t reader_real_ns(const struct reader *reader);

/* Returns whether the line came that is a recording's last. */
bool reader_has_ended(const struct reader *reader);

/* The recording stays. NULL is none. */
void reader_close(struct reader *reader);

#endif
