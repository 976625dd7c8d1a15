/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in one file the catalogue's probes go, and what each finds there. */
#include "probe/points.h"

#include <errno.h>
#include <asm/ptrace.h>

#include "probe/func_string.h"
#include "probe/image.h"
#include "probe/sdt.h"

#define SDT_PROVIDER  "libvirt"
#define SDT_SITES_MAX 8
#define REGISTER_ARGS 6

/* Where the x86-64 System V ABI has a function's argument at its entry; number counts from 0. */
static struct mt_arg argument(const struct probe_arg *arg)
{
	static const uint16_t registers[REGISTER_ARGS] = {
		offsetof(struct pt_regs, rdi), offsetof(struct pt_regs, rsi),
		offsetof(struct pt_regs, rdx), offsetof(struct pt_regs, rcx),
		offsetof(struct pt_regs, r8),  offsetof(struct pt_regs, r9),
	};

	if (arg->number < REGISTER_ARGS)
		return (struct mt_arg){.where = MT_ARG_REGISTER,
				       .size = arg->size,
				       .regs_offset = registers[arg->number]};
	return (struct mt_arg){.where = MT_ARG_MEMORY,
			       .size = arg->size,
			       .regs_offset = offsetof(struct pt_regs, rsp),
			       .value = 8 * (arg->number - REGISTER_ARGS + 1)};
}

static int point_add(struct points *points, const struct point *point)
{
	if (points->count == MT_SITES_MAX)
		return -E2BIG;
	points->point[points->count++] = *point;
	return 0;
}

static void missing_add(struct points *points, const struct probe *probe)
{
	if (points->missing_count < MT_SITES_MAX)
		points->missing[points->missing_count++] = probe->names[0];
}

/* Finds the function by the first of its names that is there; -errno where none surely is. */
static int function_find(const struct image *image, const struct probe *probe, uint64_t *offset)
{
	int err = -ENOENT;

	for (size_t i = 0; i < PROBE_NAMES && probe->names[i]; i++) {
		err = image_symbol(image, probe->names[i], offset);
		if (err == -ENOENT)
			err = image_static_function(image, probe->names[i], offset);
		if (!err)
			break;
	}
	return err;
}

static int function_add(const struct image *image, const struct probe *probe, struct points *points)
{
	struct point point = {.site = {.kind = (uint16_t)probe->kind, .edge = MT_ENTER}};
	int err;

	if (function_find(image, probe, &point.offset)) {
		missing_add(points, probe);
		return 0;
	}
	for (size_t i = 0; i < MT_ARGS && probe->args[i].size; i++)
		point.site.arg[i] = argument(&probe->args[i]);
	err = point_add(points, &point);
	if (err || !probe->has_return)
		return err;
	point.site = (struct mt_site){.kind = (uint16_t)probe->kind, .edge = MT_RETURN};
	point.site.arg[0] = (struct mt_arg){
		.where = MT_ARG_REGISTER, .size = 8, .regs_offset = offsetof(struct pt_regs, rax)};
	return point_add(points, &point);
}

/* Takes the wanted arguments from where the note says that they are; -ENOTSUP if one is not. */
static int sdt_args(const struct probe *probe, const struct sdt_probe *found, struct mt_site *site)
{
	for (size_t i = 0; i < MT_ARGS && probe->args[i].size; i++) {
		if (probe->args[i].number >= found->args)
			return -ENOTSUP;
		site->arg[i] = found->arg[probe->args[i].number];
		if (site->arg[i].size > probe->args[i].size)
			site->arg[i].size = probe->args[i].size;
	}
	return 0;
}

static int sdt_add(const struct image *image, const struct probe *probe, struct points *points)
{
	struct sdt_probe found[SDT_SITES_MAX];
	int count = image_sdt(image, SDT_PROVIDER, probe->names[0], found, SDT_SITES_MAX);

	if (count <= 0)
		missing_add(points, probe);
	for (int i = 0; i < count; i++) {
		struct point point = {
			.offset = found[i].file_offset,
			.semaphore = found[i].semaphore_offset,
			.site = {.kind = (uint16_t)probe->kind, .edge = MT_ENTER},
		};
		int err = sdt_args(probe, &found[i], &point.site);

		if (err)
			missing_add(points, probe);
		else if ((err = point_add(points, &point)))
			return err;
	}
	return 0;
}

int points_find(const struct image *image, enum probe_file file, struct points *points)
{
	const struct probe *catalogue;
	size_t count;
	int err = 0;

	catalogue = probe_catalogue(&count);
	for (size_t i = 0; i < count && !err; i++) {
		if (catalogue[i].file != file)
			continue;
		err = catalogue[i].is_sdt ? sdt_add(image, &catalogue[i], points)
					  : function_add(image, &catalogue[i], points);
	}
	return err;
}
