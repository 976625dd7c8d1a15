/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads where a file's SystemTap (SDT) probes are, and where their arguments are found there. */
#include "probe/elf/sdt.h"

#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>

#include "probe/arch/arch.h"
#include "probe/elf/image.h"

#define NOTE_TYPE      3 /* also the version of the format */
#define NOTE_OWNER     "stapsdt"
#define NOTE_ADDRESSES 3
#define ARG_TEXT       64

/* What the linker put into one note; the strings are in the file's bytes. */
struct note {
	uint64_t site, base, semaphore;
	const char *provider, *name, *args;
};

/* Reads N@OP, where a negative N says that the argument is signed. */
static int arg_read(const struct arch *arch, char *text, struct mt_arg *arg)
{
	*arg = (struct mt_arg){.is_signed = *text == '-'};
	text += arg->is_signed;
	if (!*text || !strchr("1248", *text) || text[1] != '@')
		return -ENOTSUP;
	arg->size = (uint8_t)(*text - '0');
	return arch->operand_read(text + 2, arg) ? 0 : -ENOTSUP;
}

/* Up to the next blank, unless that is in brackets. */
static size_t arg_length(const char *text)
{
	const char *end = text + strcspn(text, " [");

	if (*end == '[')
		end += strcspn(end, "]");
	return (size_t)(end - text) + strcspn(end, " ");
}

int sdt_args_read(const struct arch *arch, const char *text, struct sdt_probe *probe)
{
	text += strspn(text, " ");
	while (*text) {
		size_t length = arg_length(text);
		char copy[ARG_TEXT];
		int err;

		if (probe->args == MT_ARGS || length >= sizeof(copy))
			return -ENOTSUP;
		memcpy(copy, text, length);
		copy[length] = '\0';
		err = arg_read(arch, copy, &probe->arg[probe->args++]);
		if (err)
			return err;
		text += length;
		text += strspn(text, " ");
	}
	return 0;
}

/* Takes a string off the bytes from *bytes to end; NULL where it has no end there. */
static const char *string_take(const char **bytes, const char *end)
{
	const char *string = *bytes;
	const char *nul = memchr(string, '\0', (size_t)(end - string));

	if (!nul)
		return NULL;
	*bytes = nul + 1;
	return string;
}

static int note_read(const char *bytes, size_t size, struct note *note)
{
	const char *end = bytes + size;
	uint64_t addresses[NOTE_ADDRESSES];

	if (size < sizeof(addresses))
		return -EINVAL;
	memcpy(addresses, bytes, sizeof(addresses));
	bytes += sizeof(addresses);
	*note = (struct note){addresses[0], addresses[1], addresses[2], NULL, NULL, NULL};
	note->provider = string_take(&bytes, end);
	if (note->provider)
		note->name = string_take(&bytes, end);
	if (note->name)
		note->args = string_take(&bytes, end);
	return note->args ? 0 : -EINVAL;
}

/* A tool that moved the file's addresses (prelink) did not move those in the notes: base tells. */
static uint64_t note_shift(const struct image *image, const struct note *note)
{
	struct image_section section;

	return image_section_named(image, ".stapsdt.base", &section) ? section.address - note->base
								     : 0;
}

static int probe_read(const struct image *image, const struct note *note, struct sdt_probe *probe)
{
	uint64_t shift = note_shift(image, note);

	memset(probe, 0, sizeof(*probe));
	if (image_code_offset(image, note->site + shift, &probe->file_offset))
		return -EINVAL;
	if (note->semaphore &&
	    image_file_offset(image, note->semaphore + shift, &probe->semaphore_offset))
		return -EINVAL;
	return sdt_args_read(image_arch(image), note->args, probe);
}

/* Reads the notes of one section; *count sites were found before. */
static int notes_read(const struct image *image, Elf_Data *data, const struct note *wanted,
		      struct sdt_probe *probes, size_t max, size_t *count)
{
	size_t next, at_name, at_desc;
	GElf_Nhdr nhdr;
	struct note note;
	int err;

	for (size_t at = 0; at < data->d_size; at = next) {
		const char *bytes = data->d_buf;

		next = gelf_getnote(data, at, &nhdr, &at_name, &at_desc);
		if (next <= at)
			return -EINVAL;
		if (nhdr.n_type != NOTE_TYPE || nhdr.n_namesz != sizeof(NOTE_OWNER) ||
		    memcmp(bytes + at_name, NOTE_OWNER, sizeof(NOTE_OWNER)))
			continue;
		err = note_read(bytes + at_desc, nhdr.n_descsz, &note);
		if (err)
			return err;
		if (strcmp(note.provider, wanted->provider) || strcmp(note.name, wanted->name))
			continue;
		if (*count == max)
			return -E2BIG;
		err = probe_read(image, &note, &probes[(*count)++]);
		if (err)
			return err;
	}
	return 0;
}

int image_sdt(const struct image *image, const char *provider, const char *name,
	      struct sdt_probe *probes, size_t max)
{
	const struct note wanted = {.provider = provider, .name = name};
	struct image_section section = {0};
	size_t count = 0;

	while (image_section_next(image, &section)) {
		Elf_Data *data;
		int err;

		if (section.type != SHT_NOTE || strcmp(section.name, ".note.stapsdt"))
			continue;
		if (!image_section_read(image, &section))
			return section.size ? -EINVAL : 0;
		data = elf_getdata(elf_getscn(image_elf(image), section.index), NULL);
		err = data ? notes_read(image, data, &wanted, probes, max, &count) : -EINVAL;
		if (err)
			return err;
	}
	return (int)count;
}
