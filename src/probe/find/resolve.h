/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a function of an ELF file is entered: by every way to know, or refused with a reason. */
#ifndef MIGTRACE_PROBE_FIND_RESOLVE_H
#define MIGTRACE_PROBE_FIND_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESOLVE_OTHER_SIZE 64
#define RESOLVE_TEXT_SIZE  192

struct debug_place;
struct image;
struct resolver;

/* The ways to find a function: bits. */
enum way {
	WAY_SYMTAB = 1,	     /* .symtab of the file itself */
	WAY_DYNSYM = 2,	     /* its .dynsym */
	WAY_BUILD_ID = 4,    /* a separate debug file, in the tree of build-ids */
	WAY_DEBUGLINK = 8,   /* the one that .gnu_debuglink names */
	WAY_MINI = 16,	     /* .gnu_debugdata */
	WAY_DEBUGINFOD = 32, /* a debug file from a server */
	WAY_STRING = 64,     /* its name as a string, and .eh_frame */
};

/* Why a function is refused. */
enum refusal {
	REFUSAL_NONE,
	REFUSAL_ABSENT,	    /* nothing has that name */
	REFUSAL_SEVERAL,    /* more than one function has */
	REFUSAL_DISAGREE,   /* the ways give different places */
	REFUSAL_INLINED,    /* its code is in the function that other names, if that is known */
	REFUSAL_CLONE,	    /* there is only the compiler's clone that other names */
	REFUSAL_SPLIT,	    /* besides it there is such a clone, whose calls would be missed */
	REFUSAL_REFERENCES, /* several functions refer to the name string, or a part of unknown
			       owner */
	REFUSAL_ENTRY,	  /* found by the name string, but nothing shows that it is entered there */
	REFUSAL_OUTSIDE,  /* not in code */
	REFUSAL_UNCALLED, /* nothing in the file enters it: its code is where it is needed */
	REFUSAL_INSIDE,	  /* in the middle of what .eh_frame says is one function */
	REFUSAL_ENCODING, /* only the name string is left, and .eh_frame is of an unknown form */
	REFUSAL_DAMAGED,  /* the same, and .eh_frame is malformed */
};

struct resolved {
	uint64_t offset;   /* of its first byte, in the file that runs */
	unsigned int ways; /* that found it */
	enum refusal refusal;
	char other[RESOLVE_OTHER_SIZE]; /* a name that belongs to the refusal, or "" */
};

/*
 * Makes a resolver for an image, which has to live longer; debug files are opened now. Returns
 * NULL with errno ENOMEM only: a debug file that is damaged is a way less. The caller calls
 * resolver_close.
 */
struct resolver *resolver_open(const struct image *image, const struct debug_place *place);

/* Releases the resolver; NULL is fine. */
void resolver_close(struct resolver *resolver);

/* A function to be found. */
struct sought {
	const char *name;
	const char *const *callers; /* up to callers_max that call it; NULL ends the list */
	size_t callers_max;
	bool is_others;	   /* other files call it: that nothing in its own does is no reason */
	const char *inner; /* whose name string its code has, as that is a part of it; or NULL */
};

/*
 * Finds the function by all ways that apply. If only the name string finds it, and one of its
 * callers is at the same place, it was inlined there. Returns whether it is sure; if not
 * resolved->refusal says why.
 *
 * A symbol of what nothing calls is not believed: the compiler leaves a function that it has
 * inlined everywhere. Where it did so in some places only, that is seen by the name string, if it
 * or its inner function has one. By the name string it is only sure where one function refers to
 * it, that is called or has its address taken, and no symbol gives that one another name: what is
 * only jumped to may be a cold part without a frame. What cannot be seen: a function inlined into
 * just one other static function that callers does not name; and, where no table has static
 * symbols, a head whose name.part.0 has the reference, or a clone of other arguments.
 */
bool resolver_find(const struct resolver *resolver, const struct sought *sought,
		   struct resolved *resolved);

/* Writes the ways, or why it is refused, in words for people. */
void ways_text(unsigned int ways, char text[RESOLVE_TEXT_SIZE]);
void refusal_text(const struct resolved *resolved, char text[RESOLVE_TEXT_SIZE]);

#endif
