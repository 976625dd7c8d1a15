/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Amounts of memory as people read them: 1.5 GiB. */
#ifndef MIGTRACE_BASE_BYTES_H
#define MIGTRACE_BASE_BYTES_H

#include <stdint.h>

#define BYTES_TEXT 24

/* Writes the amount with two digits or more, in KiB or a larger unit. */
void bytes_format(uint64_t bytes, char text[BYTES_TEXT]);

#endif
