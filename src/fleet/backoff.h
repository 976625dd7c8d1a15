/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long to wait where nobody answers: longer each time, and not all at once. */
#ifndef MIGTRACE_FLEET_BACKOFF_H
#define MIGTRACE_FLEET_BACKOFF_H

/* Returns half of first_ms, doubled so often but at most most_ms, and up to as much again by
 * chance. */
int backoff_ms(int first_ms, int most_ms, unsigned int doublings);

#endif
