/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the calls of libvirt's protocols are called that may hold a domain's lock or job. */
#ifndef MIGTRACE_CORE_EVENT_PROCEDURES_H
#define MIGTRACE_CORE_EVENT_PROCEDURES_H

#include <stdbool.h>
#include <stdint.h>

/* Returns the procedure's name in libvirt's protocol, static, or NULL: it is not in the table. */
const char *procedure_name(uint64_t program, uint64_t proc);

/*
 * Returns whether the call wakes threads of a domain to have them end what they do, not only as it
 * lets go of what they wait for (libvirt: virDomainObjBroadcast() by qemuDomainObjAbortAsyncJob()
 * and qemuProcessBeginStopJob()).
 */
bool procedure_interrupts(uint64_t program, uint64_t proc);

#endif
