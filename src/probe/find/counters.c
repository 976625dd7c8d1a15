/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where QEMU counts what it has sent of a guest's RAM: variables of its own, read as arguments. */
#include "probe/find/counters.h"

#include <stdbool.h>
#include <stddef.h>

#include "probe/arch/arch.h"
#include "probe/elf/image.h"
#include "probe/elf/object.h"
#include "probe/elf/symbols.h"

#define NOWHERE	      UINT16_MAX
#define COUNTER_BYTES 8

/* One form of it: a structure with 64-bit counters, which at[] are in, by enum mt_site_arg. */
struct form {
	const char *name;
	uint64_t size_min, size_max; /* of the structure */
	const char *unless; /* a variable that has taken some of its counters over, or NULL */
	uint16_t at[MT_ARGS];
};

/*
 * QEMU's own order of members, from its source (5.2 to 7.2, 8.1 to 10.2) and code (11.1, which has
 * one more at the begin); 8.0 counts in two structures. The events themselves show whether it is
 * right: the number of dirty-bitmap syncs is the pass's own.
 */
static const struct form forms[] = {
	/* What was sent is one counter, whatever it was sent by. */
	{"ram_counters",
	 112,
	 144,
	 "ram_atomic_counters",
	 {[ARG_RAM_SYNCS] = 72,
	  [ARG_RAM_REMAINING] = 8,
	  [ARG_RAM_SENT] = 0,
	  [ARG_RAM_SENT + 1] = NOWHERE,
	  [ARG_RAM_SENT + 2] = NOWHERE,
	  [ARG_RAM_NORMAL] = 40,
	  [ARG_RAM_ZERO] = 24}},
	/* While the guest ran, by multifd's own channels, and since it stopped. */
	{"mig_stats",
	 120,
	 120,
	 NULL,
	 {[ARG_RAM_SYNCS] = 16,
	  [ARG_RAM_REMAINING] = 0,
	  [ARG_RAM_SENT] = 72,
	  [ARG_RAM_SENT + 1] = 40,
	  [ARG_RAM_SENT + 2] = 32,
	  [ARG_RAM_NORMAL] = 48,
	  [ARG_RAM_ZERO] = 112}},
	{"mig_stats",
	 128,
	 128,
	 NULL,
	 {[ARG_RAM_SYNCS] = 24,
	  [ARG_RAM_REMAINING] = 0,
	  [ARG_RAM_SENT] = 80,
	  [ARG_RAM_SENT + 1] = 48,
	  [ARG_RAM_SENT + 2] = 40,
	  [ARG_RAM_NORMAL] = 56,
	  [ARG_RAM_ZERO] = 120}},
};

static bool is_in(const struct image *image, const struct form *form)
{
	struct symbol symbol;

	return !symbol_object(image, form->name, &symbol) && symbol.size >= form->size_min &&
	       symbol.size <= form->size_max &&
	       (!form->unless || symbol_object(image, form->unless, &symbol));
}

static const struct form *form_of(const struct image *image)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (is_in(image, &forms[i]))
			return &forms[i];
	return NULL;
}

static struct mt_arg constant(int64_t value)
{
	return (struct mt_arg){.where = MT_ARG_CONSTANT, .size = COUNTER_BYTES, .value = value};
}

void counters_take(const struct image *image, uint64_t offset, struct mt_site *site)
{
	const struct form *form = form_of(image);
	int64_t distance;

	if (form && object_distance(image, form->name, offset, &distance))
		form = NULL;
	if (site->arg[ARG_RAM_PASS].where == MT_ARG_NONE)
		site->arg[ARG_RAM_PASS] = constant(-1);
	for (int i = ARG_RAM_SYNCS; i < MT_ARGS; i++) {
		bool is_addend = i == ARG_RAM_SENT + 1 || i == ARG_RAM_SENT + 2;

		site->arg[i] = constant(is_addend ? 0 : -1);
		if (form && form->at[i] != NOWHERE)
			site->arg[i] = (struct mt_arg){
				.where = MT_ARG_MEMORY,
				.size = COUNTER_BYTES,
				.regs_offset = image_arch(image)->program_counter,
				.value = distance + form->at[i],
			};
	}
}
