/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a variable of an ELF file is, as seen from its code. */
#include "probe/elf/object.h"

#include <errno.h>

#include "probe/elf/image.h"
#include "probe/elf/symbols.h"

int object_distance(const struct image *image, const char *name, uint64_t file_offset,
		    int64_t *distance)
{
	struct symbol object;
	uint64_t code;

	if (symbol_object(image, name, &object) || image_code_address(image, file_offset, &code))
		return -ENOENT;
	*distance = (int64_t)(object.address - code);
	return 0;
}
