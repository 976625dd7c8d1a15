/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file, a pipe or stdin that is read line by line, and may still be written. It has one
 * recording, or several, one behind the other, and may be packed.
 */
#ifndef MIGTRACE_CMD_INPUT_H
#define MIGTRACE_CMD_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/match/correlator.h"
#include "record/read.h"

struct input {
	char *path;  /* where it is; - is stdin */
	char *shown; /* its name, for people; of the recording, too, so that it stays
		      * until the end */
	int fd;	     /* -1: a file of so many that it is opened for each read */
	dev_t device;
	ino_t inode;
	off_t offset;	       /* of what is read next, in a file */
	struct unpack *unpack; /* NULL: it is not packed */
	struct correlator *correlator;
	struct reader *reader;
	struct recording *recording; /* the one that is read: a file may have several */
	char *buffer;
	size_t recordings;
	size_t room, used, taken; /* bytes of the buffer, in it, and of those read as lines */
	bool is_regular;	  /* a file, which may grow behind its end */
	bool has_begun;		  /* some of it was read */
	bool is_too_long;	  /* the line that is in the buffer, whose start was let go */
	bool is_waited_for;	  /* which was said */
	bool is_at_end;
};

/* Returns how many inputs may be open at once; raises the process's limit as far as it may. */
size_t inputs_most(void);

/*
 * Opens the file, - being stdin, or the half of the store (NULL: the host's) that has the name for
 * its id; is_kept: and keeps it open, which a file need not be. Returns 0, or -errno with a line on
 * stderr.
 */
int input_open(struct input *input, const char *name, const char *store, bool is_kept);

/* Gives it a recording of the correlator. Returns 0 or -ENOMEM. */
int input_begin(struct input *input, struct correlator *correlator);

/*
 * Reads until a line is whole. Returns 1 if one is; 0 if none is now, where more may come, or none
 * will be any more (is_at_end); or -errno with a line on stderr.
 */
int input_fill(struct input *input, bool more_may_come);

/* Takes the line that is whole. Returns 0, or -errno with a line on stderr. */
int input_take(struct input *input);

/* To be called once at its end: lets go of what reading takes. Returns as reader_end(). */
int input_end(struct input *input);

/* Returns whether all that there will ever be was read. */
bool input_has_ended(const struct input *input);

/* Lets go of all but the name; what was closed may be closed again. */
void input_close(struct input *input);

void input_free(struct input *input);

#endif
