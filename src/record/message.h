/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An error message of libvirt or QEMU as it may be recorded: one line, and nothing secret in it. */
#ifndef MIGTRACE_RECORD_MESSAGE_H
#define MIGTRACE_RECORD_MESSAGE_H

#include <stddef.h>

#include "migtrace_event.h"

/*
 * Writes what may be recorded of the message, as one line: lines are joined by "; ", and lose the
 * time of day that QEMU's log begins them with. What quotes JSON or XML is cut off there, and what
 * may be a key or a password is written as "...": the value of what is named so, who logs in at a
 * URI, and long words that look like base64 or hexadecimal digits. Returns the line's length; its
 * NUL is behind it.
 */
size_t message_clean(const char *message, char line[static MT_TEXT]);

#endif
