/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the functions of an ELF file begin and end, as its .eh_frame says for unwinding. */
#include "probe/elf/frames.h"

#include <dwarf.h>
#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <elfutils/libdw.h>

#include "probe/arch/arch.h"
#include "probe/elf/image.h"

#define AUGMENTATION_MAX 8 /* longest known: "zPLRSB" */

/* .eh_frame as it is being read. */
struct frames {
	const unsigned char *ident;
	Elf_Data *data;
	uint64_t address;
	const struct arch *arch;
	Dwarf_Off cie_offset; /* of the CIE read last */
	bool cie_is_plain;    /* it starts with the CFA that a function is entered with */
};

/* How many bytes the pointer takes that an augmentation has in that encoding; 0: not known. */
static size_t encoded_size(uint8_t encoding)
{
	switch (encoding & 0x7) {
	case DW_EH_PE_absptr:
		return (encoding & 0x70) == DW_EH_PE_aligned ? 0 : 8;
	case DW_EH_PE_udata2:
		return 2;
	case DW_EH_PE_udata4:
		return 4;
	case DW_EH_PE_udata8:
		return 8;
	default:
		return 0;
	}
}

/* Checks that FDEs of that CIE have their addresses in the one form that compilers write. */
static int cie_check(const Dwarf_CIE *cie)
{
	const uint8_t *data = cie->augmentation_data;
	size_t skip, left = data ? cie->augmentation_data_size : 0;

	if (cie->augmentation[0] != 'z' || strlen(cie->augmentation) > AUGMENTATION_MAX)
		return -ENOTSUP;
	for (const char *letter = cie->augmentation + 1; *letter; letter++) {
		if (*letter == 'S' || *letter == 'B')
			continue;
		if (!left || !strchr("LPR", *letter))
			return -ENOTSUP;
		if (*letter == 'R')
			return *data == (DW_EH_PE_pcrel | DW_EH_PE_sdata4) ? 0 : -ENOTSUP;
		skip = *letter == 'P' ? encoded_size(*data) : 0;
		if ((*letter == 'P' && !skip) || skip >= left)
			return -ENOTSUP;
		data += 1 + skip;
		left -= 1 + skip;
	}
	return -ENOTSUP;
}

static bool cie_is_plain(const Dwarf_CIE *cie, const struct arch *arch)
{
	return cie->initial_instructions_end - cie->initial_instructions >= ARCH_ENTRY_CFI &&
	       !memcmp(cie->initial_instructions, arch->entry_cfi, ARCH_ENTRY_CFI);
}

/*
 * Reads the CIE of an FDE, unless it was read last: FDEs mostly follow theirs. An error ends the
 * reading of all, so that a hostile file cannot have us read a long CIE for each of many FDEs.
 */
static int cie_read(struct frames *frames, Dwarf_Off offset)
{
	Dwarf_CFI_Entry entry;
	Dwarf_Off next;
	int err;

	if (frames->cie_offset == offset)
		return 0;
	if (dwarf_next_cfi(frames->ident, frames->data, true, offset, &next, &entry) ||
	    !dwarf_cfi_cie_p(&entry))
		return -EINVAL;
	err = cie_check(&entry.cie);
	if (err)
		return err;
	frames->cie_offset = offset;
	frames->cie_is_plain = cie_is_plain(&entry.cie, frames->arch);
	return 0;
}

/* Returns whether the CFI instructions say something before the first instruction of the code. */
static bool cfi_starts_late(const uint8_t *cfi, const uint8_t *end)
{
	if (cfi == end || *cfi == DW_CFA_nop || (*cfi & 0xc0) == DW_CFA_advance_loc)
		return false;
	return *cfi != DW_CFA_advance_loc1 && *cfi != DW_CFA_advance_loc2 &&
	       *cfi != DW_CFA_advance_loc4;
}

/* Reads pcrel|sdata4 start, 4 bytes of length, the size of the augmentation, its bytes, the CFI. */
static int fde_read(struct frames *frames, const Dwarf_FDE *fde, struct range *range)
{
	uint64_t address =
		frames->address + (uint64_t)(fde->start - (uint8_t *)frames->data->d_buf);
	const uint8_t *cfi = fde->start + 9;
	int err = cie_read(frames, fde->CIE_pointer);
	uint32_t length;
	int32_t start;

	if (err)
		return err;
	if (fde->end - fde->start < 9 || cfi[-1] & 0x80 || fde->end - cfi < cfi[-1])
		return -EINVAL;
	memcpy(&start, fde->start, sizeof(start));
	memcpy(&length, fde->start + sizeof(start), sizeof(length));
	range->start = address + (uint64_t)(int64_t)start;
	if (__builtin_add_overflow(range->start, length, &range->end))
		return -EINVAL;
	range->has_frame = !frames->cie_is_plain || cfi_starts_late(cfi + cfi[-1], fde->end);
	return 0;
}

static int range_add(struct ranges *ranges, const struct range *range)
{
	if (ranges->count == ranges->room) {
		size_t room = ranges->room ? 2 * ranges->room : 1024;
		struct range *bigger = reallocarray(ranges->range, room, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		ranges->range = bigger;
		ranges->room = room;
	}
	ranges->range[ranges->count++] = *range;
	return 0;
}

static int frames_read(struct frames *frames, struct ranges *ranges)
{
	Dwarf_CFI_Entry entry;
	struct range range;
	Dwarf_Off next;

	for (Dwarf_Off at = 0;; at = next) {
		int err = dwarf_next_cfi(frames->ident, frames->data, true, at, &next, &entry);

		if (err)
			return err > 0 ? 0 : -EINVAL;
		if (dwarf_cfi_cie_p(&entry))
			continue;
		err = fde_read(frames, &entry.fde, &range);
		if (!err)
			err = range_add(ranges, &range);
		if (err)
			return err;
	}
}

static int by_start(const void *a, const void *b)
{
	const struct range *left = a, *right = b;

	return (left->start > right->start) - (left->start < right->start);
}

int ranges_read(const struct image *image, struct ranges *ranges)
{
	Elf *elf = image_elf(image);
	struct image_section section;
	struct frames frames;
	int err;

	*ranges = (struct ranges){0};
	if (!image_section_named(image, ".eh_frame", &section) ||
	    !image_section_read(image, &section))
		return 0;
	frames = (struct frames){
		.ident = (const unsigned char *)elf_getident(elf, NULL),
		.data = elf_rawdata(elf_getscn(elf, section.index), NULL),
		.address = section.address,
		.arch = image_arch(image),
		.cie_offset = (Dwarf_Off)-1,
	};
	err = frames_read(&frames, ranges);
	if (ranges->count)
		qsort(ranges->range, ranges->count, sizeof(*ranges->range), by_start);
	return err;
}

void ranges_free(struct ranges *ranges)
{
	free(ranges->range);
	*ranges = (struct ranges){0};
}

const struct range *range_around(const struct ranges *ranges, uint64_t address)
{
	const struct range *found = NULL;

	for (size_t i = 0; i < ranges->count && ranges->range[i].start <= address; i++) {
		const struct range *range = &ranges->range[i];

		if (address >= range->end)
			continue;
		if (found)
			return NULL;
		found = range;
	}
	return found;
}
