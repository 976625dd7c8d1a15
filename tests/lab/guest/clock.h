/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab guest's clocks: its TSC, and the one that KVM keeps for it. */
#ifndef LAB_GUEST_CLOCK_H
#define LAB_GUEST_CLOCK_H

#include <stdint.h>

/* What is told of a clock is in units of 4096, and of 28 bits: it wraps after minutes. */
#define CLOCK_DIGITS 7

/* Has KVM keep its clock for the guest from now on; without KVM nothing comes of it. */
void kvmclock_begin(void);

/* Returns the TSC, or KVM's clock (ns). */
uint32_t tsc_told(void);
uint32_t kvmclock_told(void);

#endif
