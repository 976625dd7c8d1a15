/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name that a mistyped word was probably meant to be. */
#ifndef MIGTRACE_BASE_NEAREST_H
#define MIGTRACE_BASE_NEAREST_H

#include <stddef.h>

/*
 * Returns the one of the names that the word was probably meant to be: it begins with the word, or
 * differs in at most a third of its letters (one left out, added, replaced, or two swapped). NULL
 * if none is that near. Names are at most NEAREST_MAX bytes long; longer ones are not found.
 */
#define NEAREST_MAX 31
const char *nearest_name(const char *word, const char *const names[], size_t count);

#endif
