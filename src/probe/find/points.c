/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in one file the catalogue's probes go, and what each finds there. */
#include "probe/find/points.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probe/arch/arch.h"
#include "probe/code/code.h"
#include "probe/elf/image.h"
#include "probe/elf/object.h"
#include "probe/find/resolve.h"
#include "probe/elf/sdt.h"
#include "probe/elf/symbols.h"
#include "probe/find/counters.h"

#define SDT_SITES_MAX 8
#define QEMU_UUID     "qemu_uuid" /* of the guest, as libvirt gives it with -uuid */

/* Where the ABI has a function's argument at its entry; number counts from 0. */
static struct mt_arg argument(const struct arch *arch, const struct probe_arg *arg)
{
	if (arg->number < arch->argument_count)
		return (struct mt_arg){.where = arg->is_pointed ? MT_ARG_MEMORY : MT_ARG_REGISTER,
				       .size = arg->size,
				       .regs_offset = arch->arguments[arg->number],
				       .value = arg->at};
	return (struct mt_arg){.where = MT_ARG_MEMORY,
			       .size = arg->size,
			       .regs_offset = arch->stack_pointer,
			       .value = arch->stack_argument +
					8 * (arg->number - (int64_t)arch->argument_count)};
}

static int point_add(struct points *points, const struct point *point)
{
	if (points->count == POINTS_MAX)
		return -E2BIG;
	points->point[points->count] = *point;
	points->point[points->count++].finding = points->finding_count - 1;
	return 0;
}

static void why_set(struct row_found *finding, const char *why)
{
	snprintf(finding->why, sizeof(finding->why), "%s", why);
}

/* What is wrong with an SDT probe of the file. */
static const char *why_of(int err)
{
	switch (err) {
	case -ENOENT:
		return "no such SDT probe in this file";
	case -E2BIG:
		return "more sites than a probe has";
	case -ENOTSUP:
		return "its arguments are described in a way that is not known";
	case -EINVAL:
		return "its note does not point into the file's code";
	default:
		return "the file is damaged";
	}
}

/* What one row of the catalogue is looked for with. */
struct search {
	const struct image *image;
	const struct resolver *resolver;
	const struct points_options *wish;
	const struct probe *probe;
	struct row_found *finding;
	struct points *points;
};

static bool applies(const struct image *image, const struct probe_name *name)
{
	uint64_t address;

	return name->name &&
	       (!name->only_with || !symbol_function(image, name->only_with, &address));
}

/* Where the domain's UUID is, as seen from the point; 0 if it cannot be told. */
static int64_t uuid_delta(const struct search *search, uint64_t offset)
{
	int64_t delta;

	if (search->probe->file != PROBE_QEMU ||
	    object_distance(search->image, QEMU_UUID, offset, &delta))
		return 0;
	return delta;
}

static int entry_add(const struct search *search, const struct probe_name *name, uint64_t offset)
{
	const struct probe *probe = search->probe;
	struct point point = {
		.offset = offset,
		.site = {.kind = (uint16_t)probe->kind,
			 .edge = MT_ENTER,
			 .is_qemu = probe->file == PROBE_QEMU,
			 .step = probe->step,
			 .when = (uint8_t)probe->when,
			 .uuid_delta = uuid_delta(search, offset)},
	};

	for (size_t i = 0; i < MT_ARGS; i++)
		if (name->args[i].size)
			point.site.arg[i] = argument(image_arch(search->image), &name->args[i]);
	if (probe->vm)
		point.site.arg[MT_VM] =
			argument(image_arch(search->image),
				 &(struct probe_arg){.number = probe->vm, .size = 8});
	if (probe->kind == MT_QEMU_RAM)
		counters_take(search->image, offset, &point.site);
	return point_add(search->points, &point);
}

static int return_add(const struct search *search, uint64_t offset)
{
	const struct point point = {
		.offset = offset,
		.site = {.kind = (uint16_t)search->probe->kind,
			 .edge = MT_RETURN,
			 .arg[ARG_RESULT] = {.where = MT_ARG_REGISTER,
					     .size = 8,
					     .regs_offset = image_arch(search->image)->result}},
	};

	return point_add(search->points, &point);
}

/* What is seen of the function, at that place. Returns 0 or -E2BIG. */
static int function_points_add(const struct search *search, const struct probe_name *name,
			       uint64_t offset)
{
	int err = name->is_return ? 0 : entry_add(search, name, offset);

	if (!err && (name->is_return || search->probe->has_return) &&
	    search->wish->returns_are_safe)
		err = return_add(search, offset);
	return err;
}

static bool is_taken(const struct probe_name *name, size_t number)
{
	for (size_t i = 0; i < MT_ARGS; i++)
		if (name->args[i].size && name->args[i].number == number)
			return true;
	return false;
}

/*
 * What cannot be emulated is single-stepped, at a high cost: all is as at the entry behind its
 * mark, and all that is wanted of it behind a constant that is none of that.
 */
static uint64_t entry_cheap(const struct search *search, const struct probe_name *name,
			    uint64_t offset, struct row_found *finding)
{
	uint64_t marked = code_behind_mark(search->image, offset), behind;
	size_t argument = 0;

	finding->is_behind_endbr64 = marked != offset;
	if (!search->probe->is_armed)
		return marked;
	behind = code_behind_constant(search->image, marked, &argument);
	return is_taken(name, argument) ? marked : behind;
}

/* Returns 1 if it is there, 0 if not (then why, unless it is just absent), or -E2BIG. */
static int function_add(const struct search *search, const struct probe_name *name)
{
	const struct probe *probe = search->probe;
	const struct sought sought = {name->name, probe->callers, PROBE_CALLERS, probe->is_others,
				      name->inner};
	struct row_found *finding = search->finding;
	struct resolved resolved;
	int err;

	if (!resolver_find(search->resolver, &sought, &resolved)) {
		if (resolved.refusal != REFUSAL_ABSENT)
			refusal_text(&resolved, finding->why);
		return 0;
	}
	if (name->is_return && !search->wish->returns_are_safe) {
		why_set(finding, POINTS_NO_RETURN);
		return 0;
	}
	ways_text(resolved.ways, finding->how);
	resolved.offset = entry_cheap(search, name, resolved.offset, finding);
	err = function_points_add(search, name, resolved.offset);
	finding->lacks_return = probe->has_return && !search->wish->returns_are_safe;
	return err ? err : 1;
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
static const char *site_refused(const struct search *search, uint64_t offset)
{
	const struct arch_code *code = code_at(search->image, offset);

	switch (code ? code->kind : CODE_OTHER) {
	case CODE_NOP:
		return NULL;
	case CODE_NOP5:
		return search->wish->nop5_is_safe
			       ? NULL
			       : "on a 5-byte nop, where this kernel's probes damage the stack";
	default:
		return "not on a nop: the file's notes are wrong";
	}
}

/* Returns why one of the sites cannot be probed, or NULL. */
static const char *sites_make(const struct search *search, const struct probe_name *name,
			      const struct sdt_probe *found, int count, struct point *point)
{
	const char *why = count < 0 ? why_of(count) : NULL;

	for (int i = 0; i < count && !why; i++) {
		point[i] = (struct point){
			.offset = found[i].file_offset,
			.semaphore = found[i].semaphore_offset,
			.site = {.kind = (uint16_t)search->probe->kind,
				 .is_qemu = search->probe->file == PROBE_QEMU,
				 .step = search->probe->step,
				 .when = (uint8_t)search->probe->when,
				 .uuid_delta = uuid_delta(search, found[i].file_offset)},
		};
		why = sdt_args(name, &found[i], &point[i].site)
			      ? why_of(-ENOTSUP)
			      : site_refused(search, point[i].offset);
	}
	return why;
}

/*
 * All sites of the probe, or none: half of its hits would be worse than to know that it lacks.
 * Returns as function_add does.
 */
static int sdt_add(const struct search *search, const struct probe_name *name)
{
	struct sdt_probe found[SDT_SITES_MAX];
	struct point point[SDT_SITES_MAX];
	int count = image_sdt(search->image, name->provider, name->name, found, SDT_SITES_MAX);
	const char *why = sites_make(search, name, found, count, point);
	int err = 0;

	if (why)
		why_set(search->finding, why);
	if (why || !count)
		return 0;
	snprintf(search->finding->how, sizeof(search->finding->how), "SDT");
	for (int i = 0; i < count && !err; i++)
		err = point_add(search->points, &point[i]);
	return err ? err : 1;
}

/* Adds the points of the first of its names that is there for sure. Returns 0 or -E2BIG. */
static int probe_add(const struct search *search)
{
	struct row_found *finding = search->finding;
	bool was_seen = false;
	int found = 0;

	for (size_t i = 0; i < PROBE_NAMES && !found; i++) {
		const struct probe_name *name = &search->probe->names[i];

		if (!applies(search->image, name))
			continue;
		found = name->provider ? sdt_add(search, name) : function_add(search, name);
		if (found || (finding->why[0] && !was_seen)) {
			finding->name = name->name;
			was_seen = true;
		}
	}
	if (found)
		finding->why[0] = '\0';
	else if (!was_seen)
		why_set(finding, search->probe->names[0].provider
					 ? why_of(-ENOENT)
					 : "no such function in this file");
	return found < 0 ? found : 0;
}

int points_find(const struct image *image, const struct resolver *resolver, enum probe_file file,
		const struct points_options *wish, struct points *points)
{
	struct search search = {image, resolver, wish, NULL, NULL, points};
	const struct probe *catalogue;
	size_t count;
	int err = 0;

	*points = (struct points){.file = file};
	catalogue = probe_catalogue(&count);
	for (size_t i = 0; i < count && !err; i++) {
		if (catalogue[i].file != file || (catalogue[i].is_opt_in && !wish->with_devices) ||
		    (catalogue[i].needs_tsc && !image_arch(image)->has_tsc))
			continue;
		search.probe = &catalogue[i];
		search.finding = &points->finding[points->finding_count++];
		*search.finding = (struct row_found){.probe = search.probe,
						     .name = search.probe->names[0].name};
		err = probe_add(&search);
	}
	return err;
}

bool points_has(const struct points *points, size_t finding)
{
	return points->finding[finding].how[0];
}

bool point_is_armed(const struct points *points, const struct point *point)
{
	const struct probe *probe = points->finding[point->finding].probe;

	return probe && probe->is_armed;
}

size_t points_any(const struct points *points)
{
	size_t count = 0;

	for (size_t i = 0; i < points->count; i++)
		count += points_has(points, points->point[i].finding);
	return count;
}

/* Returns whether one of the finding's points is a counter's, which all its probes have to name. */
static bool has_semaphore(const struct points *points, size_t finding)
{
	for (size_t i = 0; i < points->count; i++)
		if (points->point[i].finding == finding && points->point[i].semaphore)
			return true;
	return false;
}

void points_withdraw(struct points *points, size_t index, int err)
{
	struct row_found *finding = &points->finding[index];

	finding->how[0] = '\0';
	finding->is_refused = true;
	if (err == -EINVAL && has_semaphore(points, index))
		why_set(finding, "another tool has probed it without its semaphore");
	else
		snprintf(finding->why, sizeof(finding->why), "the kernel refuses to probe it: %s",
			 strerror(-err));
}

bool points_lack_vital(const struct points *points)
{
	for (size_t i = 0; i < points->finding_count; i++)
		if ((points->finding[i].is_refused || points->finding[i].lacks_return) &&
		    points->finding[i].probe->is_vital)
			return true;
	return false;
}

void points_set_target(struct points *points, uint16_t number)
{
	for (size_t i = 0; i < points->count; i++)
		points->point[i].site.target = number;
}

void points_set_def_offset(struct points *points, uint16_t offset)
{
	for (size_t i = 0; i < points->count; i++)
		if (points->point[i].site.edge == MT_ENTER)
			points->point[i].site.def_offset = offset;
}
