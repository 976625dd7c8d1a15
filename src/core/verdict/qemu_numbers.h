/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks query-migrate's numbers against the spans that QEMU's probes show. */
#ifndef MIGTRACE_CORE_VERDICT_QEMU_NUMBERS_H
#define MIGTRACE_CORE_VERDICT_QEMU_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "core/match/migration.h"
#include "core/event/quantity.h"
#include "core/verdict/verdict.h"

struct qemu_number {
	const char *name; /* QEMU's, static */
	const char *definition;
	uint64_t ms;	      /* what QEMU said */
	struct quantity span; /* on the source's clock, by QEMU's steps: nearly the same, or not */
	enum verdict_kind kind;
	const char *explanation;
};

#define QEMU_NUMBERS_MAX 3

struct qemu_numbers {
	struct qemu_number number[QEMU_NUMBERS_MAX];
	size_t count; /* 0: QEMU was not asked, or did not complete */
};

/* Returns what the source's QEMU said when its migration had completed, and whether it fits. */
struct qemu_numbers qemu_numbers_of(const struct migration *migration);

#endif
