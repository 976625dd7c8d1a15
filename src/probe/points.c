/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in one file the catalogue's probes go, and what each finds there. */
#include "probe/points.h"

#include <errno.h>
#include <asm/ptrace.h>

#include "probe/code.h"
#include "probe/func_string.h"
#include "probe/image.h"
#include "probe/object.h"
#include "probe/sdt.h"

#define SDT_PROVIDER  "libvirt"
#define SDT_SITES_MAX 8
#define QEMU_UUID     "qemu_uuid" /* of the guest, as libvirt gives it with -uuid */
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
		return (struct mt_arg){.where = arg->is_pointed ? MT_ARG_MEMORY : MT_ARG_REGISTER,
				       .size = arg->size,
				       .regs_offset = registers[arg->number]};
	return (struct mt_arg){.where = MT_ARG_MEMORY,
			       .size = arg->size,
			       .regs_offset = offsetof(struct pt_regs, rsp),
			       .value = 8 * (arg->number - REGISTER_ARGS + 1)};
}

static int point_add(struct points *points, const struct point *point)
{
	if (points->count == POINTS_MAX)
		return -E2BIG;
	points->point[points->count++] = *point;
	return 0;
}

static const char *why_of(int err)
{
	switch (err) {
	case -ENOENT:
		return "no such function in this file";
	case -EEXIST:
		return "several places, or one that is not sure";
	case -ENOTSUP:
		return "described in a way that is not understood";
	case -EINVAL:
		return "not in the file's code";
	default:
		return "the file is damaged";
	}
}

static bool applies(const struct image *image, const struct probe_name *name)
{
	uint64_t offset;

	return name->name && (!name->only_with || !image_symbol(image, name->only_with, &offset));
}

/* Returns whether the function is the same code as one of its callers: it was inlined there. */
static bool is_inlined(const struct image *image, const struct probe *probe, uint64_t offset)
{
	uint64_t caller;

	for (size_t i = 0; i < PROBE_CALLERS && probe->callers[i]; i++)
		if (!image_static_function(image, probe->callers[i], &caller) && caller == offset)
			return true;
	return false;
}

/* Finds the function by the first of its names that is there, and says so in the finding. */
static const struct probe_name *function_find(const struct image *image, const struct probe *probe,
					      uint64_t *offset, struct finding *finding)
{
	finding->why = why_of(-ENOENT);
	for (size_t i = 0; i < PROBE_NAMES; i++) {
		const struct probe_name *name = &probe->names[i];
		int err;

		if (!applies(image, name))
			continue;
		finding->name = name->name;
		finding->how = "symbol";
		err = image_symbol(image, name->name, offset);
		if (err == -ENOENT) {
			finding->how = "name string";
			err = image_static_function(image, name->name, offset);
			if (!err && is_inlined(image, probe, *offset))
				err = -EEXIST;
		}
		finding->why = err ? why_of(err) : NULL;
		if (!err)
			return name;
		finding->how = NULL;
		if (err != -ENOENT)
			return NULL;
	}
	finding->name = probe->names[0].name;
	return NULL;
}

static int function_add(const struct image *image, const struct probe *probe,
			struct finding *finding, struct points *points)
{
	struct point point = {.site = {.kind = (uint16_t)probe->kind, .edge = MT_ENTER}};
	const struct probe_name *name = function_find(image, probe, &point.offset, finding);
	int64_t uuid_delta;
	int err;

	if (!name)
		return 0;
	/* What cannot be emulated is single-stepped, at a high cost: all is as at the entry behind
	 * it. */
	if (code_kind_at(image, point.offset) == CODE_ENDBR64)
		point.offset += CODE_ENDBR64_SIZE;
	for (size_t i = 0; i < MT_ARGS; i++)
		if (name->args[i].size)
			point.site.arg[i] = argument(&name->args[i]);
	if (probe->vm)
		point.site.arg[MT_VM] =
			argument(&(struct probe_arg){.number = probe->vm, .size = 8});
	if (probe->file == PROBE_QEMU) {
		if (object_distance(image, QEMU_UUID, point.offset, &uuid_delta)) {
			finding->how = NULL;
			finding->why = "the variable " QEMU_UUID " is not exported";
			return 0;
		}
		point.site.uuid_delta = uuid_delta;
	}
	point.site.has_uuid = probe->file == PROBE_QEMU;
	err = point_add(points, &point);
	if (err || !probe->has_return)
		return err;
	point.site = (struct mt_site){.kind = (uint16_t)probe->kind, .edge = MT_RETURN};
	point.site.arg[0] = (struct mt_arg){
		.where = MT_ARG_REGISTER, .size = 8, .regs_offset = offsetof(struct pt_regs, rax)};
	return point_add(points, &point);
}

/* Takes the wanted arguments from where the note says that they are; -ENOTSUP if one is not. */
static int sdt_args(const struct probe_name *name, const struct sdt_probe *found,
		    struct mt_site *site)
{
	for (size_t i = 0; i < MT_ARGS; i++) {
		const struct probe_arg *arg = &name->args[i];

		if (!arg->size)
			continue;
		if (arg->number >= found->args)
			return -ENOTSUP;
		site->arg[i] = found->arg[arg->number];
		if (site->arg[i].size > arg->size)
			site->arg[i].size = arg->size;
	}
	return 0;
}

/* Returns why the site cannot be probed, or NULL. */
static const char *site_refused(const struct image *image, uint64_t offset, bool nop5_is_safe)
{
	switch (code_kind_at(image, offset)) {
	case CODE_NOP:
		return NULL;
	case CODE_NOP5:
		return nop5_is_safe
			       ? NULL
			       : "on a 5-byte nop, where this kernel's probes damage the stack";
	default:
		return "not on a nop: the file's notes are wrong";
	}
}

static const char *sdt_find(const struct image *image, const struct probe *probe, bool nop5_is_safe,
			    struct point *point, int *count)
{
	const struct probe_name *name = &probe->names[0];
	struct sdt_probe found[SDT_SITES_MAX];
	const char *why = NULL;

	*count = image_sdt(image, SDT_PROVIDER, name->name, found, SDT_SITES_MAX);
	if (*count <= 0)
		return why_of(*count ? *count : -ENOENT);
	for (int i = 0; i < *count && !why; i++) {
		point[i].offset = found[i].file_offset;
		point[i].semaphore = found[i].semaphore_offset;
		point[i].site.kind = (uint16_t)probe->kind;
		why = sdt_args(name, &found[i], &point[i].site)
			      ? why_of(-ENOTSUP)
			      : site_refused(image, point[i].offset, nop5_is_safe);
	}
	return why;
}

/* All sites of the probe, or none: half of its hits would be worse than to know that it lacks. */
static int sdt_add(const struct image *image, const struct probe *probe, bool nop5_is_safe,
		   struct finding *finding, struct points *points)
{
	struct point point[SDT_SITES_MAX] = {0};
	int count, err = 0;

	finding->why = sdt_find(image, probe, nop5_is_safe, point, &count);
	if (finding->why)
		return 0;
	finding->how = "SDT";
	for (int i = 0; i < count && !err; i++)
		err = point_add(points, &point[i]);
	return err;
}

int points_find(const struct image *image, enum probe_file file, bool nop5_is_safe,
		struct points *points)
{
	const struct probe *catalogue;
	size_t count;
	int err = 0;

	*points = (struct points){.file = file};
	catalogue = probe_catalogue(&count);
	for (size_t i = 0; i < count && !err; i++) {
		const struct probe *probe = &catalogue[i];
		struct finding *finding = &points->finding[points->finding_count];

		if (probe->file != file)
			continue;
		*finding = (struct finding){.probe = probe, .name = probe->names[0].name};
		points->finding_count++;
		err = probe->is_sdt ? sdt_add(image, probe, nop5_is_safe, finding, points)
				    : function_add(image, probe, finding, points);
	}
	return err;
}

void points_set_def_offset(struct points *points, uint16_t offset)
{
	for (size_t i = 0; i < points->count; i++)
		if (points->point[i].site.edge == MT_ENTER)
			points->point[i].site.def_offset = offset;
}
