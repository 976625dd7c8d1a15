/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A length of time as people write it: 90s, 500ms, 5m. */
#ifndef MIGTRACE_BASE_DURATION_H
#define MIGTRACE_BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads a number, with a sign and a fraction if need be, and a unit: us, ms, s, m, h or d.
 * default_unit is that of a number without one; NULL: it needs one. Returns whether the text is
 * that and nothing else, and shorter than 31 years.
 */
bool duration_parse(const char *text, const char *default_unit, int64_t *ns);

#endif
