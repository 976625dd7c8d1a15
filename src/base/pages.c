/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is not needed any more, or not for long. */
#include "base/pages.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void pages_drop(const void *bytes, size_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)bytes + page - 1) & ~(page - 1);
	uintptr_t to = ((uintptr_t)bytes + size) & ~(page - 1);

	if (from < to)
		madvise((void *)from, to - from, MADV_DONTNEED);
}

static int object_drop(struct dl_phdr_info *object, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];

		if (part->p_type == PT_LOAD && !(part->p_flags & PF_W))
			pages_drop((const void *)(object->dlpi_addr + part->p_vaddr),
				   part->p_memsz);
	}
	return 0;
}

void pages_trim(void)
{
	malloc_trim(0);
	dl_iterate_phdr(object_drop, NULL);
}
