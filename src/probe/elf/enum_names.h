/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names that a QEMU has for the values of one of its enumerations: they differ by version. */
#ifndef MIGTRACE_PROBE_ELF_ENUM_NAMES_H
#define MIGTRACE_PROBE_ELF_ENUM_NAMES_H

#include <stddef.h>

#define ENUM_NAMES_MAX 32
#define ENUM_NAME      32

struct image;

struct enum_names {
	char name[ENUM_NAMES_MAX][ENUM_NAME]; /* by value */
	size_t count;			      /* 0: the file does not tell */
};

/*
 * Reads the table by which QEMU itself turns the values into words (QEnumLookup of its qapi/util.h:
 * an array of strings, since 6.2 a pointer, and how many).
 */
void enum_names(const struct image *image, const char *lookup, struct enum_names *names);

#endif
