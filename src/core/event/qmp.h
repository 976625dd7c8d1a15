/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The QMP commands and events that are recorded; of all others nothing leaves the kernel. */
#ifndef MIGTRACE_CORE_EVENT_QMP_H
#define MIGTRACE_CORE_EVENT_QMP_H

#include <stddef.h>
#include <stdint.h>

/* Returns the command with that number, static, or NULL. Numbers count from 1 without gaps. */
const char *qmp_command(uint16_t number);

/* Returns the command's flags of enum values MT_COMMAND_*; 0 where there is no such command. */
uint16_t qmp_command_flags(uint16_t number);

/* Returns the number of the command, or 0. */
uint16_t qmp_command_number(const char *command);

/* Returns the event with that number, static, or NULL. Numbers count from 1 without gaps. */
const char *qmp_event(uint16_t number);

#endif
