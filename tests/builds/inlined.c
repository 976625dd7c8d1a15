/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells by a file's debug information how often functions were inlined: inlined FILE NAME ... */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct names {
	char **name; /* in order */
	size_t count;
	size_t *inlined;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *name_of(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;

	return dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attribute));
}

/* What the compiler has split off a function counts as the function: it is entered by that. */
static void inlined_count(struct names *names, Dwarf_Die *die, const char *function)
{
	const char *name = name_of(die);
	char **found =
		name ? bsearch(&name, names->name, names->count, sizeof(name), by_name) : NULL;

	if (found && (!function || strcmp(function, name) != 0))
		names->inlined[found - names->name]++;
}

/* Of all that is within the DIE, and of those beside it. */
static void dies_walk(struct names *names, Dwarf_Die *first, const char *function)
{
	Dwarf_Die die = *first, child;

	do {
		if (dwarf_tag(&die) == DW_TAG_inlined_subroutine)
			inlined_count(names, &die, function);
		if (!dwarf_child(&die, &child))
			dies_walk(names, &child,
				  dwarf_tag(&die) == DW_TAG_subprogram ? name_of(&die) : function);
	} while (!dwarf_siblingof(&die, &die));
}

int main(int argc, char **argv)
{
	struct names names = {argv + 2, (size_t)argc - 2, calloc((size_t)argc, sizeof(size_t))};
	Dwarf *dwarf = argc < 3 ? NULL : dwarf_begin(open(argv[1], O_RDONLY), DWARF_C_READ);
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;

	if (!dwarf || !names.inlined)
		return 1;
	qsort(names.name, names.count, sizeof(*names.name), by_name);
	while (!dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL))
		dies_walk(&names, &die, NULL);
	for (size_t i = 0; i < names.count; i++)
		printf("%s %zu\n", names.name[i], names.inlined[i]);
	dwarf_end(dwarf);
	free(names.inlined);
	return 0;
}
