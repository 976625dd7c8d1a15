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

#define CODE_SIZE  48
#define OFFSET_MAX 0x400 /* libvirt's object is smaller */

static bool function_read(const struct image *image, const char *name, uint8_t code[CODE_SIZE])
{
	uint64_t address, offset;

	if (symbol_function(image, name, &address) || image_code_offset(image, address, &offset))
		return false;
	if (code_kind_at(image, offset) == CODE_ENDBR64)
		offset += CODE_ENDBR64_SIZE;
	return code_read(image, offset, code, CODE_SIZE);
}

/* virDomainEventLifecycleNewFromObj(obj, ...) is no more than NewFromDef(obj->def, ...). */
static bool def_load_parse(const uint8_t *code, uint16_t *offset)
{
	static const uint8_t load32[] = {0x48, 0x8b, 0xbf}, load8[] = {0x48, 0x8b, 0x7f};
	uint32_t wide;
	size_t at;

	if (!memcmp(code, load32, sizeof(load32))) {
		memcpy(&wide, code + sizeof(load32), sizeof(wide));
		at = sizeof(load32) + sizeof(wide);
	} else if (!memcmp(code, load8, sizeof(load8)) && code[sizeof(load8)] < 0x80) {
		wide = code[sizeof(load8)];
		at = sizeof(load8) + 1;
	} else {
		return false;
	}
	*offset = (uint16_t)wide;
	return wide && wide < OFFSET_MAX && (code[at] == 0xe9 || code[at] == 0xeb);
}

/* NewFromDef takes the address of the UUID, which shows that it is where it has always been. */
static bool uuid_is_at_8(const uint8_t *code)
{
	static const uint8_t lea[] = {0x48, 0x8d, 0x57, 0x08}; /* lea 8(%rdi),%rdx */

	return memmem(code, CODE_SIZE, lea, sizeof(lea));
}

int vm_def_offset(const struct image *library, uint16_t *offset)
{
	uint8_t from_obj[CODE_SIZE], from_def[CODE_SIZE];

	if (!function_read(library, "virDomainEventLifecycleNewFromObj", from_obj) ||
	    !function_read(library, "virDomainEventLifecycleNewFromDef", from_def))
		return -ENOENT;
	return def_load_parse(from_obj, offset) && uuid_is_at_8(from_def) ? 0 : -ENOENT;
}
