/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An IP address as people write it. */
#ifndef MIGTRACE_CORE_EVENT_ADDRESS_H
#define MIGTRACE_CORE_EVENT_ADDRESS_H

#include <stddef.h>

/* Writes the address of IPv6, or the one of IPv4 that is mapped. */
void address_format(const void *address, char *text, size_t size);

#endif
