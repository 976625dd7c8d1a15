/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operands of all assemblers are made of: registers by name, and numbers. */
#include "probe/arch/operand.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe/arch/arch.h"

bool operand_register(const struct arch *arch, const char *name, size_t size, uint16_t *offset)
{
	for (size_t i = 0; i < arch->register_count; i++) {
		for (size_t width = 8, j = 0; width >= size; width /= 2, j++) {
			if (strcmp(arch->registers[i].names[j], name))
				continue;
			*offset = arch->registers[i].offset;
			return true;
		}
	}
	return false;
}

const char *operand_number(const char *text, __s64 *value)
{
	bool negative = *text == '-';
	unsigned long long magnitude;
	char *end;

	text += negative;
	if (!isdigit((unsigned char)*text))
		return NULL;
	errno = 0;
	magnitude = strtoull(text, &end, 0);
	if (errno || magnitude > (unsigned long long)INT64_MAX)
		return NULL;
	*value = negative ? -(__s64)magnitude : (__s64)magnitude;
	return end;
}
