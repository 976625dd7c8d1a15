/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ELF file that another process has mapped: its symbols, sections and file offsets. */
#include "probe/elf/image.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <elfutils/libdwelf.h>

#include "probe/arch/arch.h"

/* Room for QEMU with its debug sections; of which the next bounds what is read. */
#define IMAGE_SIZE_MAX	   ((off_t)1 << 30)
#define SECTION_SIZE_MAX   ((size_t)128 << 20)
#define IMAGE_SECTIONS_MAX 1024
#define IMAGE_SEGMENTS_MAX 128

struct image {
	Elf *elf;
	int fd;		/* -1: in memory */
	uint8_t *bytes; /* NULL: in a file */
	size_t size;
	const struct arch *arch;
};

static int regular_size(int fd, size_t *size)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return -ENOEXEC;
	if (st.st_size > IMAGE_SIZE_MAX)
		return -EFBIG;
	*size = (size_t)st.st_size;
	return 0;
}

static bool header_fits(struct image *image)
{
	GElf_Ehdr ehdr;

	if (elf_kind(image->elf) != ELF_K_ELF || gelf_getclass(image->elf) != ELFCLASS64 ||
	    !gelf_getehdr(image->elf, &ehdr) || ehdr.e_ident[EI_DATA] != ELFDATA2LSB)
		return false;
	image->arch = arch_of(ehdr.e_machine);
	return image->arch && (ehdr.e_type == ET_DYN || ehdr.e_type == ET_EXEC);
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

/* Takes what open began: an image with its fd or bytes, and libelf's handle on them. */
static struct image *image_finish(struct image *image, int err)
{
	if (!err && (!image->elf || !header_fits(image) || !tables_fit(image)))
		err = -ENOEXEC;
	if (!err)
		return image;
	image_close(image);
	errno = -err;
	return NULL;
}

struct image *image_open_fd(int fd)
{
	struct image *image = calloc(1, sizeof(*image));
	int err;

	if (!image) {
		close(fd);
		return NULL;
	}
	elf_version(EV_CURRENT);
	image->fd = fd;
	err = regular_size(fd, &image->size);
	if (!err)
		image->elf = elf_begin(fd, ELF_C_READ, NULL);
	return image_finish(image, err);
}

/* Of what must be a file: the path is in another root, where a FIFO or device would block us. */
struct image *image_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd < 0 ? NULL : image_open_fd(fd);
}

struct image *image_open_memory(uint8_t *bytes, size_t size)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image) {
		free(bytes);
		return NULL;
	}
	elf_version(EV_CURRENT);
	*image = (struct image){.fd = -1, .bytes = bytes, .size = size};
	image->elf = elf_memory((char *)bytes, size);
	return image_finish(image, 0);
}

void image_close(struct image *image)
{
	if (!image)
		return;
	elf_end(image->elf);
	if (image->fd >= 0)
		close(image->fd);
	free(image->bytes);
	free(image);
}

const struct arch *image_arch(const struct image *image)
{
	return image->arch;
}

struct Elf *image_elf(const struct image *image)
{
	return image->elf;
}

/* Steps to the next segment that is loaded; *at starts with 0. Returns whether there is one. */
static bool segment_next(const struct image *image, size_t *at, GElf_Phdr *phdr)
{
	size_t count;

	if (elf_getphdrnum(image->elf, &count))
		return false;
	while (*at < count)
		if (gelf_getphdr(image->elf, (int)(*at)++, phdr) && phdr->p_type == PT_LOAD)
			return true;
	return false;
}

/* The offset as the kernel maps it: through the segment that has the address, if the file does. */
static int segment_offset(const struct image *image, uint64_t address, uint32_t flags,
			  uint64_t *file_offset)
{
	GElf_Phdr phdr;
	size_t at = 0;

	while (segment_next(image, &at, &phdr)) {
		if (address < phdr.p_vaddr || address - phdr.p_vaddr >= phdr.p_filesz)
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

int image_code_address(const struct image *image, uint64_t file_offset, uint64_t *address)
{
	GElf_Phdr phdr;
	size_t at = 0;

	while (segment_next(image, &at, &phdr)) {
		if (!(phdr.p_flags & PF_X) || file_offset < phdr.p_offset ||
		    file_offset - phdr.p_offset >= phdr.p_filesz)
			continue;
		*address = file_offset - phdr.p_offset + phdr.p_vaddr;
		return 0;
	}
	return -ENOENT;
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

bool image_section_next(const struct image *image, struct image_section *section)
{
	Elf_Scn *scn = elf_getscn(image->elf, section->index + 1);
	GElf_Shdr shdr;
	const char *name;
	size_t names;

	if (!scn || !gelf_getshdr(scn, &shdr) || elf_getshdrstrndx(image->elf, &names))
		return false;
	name = elf_strptr(image->elf, names, shdr.sh_name);
	*section = (struct image_section){
		.index = section->index + 1,
		.name = name ? name : "",
		.type = shdr.sh_type,
		.link = shdr.sh_link,
		.flags = shdr.sh_flags,
		.address = shdr.sh_addr,
		.size = shdr.sh_type == SHT_NOBITS ? 0 : shdr.sh_size,
	};
	return true;
}

bool image_section_named(const struct image *image, const char *name, struct image_section *section)
{
	*section = (struct image_section){0};
	while (image_section_next(image, section))
		if (!strcmp(section->name, name))
			return true;
	return false;
}

bool image_section_read(const struct image *image, struct image_section *section)
{
	Elf_Data *data = section->size && section->size <= SECTION_SIZE_MAX
				 ? elf_rawdata(elf_getscn(image->elf, section->index), NULL)
				 : NULL;

	if (!data || !data->d_buf || data->d_size != section->size)
		return false;
	section->data = data->d_buf;
	return true;
}
