/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds a static function in a stripped file by the string of its own name that it refers to. */
#include "probe/func_string.h"

#include <dwarf.h>
#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <elfutils/libdw.h>

#include "probe/image.h"

#define RANGES_MAX	 8 /* that may refer to one name, or jump into one cold part */
#define STRINGS_MAX	 8 /* copies of a name; each costs a look through the code */
#define AUGMENTATION_MAX 8 /* longest known: "zPLRSB" */

/* The code that one FDE of .eh_frame describes. */
struct range {
	uint64_t start, end;
	bool has_frame; /* already where it starts: no function does, but GCC's cold parts do */
};

struct ranges {
	struct range *range;
	size_t count, room;
};

/* A few of the ranges, each once. */
struct few {
	const struct ranges *all;
	const struct range *range[RANGES_MAX];
	size_t count;
};

enum branch {
	BRANCH_LEA = 1,
	BRANCH_CALL = 2,
	BRANCH_JUMP = 4,
};

/* What to look for in the code: instructions of some kinds whose target is in [lo, hi). */
struct search {
	unsigned int kinds;
	uint64_t lo, hi;
	int (*found)(void *arg, uint64_t from); /* anything but 0 ends the search */
	void *arg;
};

/* .eh_frame as it is being read. */
struct frames {
	const unsigned char *ident;
	Elf_Data *data;
	uint64_t address;
	Dwarf_Off cie_offset; /* of the CIE read last */
	bool cie_is_plain;    /* it starts with CFA = rsp + 8 */
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

/* Checks that FDEs of that CIE have their addresses in the one form that x86-64 compilers write. */
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

/* Returns whether the CIE starts with CFA = rsp + 8, which is so where a function is entered. */
static bool cie_is_plain(const Dwarf_CIE *cie)
{
	static const uint8_t plain[] = {DW_CFA_def_cfa, 7, 8};

	return cie->initial_instructions_end - cie->initial_instructions >=
		       (ptrdiff_t)sizeof(plain) &&
	       !memcmp(cie->initial_instructions, plain, sizeof(plain));
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
	frames->cie_is_plain = cie_is_plain(&entry.cie);
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

/* Reads the ranges that .eh_frame has; none where there is no .eh_frame. */
static int ranges_read(const struct image *image, struct ranges *ranges)
{
	Elf *elf = image_elf(image);
	struct image_section section;
	size_t index = 0;

	while (image_section_next(image, &index, &section)) {
		struct frames frames = {
			.ident = (const unsigned char *)elf_getident(elf, NULL),
			.data = elf_rawdata(elf_getscn(elf, index), NULL),
			.address = section.address,
			.cie_offset = (Dwarf_Off)-1,
		};

		if (!strcmp(section.name, ".eh_frame") && section.size)
			return frames_read(&frames, ranges);
	}
	return 0;
}

/* Returns the one range around the address; NULL where there is none, or several. */
static const struct range *range_around(const struct ranges *ranges, uint64_t address)
{
	const struct range *found = NULL;

	for (size_t i = 0; i < ranges->count; i++) {
		const struct range *range = &ranges->range[i];

		if (address < range->start || address >= range->end)
			continue;
		if (found)
			return NULL;
		found = range;
	}
	return found;
}

/* Adds the range around the address to the struct few that arg is; -EEXIST if it cannot. */
static int few_add(void *arg, uint64_t address)
{
	struct few *few = arg;
	const struct range *range;

	for (size_t i = 0; i < few->count; i++)
		if (address >= few->range[i]->start && address < few->range[i]->end)
			return 0;
	range = range_around(few->all, address);
	if (!range || few->count == RANGES_MAX)
		return -EEXIST;
	few->range[few->count++] = range;
	return 0;
}

/* Returns how many bytes the opcode has that ends before code[at], if it is of those kinds; or 0.
 */
static size_t opcode_before(const uint8_t *code, size_t at, unsigned int kinds)
{
	if (kinds & BRANCH_LEA && at >= 3 && (code[at - 3] & 0xfb) == 0x48 &&
	    code[at - 2] == 0x8d && (code[at - 1] & 0xc7) == 5)
		return 3; /* REX.W or REX.WR, lea, disp32(%rip) */
	if (kinds & BRANCH_CALL && at >= 1 && code[at - 1] == 0xe8)
		return 1;
	if (kinds & BRANCH_JUMP && at >= 1 && code[at - 1] == 0xe9)
		return 1;
	if (kinds & BRANCH_JUMP && at >= 2 && code[at - 2] == 0x0f && (code[at - 1] & 0xf0) == 0x80)
		return 2; /* jcc rel32 */
	return 0;
}

/*
 * Looks at all 4 bytes as if they were the displacement that ends each of these instructions. What
 * is none has the target that is looked for once in 2^32: then there is one range too many, or
 * for code_is_entered one passes that is not entered.
 */
static int section_search(const struct image_section *section, const struct search *search)
{
	const uint8_t *code = section->data;
	int32_t distance;

	for (size_t at = 0; section->size - at >= sizeof(distance); at++) {
		uint64_t end = section->address + at + sizeof(distance);
		size_t length;
		int stop;

		memcpy(&distance, code + at, sizeof(distance));
		if (end + (uint64_t)(int64_t)distance - search->lo >= search->hi - search->lo)
			continue;
		length = opcode_before(code, at, search->kinds);
		stop = length ? search->found(search->arg, section->address + at - length) : 0;
		if (stop)
			return stop;
	}
	return 0;
}

static int code_search(const struct image *image, const struct search *search)
{
	struct image_section section;
	size_t index = 0;

	while (image_section_next(image, &index, &section)) {
		int stop;

		if (section.type != SHT_PROGBITS || !(section.flags & SHF_EXECINSTR))
			continue;
		stop = section_search(&section, search);
		if (stop)
			return stop;
	}
	return 0;
}

/* Finds the strings equal to name in that section; adds their addresses. */
static int section_strings(const struct image_section *section, const char *name,
			   uint64_t *addresses, size_t *count)
{
	const uint8_t *at = section->data, *end = at + section->size;
	size_t size = strlen(name) + 1;

	while ((at = memmem(at, (size_t)(end - at), name, size))) {
		if (at == section->data || !at[-1]) {
			if (*count == STRINGS_MAX)
				return -EEXIST;
			addresses[(*count)++] = section->address + (uint64_t)(at - section->data);
		}
		at++;
	}
	return 0;
}

static int strings_find(const struct image *image, const char *name, uint64_t *addresses,
			size_t *count)
{
	struct image_section section;
	size_t index = 0;

	while (image_section_next(image, &index, &section)) {
		int err;

		if (section.type != SHT_PROGBITS || !section.size ||
		    (section.flags & (SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR)) != SHF_ALLOC)
			continue;
		err = section_strings(&section, name, addresses, count);
		if (err)
			return err;
	}
	return 0;
}

/* Finds the ranges whose code refers to a string equal to name. */
static int referers_find(const struct image *image, const char *name, struct few *referers)
{
	uint64_t strings[STRINGS_MAX];
	size_t count = 0;
	int err = strings_find(image, name, strings, &count);

	for (size_t i = 0; !err && i < count; i++)
		err = code_search(image, &(struct search){.kinds = BRANCH_LEA,
							  .lo = strings[i],
							  .hi = strings[i] + 1,
							  .found = few_add,
							  .arg = referers});
	return err;
}

/* Returns the range that the cold part was split off: the only one that jumps into it. */
static const struct range *cold_owner(const struct image *image, const struct ranges *ranges,
				      const struct range *cold)
{
	struct few sources = {.all = ranges, .range = {cold}, .count = 1};
	const struct search search = {.kinds = BRANCH_JUMP,
				      .lo = cold->start,
				      .hi = cold->end,
				      .found = few_add,
				      .arg = &sources};

	if (code_search(image, &search) || sources.count != 2 || sources.range[1]->has_frame)
		return NULL;
	return sources.range[1];
}

/* Returns the one function that the referers are, or are cold parts of; NULL if not one. */
static const struct range *function_of(const struct image *image, const struct few *referers)
{
	const struct range *function = NULL;

	for (size_t i = 0; i < referers->count; i++) {
		const struct range *range = referers->range[i];

		if (range->has_frame)
			range = cold_owner(image, referers->all, range);
		if (!range || (function && range != function))
			return NULL;
		function = range;
	}
	return function;
}

static bool relocation_has(Elf_Data *data, uint64_t address)
{
	size_t count = data ? data->d_size / sizeof(Elf64_Rela) : 0;
	GElf_Rela rela;

	for (size_t i = 0; i < count && gelf_getrela(data, (int)i, &rela); i++)
		if (GELF_R_TYPE(rela.r_info) == R_X86_64_RELATIVE &&
		    (uint64_t)rela.r_addend == address)
			return true;
	return false;
}

/* Where relocations are packed (RELR), or the file is not to be moved, the pointer is in place. */
static bool data_has(const struct image_section *section, uint64_t address)
{
	for (size_t i = 0; section->size - i >= sizeof(address); i += sizeof(address))
		if (!memcmp(section->data + i, &address, sizeof(address)))
			return true;
	return false;
}

/* Returns whether the file's data has a pointer to the address, as for a table of callbacks. */
static bool pointer_exists(const struct image *image, uint64_t address)
{
	Elf *elf = image_elf(image);
	struct image_section section;
	size_t index = 0;

	while (image_section_next(image, &index, &section)) {
		if (!(section.flags & SHF_ALLOC))
			continue;
		if (section.type == SHT_RELA &&
		    relocation_has(elf_getdata(elf_getscn(elf, index), NULL), address))
			return true;
		if (section.flags & SHF_WRITE && data_has(&section, address))
			return true;
	}
	return false;
}

static int stop_search(void *arg, uint64_t from)
{
	(void)arg;
	(void)from;
	return 1;
}

/* Returns whether something calls the address or takes it, which nothing does to a cold part. */
static bool code_is_entered(const struct image *image, uint64_t address)
{
	const struct search search = {.kinds = BRANCH_CALL | BRANCH_LEA,
				      .lo = address,
				      .hi = address + 1,
				      .found = stop_search};

	return pointer_exists(image, address) || code_search(image, &search);
}

static int function_find(const struct image *image, const char *name, const struct ranges *ranges,
			 uint64_t *file_offset)
{
	struct few referers = {.all = ranges};
	const struct range *function;
	int err = referers_find(image, name, &referers);

	if (err)
		return err;
	if (!referers.count)
		return -ENOENT;
	function = function_of(image, &referers);
	if (!function)
		return -EEXIST;
	err = image_symbol_at(image, function->start, name);
	if (err < 0)
		return err;
	if (!err && !code_is_entered(image, function->start))
		return -EEXIST;
	return image_code_offset(image, function->start, file_offset) ? -EINVAL : 0;
}

int image_static_function(const struct image *image, const char *name, uint64_t *file_offset)
{
	struct ranges ranges = {0};
	int err = ranges_read(image, &ranges);

	if (!err)
		err = function_find(image, name, &ranges, file_offset);
	free(ranges.range);
	return err;
}
