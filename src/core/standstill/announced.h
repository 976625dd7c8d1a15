/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the network learned where the guest is: no part of its downtime. */
#ifndef MIGTRACE_CORE_STANDSTILL_ANNOUNCED_H
#define MIGTRACE_CORE_STANDSTILL_ANNOUNCED_H

#include "core/match/migration.h"
#include "core/event/quantity.h"

/*
 * Returns how long after the guest ran on the destination QEMU sent the first frame that tells one
 * of its addresses. What QEMU would send before, it keeps until then (net.c: qemu_can_send_packet),
 * and lets go before the vCPUs are woken: that is 0.
 */
struct quantity announced_of(const struct migration *migration);

#endif
