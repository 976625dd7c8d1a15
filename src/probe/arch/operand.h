/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operands of all assemblers are made of: registers by name, and numbers. */
#ifndef MIGTRACE_PROBE_ARCH_OPERAND_H
#define MIGTRACE_PROBE_ARCH_OPERAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

struct arch;

/* Finds a register that has at least size bytes by its name, and its offset in struct pt_regs. */
bool operand_register(const struct arch *arch, const char *name, size_t size, uint16_t *offset);

/*
 * Reads a number as the assembler does: decimal, 0x hexadecimal or 0 octal. Returns its end; NULL
 * where there is none, or none of that size.
 */
const char *operand_number(const char *text, __s64 *value);

#endif
