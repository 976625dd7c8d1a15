/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The self-test of the BPF programs: a place in our own code where they are hit first. */
#include "probe/kernel/self_test.h"

#include <link.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static volatile int hit;

__attribute__((noinline)) void self_test_run(void)
{
	hit++;
}

/* The first that dl_iterate_phdr() reports is the program itself. */
static int offset_find(struct dl_phdr_info *info, size_t size, void *context)
{
	uint64_t address = (uintptr_t)self_test_run - info->dlpi_addr, *offset = context;

	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

		if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
		    address < segment->p_vaddr + segment->p_filesz)
			*offset = address - segment->p_vaddr + segment->p_offset;
	}
	return 1;
}

struct points *self_test_points(void)
{
	struct points *points = calloc(1, sizeof(*points));

	if (!points)
		return NULL;
	points->finding_count = points->count = 1;
	snprintf(points->finding[0].how, sizeof(points->finding[0].how), "self-test");
	points->point[0].site = (struct mt_site){
		.kind = MT_SELF_TEST,
		.program = MT_PROGRAM_HIT + 1,
	};
	dl_iterate_phdr(offset_find, &points->point[0].offset);
	return points;
}

const char *self_test_verdict(uint64_t seen, uint64_t on_stack)
{
	const uint64_t all = (UINT64_C(1) << MT_PROGRAMS) - 1;

	if (seen != on_stack)
		return "this kernel runs BPF programs of uprobes on private stacks, where "
		       "preemption would mix the hits of two tasks";
	return seen == all ? NULL : "the self-test of the BPF programs was not hit";
}
