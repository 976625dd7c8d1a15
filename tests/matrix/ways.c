/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resolves every exported function of a file, and counts what its ways say: ways FILE PREFIX ... */
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/elf/debug_file.h"
#include "probe/elf/image.h"
#include "probe/find/resolve.h"
#include "probe/elf/symbols.h"

struct counts {
	const struct resolver *resolver;
	char **prefixes;
	int functions, agree, symbol_only, refused;
};

static int has_prefix(const struct counts *counts, const char *name)
{
	for (char **prefix = counts->prefixes; *prefix; prefix++)
		if (!strncmp(name, *prefix, strlen(*prefix)))
			return 1;
	return 0;
}

static int on_function(void *arg, const char *name, const struct symbol *symbol)
{
	struct counts *counts = arg;
	char text[RESOLVE_TEXT_SIZE];
	struct resolved resolved;

	(void)symbol;
	if (!has_prefix(counts, name))
		return 0;
	counts->functions++;
	if (!resolver_find(counts->resolver, &(struct sought){.name = name, .is_others = true},
			   &resolved)) {
		refusal_text(&resolved, text);
		printf("# %s: %s\n", name, text);
		counts->refused++;
	} else if (resolved.ways & WAY_STRING) {
		counts->agree++;
	} else {
		counts->symbol_only++;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct counts counts = {.prefixes = argv + 2};
	struct resolver *resolver;
	struct image *image;

	if (argc < 3)
		return 2;
	image = image_open(argv[1]);
	resolver = image ? resolver_open(image, &(struct debug_place){NULL, NULL, false}) : NULL;
	if (!resolver)
		return 1;
	counts.resolver = resolver;
	symbols_walk(image, &(struct symbol_walk){SHT_DYNSYM, STT_FUNC, on_function, &counts});
	printf("functions %d agree %d symbol_only %d refused %d\n", counts.functions, counts.agree,
	       counts.symbol_only, counts.refused);
	resolver_close(resolver);
	image_close(image);
	return 0;
}
