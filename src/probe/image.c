/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ELF file that another process has mapped: its symbols, sections and file offsets. */
#include "probe/image.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <elfutils/libdwelf.h>

/* Room for QEMU with its debug sections; bounds what a hostile file can make us read. */
#define IMAGE_SIZE_MAX	   ((off_t)256 << 20)
#define IMAGE_SECTIONS_MAX 1024
#define IMAGE_SEGMENTS_MAX 128

struct image {
	Elf *elf;
	int fd;
	size_t size;
};

/* The symbols of one table, and the bytes that their names are in. */
struct symbols {
	Elf_Data *data;
	size_t count;
	const char *names;
	size_t names_size;
};

/* Opens what must be a file: the path is in another root, where a FIFO or device would block us. */
static int regular_open(const char *path, size_t *size)
{
	int err, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode) || !st.st_size)
		err = -ENOEXEC;
	else
		err = st.st_size > IMAGE_SIZE_MAX ? -EFBIG : 0;
	if (err) {
		close(fd);
		return err;
	}
	*size = (size_t)st.st_size;
	return fd;
}

static bool header_fits(Elf *elf)
{
	GElf_Ehdr ehdr;

	return elf_kind(elf) == ELF_K_ELF && gelf_getclass(elf) == ELFCLASS64 &&
	       gelf_getehdr(elf, &ehdr) && ehdr.e_ident[EI_DATA] == ELFDATA2LSB &&
	       ehdr.e_machine == EM_X86_64 && (ehdr.e_type == ET_DYN || ehdr.e_type == ET_EXEC);
}

/* elf_strptr looks for the end of each name again where the table itself has no end. */
static bool section_names_end(Elf *elf)
{
	size_t index;
	Elf_Data *data;

	if (elf_getshdrstrndx(elf, &index))
		return false;
	if (index == SHN_UNDEF)
		return true;
	data = elf_rawdata(elf_getscn(elf, index), NULL);
	return data && data->d_buf && data->d_size && !((char *)data->d_buf)[data->d_size - 1];
}

/*
 * Refuses what no linker makes. Since sections cannot be many and cannot overlap, reading them all
 * takes time in proportion to the file's size, whatever the file says.
 */
static bool tables_fit(const struct image *image)
{
	size_t segments, sections, total = 0;
	Elf_Scn *section = NULL;
	GElf_Shdr shdr;

	if (elf_getphdrnum(image->elf, &segments) || segments > IMAGE_SEGMENTS_MAX ||
	    elf_getshdrnum(image->elf, &sections) || sections > IMAGE_SECTIONS_MAX)
		return false;
	while ((section = elf_nextscn(image->elf, section))) {
		if (!gelf_getshdr(section, &shdr))
			return false;
		if (shdr.sh_type == SHT_NOBITS)
			continue;
		if (shdr.sh_size > image->size - total || shdr.sh_offset > image->size ||
		    shdr.sh_size > image->size - shdr.sh_offset)
			return false;
		total += shdr.sh_size;
	}
	return section_names_end(image->elf);
}

struct image *image_open(const char *path)
{
	struct image *image = calloc(1, sizeof(*image));
	int err;

	if (!image)
		return NULL;
	elf_version(EV_CURRENT);
	image->fd = regular_open(path, &image->size);
	err = image->fd < 0 ? image->fd : 0;
	if (!err)
		image->elf = elf_begin(image->fd, ELF_C_READ, NULL);
	if (!err && (!image->elf || !header_fits(image->elf) || !tables_fit(image)))
		err = -ENOEXEC;
	if (!err)
		return image;
	image_close(image);
	errno = -err;
	return NULL;
}

void image_close(struct image *image)
{
	if (!image)
		return;
	elf_end(image->elf);
	if (image->fd >= 0)
		close(image->fd);
	free(image);
}

struct Elf *image_elf(const struct image *image)
{
	return image->elf;
}

/* Opens the first table of that type: the gABI allows one of each in a file. */
static bool symbols_open(const struct image *image, uint32_t type, struct symbols *symbols)
{
	Elf_Scn *section = NULL;
	Elf_Data *names;
	GElf_Shdr shdr;

	do {
		section = elf_nextscn(image->elf, section);
		if (!section || !gelf_getshdr(section, &shdr))
			return false;
	} while (shdr.sh_type != type);
	symbols->data = elf_getdata(section, NULL);
	names = elf_rawdata(elf_getscn(image->elf, shdr.sh_link), NULL);
	if (!symbols->data || !names || !names->d_buf)
		return false;
	symbols->count = symbols->data->d_size / sizeof(Elf64_Sym);
	symbols->names = names->d_buf;
	symbols->names_size = names->d_size;
	return true;
}

/* Steps to the function that the table defines at *index or after; false at the end. */
static bool function_next(const struct symbols *symbols, size_t *index, GElf_Sym *symbol)
{
	while (*index < symbols->count) {
		if (!gelf_getsym(symbols->data, (int)(*index)++, symbol))
			return false;
		if (GELF_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF)
			return true;
	}
	return false;
}

static bool symbol_has_name(const struct symbols *symbols, const GElf_Sym *symbol, const char *name)
{
	size_t size = strlen(name) + 1;

	return symbol->st_name < symbols->names_size &&
	       size <= symbols->names_size - symbol->st_name &&
	       !memcmp(symbols->names + symbol->st_name, name, size);
}

/* Adds what the table of that type says to *address, where 0 says that nothing was found yet. */
static int symbol_find(const struct image *image, uint32_t type, const char *name,
		       uint64_t *address)
{
	struct symbols symbols;
	GElf_Sym symbol;
	size_t index = 0;

	if (!symbols_open(image, type, &symbols))
		return 0;
	while (function_next(&symbols, &index, &symbol)) {
		if (!symbol_has_name(&symbols, &symbol, name))
			continue;
		if (!symbol.st_value)
			return -EINVAL;
		if (*address && *address != symbol.st_value)
			return -EEXIST;
		*address = symbol.st_value;
	}
	return 0;
}

int image_symbol(const struct image *image, const char *name, uint64_t *file_offset)
{
	uint64_t address = 0;
	int err = symbol_find(image, SHT_SYMTAB, name, &address);

	if (!err)
		err = symbol_find(image, SHT_DYNSYM, name, &address);
	if (err)
		return err;
	if (!address)
		return -ENOENT;
	return image_code_offset(image, address, file_offset) ? -EINVAL : 0;
}

int image_symbol_at(const struct image *image, uint64_t address, const char *name)
{
	static const uint32_t types[] = {SHT_SYMTAB, SHT_DYNSYM};
	struct symbols symbols;
	GElf_Sym symbol;
	int found = 0;

	for (size_t i = 0; i < 2; i++) {
		size_t index = 0;

		if (!symbols_open(image, types[i], &symbols))
			continue;
		while (function_next(&symbols, &index, &symbol)) {
			if (symbol.st_value != address)
				continue;
			if (symbol_has_name(&symbols, &symbol, name))
				return 1;
			found = -EEXIST;
		}
	}
	return found;
}

/* The offset as the kernel maps it: through the segment that has the address, if the file does. */
static int segment_offset(const struct image *image, uint64_t address, uint32_t flags,
			  uint64_t *file_offset)
{
	size_t count;
	GElf_Phdr phdr;

	if (elf_getphdrnum(image->elf, &count))
		return -ENOENT;
	for (size_t i = 0; i < count; i++) {
		if (!gelf_getphdr(image->elf, (int)i, &phdr) || phdr.p_type != PT_LOAD ||
		    address < phdr.p_vaddr || address - phdr.p_vaddr >= phdr.p_filesz)
			continue;
		if ((phdr.p_flags & flags) != flags || phdr.p_offset >= image->size ||
		    address - phdr.p_vaddr >= image->size - phdr.p_offset)
			return -ENOENT;
		*file_offset = phdr.p_offset + (address - phdr.p_vaddr);
		return 0;
	}
	return -ENOENT;
}

int image_file_offset(const struct image *image, uint64_t address, uint64_t *file_offset)
{
	return segment_offset(image, address, 0, file_offset);
}

int image_code_offset(const struct image *image, uint64_t address, uint64_t *file_offset)
{
	return segment_offset(image, address, PF_X, file_offset);
}

int image_build_id(const struct image *image, char *text, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const void *id;
	ssize_t count = dwelf_elf_gnu_build_id(image->elf, &id);
	const uint8_t *bytes = id;

	if (count <= 0)
		return -ENOENT;
	if (size < 1 || (size_t)count > (size - 1) / 2)
		return -ENOSPC;
	for (ssize_t i = 0; i < count; i++) {
		*text++ = digits[bytes[i] >> 4];
		*text++ = digits[bytes[i] & 15];
	}
	*text = '\0';
	return 0;
}

bool image_section_next(const struct image *image, size_t *index, struct image_section *section)
{
	Elf_Scn *scn = elf_getscn(image->elf, *index + 1);
	Elf_Data *data;
	GElf_Shdr shdr;
	const char *name;
	size_t names;

	if (!scn || !gelf_getshdr(scn, &shdr) || elf_getshdrstrndx(image->elf, &names))
		return false;
	name = elf_strptr(image->elf, names, shdr.sh_name);
	data = shdr.sh_type == SHT_NOBITS ? NULL : elf_rawdata(scn, NULL);
	*section = (struct image_section){
		.name = name ? name : "",
		.type = shdr.sh_type,
		.flags = shdr.sh_flags,
		.address = shdr.sh_addr,
		.data = data ? data->d_buf : NULL,
		.size = data && data->d_buf ? data->d_size : 0,
	};
	++*index;
	return true;
}
