/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where libvirt's domain object has its definition: read off libvirt's own code. */
#include "probe/code/vm_def.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "probe/code/code.h"
#include "probe/elf/image.h"
#include "probe/elf/symbols.h"

#define CODE_SIZE   48
#define OFFSET_MAX  0x400 /* libvirt's object is smaller */
#define UUID_OFFSET 8	  /* in a definition */

static bool function_read(const struct image *image, const char *name, uint8_t code[CODE_SIZE])
{
	uint64_t address, offset;

	if (symbol_function(image, name, &address) || image_code_offset(image, address, &offset))
		return false;
	return code_read(image, code_behind_mark(image, offset), code, CODE_SIZE);
}

/* virDomainEventLifecycleNewFromObj(obj, ...) is no more than NewFromDef(obj->def, ...), which
 * takes the address of the UUID: that shows that it is where it has always been. */
int vm_def_offset(const struct image *library, uint16_t *offset)
{
	const struct arch *arch = image_arch(library);
	uint8_t from_obj[CODE_SIZE], from_def[CODE_SIZE];
	uint32_t wide;

	if (!arch->member_passed ||
	    !function_read(library, "virDomainEventLifecycleNewFromObj", from_obj) ||
	    !function_read(library, "virDomainEventLifecycleNewFromDef", from_def) ||
	    !arch->member_passed(from_obj, CODE_SIZE, &wide) || !wide || wide >= OFFSET_MAX ||
	    !arch->member_taken(from_def, CODE_SIZE, UUID_OFFSET))
		return -ENOENT;
	*offset = (uint16_t)wide;
	return 0;
}
