/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The architectures whose files can be read; a new one is a file and a row here. */
#include "probe/arch/arch.h"

static const struct arch *const archs[] = {&arch_x86_64, &arch_aarch64};

#define ARCHS (sizeof(archs) / sizeof(archs[0]))

const struct arch *arch_of(uint16_t machine)
{
	for (size_t i = 0; i < ARCHS; i++)
		if (archs[i]->machine == machine)
			return archs[i];
	return NULL;
}

const struct arch *arch_host(void)
{
	size_t i = 0;

	while (i < ARCHS - 1 && !archs[i]->is_host)
		i++;
	return archs[i];
}

bool arch_has(const struct arch *arch, enum code_kind kind)
{
	for (size_t i = 0; i < arch->code_count; i++)
		if (arch->codes[i].kind == kind)
			return true;
	return false;
}
