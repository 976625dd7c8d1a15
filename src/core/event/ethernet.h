/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hardware addresses of Ethernet as text: 52:54:00:00:00:01. */
#ifndef MIGTRACE_CORE_EVENT_ETHERNET_H
#define MIGTRACE_CORE_EVENT_ETHERNET_H

#include <stdbool.h>
#include <stdint.h>

#include "migtrace_tap.h"

#define ETHERNET_TEXT (3 * MT_ETHERNET)

/* Writes it in lower case, with a NUL behind it. */
void ethernet_format(const uint8_t address[MT_ETHERNET], char text[ETHERNET_TEXT]);

/* Reads it as it is written. Returns whether it is one. */
bool ethernet_parse(const char *text, uint8_t address[MT_ETHERNET]);

#endif
