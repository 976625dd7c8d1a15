/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An instant of the past as people write it: 2h, 7d, 2026-11-26T20:30. */
#ifndef MIGTRACE_BASE_WHEN_H
#define MIGTRACE_BASE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads how long ago it was, as base/duration.h does; or a date in UTC, with the
 * time of the day if need be. now_ns and *ns are of the wall clock. Returns whether the text is
 * that and nothing else.
 */
bool when_parse(const char *text, int64_t now_ns, int64_t *ns);

#endif
