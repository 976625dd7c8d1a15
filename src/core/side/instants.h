/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The instants of one side that figures are made of, or between which they lie. */
#ifndef MIGTRACE_CORE_SIDE_INSTANTS_H
#define MIGTRACE_CORE_SIDE_INSTANTS_H

#include "core/side/side.h"

/* Sets the side's instants, of which it has the events. What was not seen stays unknown. */
void instants_find(struct side *side);

#endif
