/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace doctor: what can be probed here, in which way, what cannot and what that costs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <json-c/json.h>

#include "base/json_line.h"
#include "base/diag.h"
#include "base/time.h"
#include "cmd/commands.h"
#include "probe/kernel/bpf_log.h"
#include "probe/host/identity.h"
#include "probe/kernel/kernel.h"
#include "probe/target/target.h"
#include "probe/target/target_cache.h"
#include "probe/kernel/uretprobe.h"
#include "base/text.h"
#include "sandbox/privileges.h"

#define DOCTOR_SCHEMA "migtrace.doctor/1"

struct checkup {
	char kernel[65];
	struct kernel_feature features[KERNEL_FEATURES];
	struct daemons *daemons; /* NULL: none */
	int why_none;
	bool by_perf_events;		     /* as the kernel knows no multi links */
	struct target *targets[DAEMONS_MAX]; /* of the daemons' files; NULL: could not be read */
	int64_t resolve_ns;
};

static void targets_look(struct checkup *checkup, const struct options *options)
{
	const struct daemons *daemons = checkup->daemons;
	const struct target_look look = {
		target_cache_new(), options->doctor.probe.ask_debuginfod, true,
		!options->doctor.probe.test_no_returns && uretprobe_is_safe()};
	int64_t start_ns = time_now_ns();

	for (size_t i = 0; look.cache && i < daemons->file_count; i++)
		if (target_probe(&look, NULL, &daemons->files[i], &checkup->targets[i]))
			checkup->targets[i] = NULL;
	checkup->resolve_ns = time_now_ns() - start_ns;
	target_cache_free(look.cache);
}

static void checkup_make(struct checkup *checkup, const struct options *options)
{
	struct utsname uts;

	if (!uname(&uts))
		snprintf(checkup->kernel, sizeof(checkup->kernel), "%s", uts.release);
	kernel_features(checkup->features);
	checkup->by_perf_events = !kernel_has_multi();
	checkup->daemons = options->file_count
				   ? daemons_of_files(options->files, options->file_count)
				   : daemons_new(&options->doctor.probe.host);
	checkup->why_none = errno;
	if (checkup->daemons)
		targets_look(checkup, options);
}

static void checkup_free(struct checkup *checkup)
{
	for (size_t i = 0; checkup->daemons && i < checkup->daemons->file_count; i++)
		free(checkup->targets[i]);
	daemons_free(checkup->daemons);
	free(checkup);
}

static bool target_suffices(const struct target *target)
{
	if (!target || target->is_foreign)
		return false;
	for (size_t i = 0; i < target->points.finding_count; i++)
		if (target->points.finding[i].probe->is_vital && !target->points.finding[i].how[0])
			return false;
	return !points_lack_vital(&target->points);
}

/* Downtime can be measured if nothing vital lacks, neither here nor in any libvirt that runs. */
static bool checkup_suffices(const struct checkup *checkup)
{
	for (size_t i = 0; i < KERNEL_FEATURES; i++)
		if (checkup->features[i].is_vital && !checkup->features[i].is_there)
			return false;
	if (privileges_missing(0, checkup->by_perf_events) || !checkup->daemons ||
	    checkup->daemons->refused)
		return false;
	for (size_t i = 0; i < checkup->daemons->file_count; i++)
		if (!target_suffices(checkup->targets[i]))
			return false;
	return true;
}

static void print_host(const struct checkup *checkup)
{
	const char *missing;

	printf("kernel %s\n", checkup->kernel);
	for (size_t i = 0; i < KERNEL_FEATURES; i++) {
		const struct kernel_feature *feature = &checkup->features[i];

		if (feature->is_there)
			printf("  %-18s yes\n", feature->name);
		else
			printf("  %-18s %s%s%s; without it: %s\n", feature->name,
			       feature->is_known ? "no" : "unknown", feature->why[0] ? ": " : "",
			       feature->why, feature->without);
	}
	printf("\nprivileges\n");
	if (!privileges_missing(0, checkup->by_perf_events))
		printf("  all that it takes\n");
	for (size_t i = 0; (missing = privileges_missing(i, checkup->by_perf_events)); i++)
		printf("  missing: %s\n", missing);
	if (privileges_missing(0, checkup->by_perf_events))
		printf("  run as root, or grant them once: setcap \\\n    %s FILE\n",
		       privileges_setcap(checkup->by_perf_events));
}

/* With what the kernel may have copied of it into a line of its own. */
static void print_log(void)
{
	printf("\nlibbpf\n");
	for (const char *line = bpf_log(); *line; line += strcspn(line, "\n") + 1) {
		size_t len = strcspn(line, "\n");

		printf("  ");
		for (size_t i = 0; i < len; i++)
			putchar(text_ascii(line[i], ' '));
		putchar('\n');
		if (!line[len])
			break;
	}
}

static void print_findings(const struct points *points)
{
	for (size_t i = 0; i < points->finding_count; i++) {
		const struct row_found *finding = &points->finding[i];

		if (finding->how[0])
			printf("  %-46s %s\n", finding->name, finding->how);
		else
			printf("  %-46s NOT PROBED\n      %s\n      without it: %s\n",
			       finding->name, finding->why, finding->probe->lost_without);
	}
}

static void print_returns(const struct points *points)
{
	for (size_t i = 0; i < points->finding_count; i++)
		if (points->finding[i].lacks_return)
			printf("  %-46s RETURN NOT PROBED\n      %s\n", points->finding[i].name,
			       POINTS_NO_RETURN);
}

/* A probe on such an instruction is single-stepped: it would cost a multiple. */
static void print_endbr64(const struct points *points)
{
	size_t count = 0;

	for (size_t i = 0; i < points->finding_count; i++)
		count += points->finding[i].is_behind_endbr64;
	if (count)
		printf("  %zu functions begin with endbr64 (CET): probed right behind it\n", count);
}

static void print_target(const struct daemon_file *file, const struct target *target)
{
	if (!target) {
		printf("\n%s: cannot be read\n", file->name);
		return;
	}
	printf("\n%s", file->name);
	if (target->version[0])
		printf(", %s %s", file->file == PROBE_QEMU ? "QEMU" : "libvirt", target->version);
	printf("\n  build-id %.40s, looked through in %lld us\n",
	       target->build_id[0] ? target->build_id : "none",
	       (long long)(target->look_ns / 1000));
	if (target->is_foreign)
		printf("  NOT PROBED: it is made for another machine than this\n");
	print_findings(&target->points);
	print_returns(&target->points);
	print_endbr64(&target->points);
	if (target->points.file != PROBE_DRIVER)
		return;
	if (target->def_offset)
		printf("  the domain's UUID is checked against its object (definition at 0x%x)\n",
		       target->def_offset);
	else
		printf("  the domain's UUID cannot be checked against its object\n");
}

/* What was found in the bytes of another file is no other finding. */
static bool is_same(const struct target *one, const struct target *other)
{
	return one && other && !strcmp(one->name, other->name) &&
	       !strcmp(one->build_id, other->build_id) &&
	       !memcmp(&one->points, &other->points, sizeof(one->points));
}

/* Each that differs once, with how many files of it there are: pods may all bring their own. */
static void print_targets(const struct checkup *checkup)
{
	const struct daemons *daemons = checkup->daemons;

	for (size_t i = 0; i < daemons->file_count; i++) {
		struct target *const *targets = checkup->targets;
		size_t before = 0, copies = 0;

		while (before < i && !is_same(targets[before], targets[i]))
			before++;
		if (before < i)
			continue;
		for (size_t k = i + 1; k < daemons->file_count; k++)
			copies += is_same(targets[i], targets[k]);
		print_target(&daemons->files[i], targets[i]);
		if (copies)
			printf("  the same in %zu other files\n", copies);
	}
}

static void print_daemons(const struct checkup *checkup)
{
	const struct daemons *daemons = checkup->daemons;

	struct host_names *names = host_names_new();

	if (daemons->pid_count)
		printf("\ndaemons\n");
	for (size_t i = 0; i < daemons->pid_count; i++) {
		struct daemon daemon = daemon_identify(names, daemons->pids[i]);

		printf("  process %u on %s\n", daemon.pid, daemon.host);
	}
	host_names_free(names);
	print_targets(checkup);
	printf("\nlooked for in %lld ms\n", (long long)(checkup->resolve_ns / 1000000));
}

static void print_text(const struct checkup *checkup, const struct options *options)
{
	print_host(checkup);
	if (options->doctor.is_verbose)
		print_log();
	fflush(stdout);
	if (checkup->daemons)
		daemons_warn(checkup->daemons, &options->doctor.probe.host);
	if (checkup->daemons)
		print_daemons(checkup);
	else if (options->file_count)
		diag("not files of libvirt or QEMU that can be read: %s",
		     strerror(checkup->why_none));
	else
		daemons_warn_error(checkup->why_none, &options->doctor.probe.host);
	printf("\nDowntime %s be measured here.\n", checkup_suffices(checkup) ? "can" : "CANNOT");
}

static void add_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key,
			       value && *value ? text_json(value, strlen(value)) : NULL);
}

static struct json_object *features_json(const struct checkup *checkup)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < KERNEL_FEATURES; i++) {
		const struct kernel_feature *feature = &checkup->features[i];

		json_object_object_add(
			object, feature->name,
			feature->is_known ? json_object_new_boolean(feature->is_there) : NULL);
	}
	return object;
}

static struct json_object *reasons_json(const struct checkup *checkup)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < KERNEL_FEATURES; i++)
		if (checkup->features[i].why[0])
			add_string(object, checkup->features[i].name, checkup->features[i].why);
	return object;
}

static struct json_object *findings_json(const struct points *points)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < points->finding_count; i++) {
		const struct row_found *finding = &points->finding[i];
		struct json_object *one = json_object_new_object();

		add_string(one, "name", finding->name);
		add_string(one, "how", finding->how);
		add_string(one, "why_not", finding->why);
		json_object_object_add(one, "behind_endbr64",
				       json_object_new_boolean(finding->is_behind_endbr64));
		json_object_object_add(one, "returns",
				       json_object_new_boolean(finding->probe->has_return));
		add_string(one, "lost_without", finding->probe->lost_without);
		json_object_object_add(one, "vital",
				       json_object_new_boolean(finding->probe->is_vital));
		json_object_array_add(array, one);
	}
	return array;
}

static struct json_object *targets_json(const struct checkup *checkup)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; checkup->daemons && i < checkup->daemons->file_count; i++) {
		const struct target *target = checkup->targets[i];
		struct json_object *one = json_object_new_object();
		add_string(one, "file", checkup->daemons->files[i].name);
		add_string(one, "version", target ? target->version : NULL);
		add_string(one, "build_id", target ? target->build_id : NULL);
		json_object_object_add(one, "foreign",
				       target ? json_object_new_boolean(target->is_foreign) : NULL);
		json_object_object_add(one, "look_ns",
				       target ? json_object_new_int64(target->look_ns) : NULL);
		if (target && target->points.file == PROBE_DRIVER)
			json_object_object_add(one, "def_offset",
					       json_object_new_int(target->def_offset));
		json_object_object_add(one, "probes",
				       target ? findings_json(&target->points) : NULL);
		json_object_array_add(array, one);
	}
	return array;
}

static struct json_object *daemons_json(const struct daemons *daemons)
{
	struct json_object *array = json_object_new_array();
	struct host_names *names = host_names_new();

	for (size_t i = 0; daemons && i < daemons->pid_count; i++) {
		struct daemon daemon = daemon_identify(names, daemons->pids[i]);
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "pid", json_object_new_int64(daemon.pid));
		add_string(one, "host", daemon.host);
		add_string(one, "hostuuid", daemon.hostuuid);
		json_object_array_add(array, one);
	}
	host_names_free(names);
	return array;
}

static void print_json(const struct checkup *checkup)
{
	struct json_object *object = json_object_new_object(), *missing = json_object_new_array();
	const char *one;

	for (size_t i = 0; (one = privileges_missing(i, checkup->by_perf_events)); i++)
		json_object_array_add(missing, json_object_new_string(one));
	add_string(object, "schema", DOCTOR_SCHEMA);
	add_string(object, "kernel", checkup->kernel);
	json_object_object_add(object, "features", features_json(checkup));
	json_object_object_add(object, "why_not", reasons_json(checkup));
	json_object_object_add(object, "missing_privileges", missing);
	json_object_object_add(object, "daemons", daemons_json(checkup->daemons));
	json_object_object_add(object, "targets", targets_json(checkup));
	json_object_object_add(object, "resolve_ns", json_object_new_int64(checkup->resolve_ns));
	json_object_object_add(object, "can_measure_downtime",
			       json_object_new_boolean(checkup_suffices(checkup)));
	json_line_write(stdout, object);
}

enum status cmd_doctor(const struct options *options)
{
	struct checkup *checkup;
	enum status status;

	privileges_raise();
	checkup = calloc(1, sizeof(*checkup));
	if (!checkup) {
		diag("%s", strerror(ENOMEM));
		return STATUS_FAILURE;
	}
	checkup_make(checkup, options);
	if (options->doctor.is_json)
		print_json(checkup);
	else
		print_text(checkup, options);
	status = checkup_suffices(checkup) ? STATUS_OK : STATUS_FAILURE;
	checkup_free(checkup);
	return status;
}
