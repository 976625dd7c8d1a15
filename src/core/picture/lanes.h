/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spans that overlap, in lanes in which they do not. */
#ifndef MIGTRACE_CORE_PICTURE_LANES_H
#define MIGTRACE_CORE_PICTURE_LANES_H

#include "core/picture/timeline.h"

/*
 * Puts the spans of the timeline in order, each into the first lane of its track in which it is
 * within the others or apart from them. What fits into none is left out.
 */
void lanes_set(struct timeline *timeline);

#endif
