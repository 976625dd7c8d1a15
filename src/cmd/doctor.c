/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace doctor: what can be probed here, in which way, what cannot and what that costs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/text.h"
#include "cmd/checkup.h"
#include "cmd/commands.h"
#include "probe/host/identity.h"
#include "probe/kernel/bpf_log.h"
#include "report/answer.h"
#include "sandbox/privileges.h"

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

static void print_ascii(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		putchar(text_ascii(text[i], '?'));
}

/* With what the kernel may have copied of it into a line of its own. */
static void print_log(void)
{
	printf("\nlibbpf\n");
	for (const char *line = bpf_log(); *line; line += strcspn(line, "\n") + 1) {
		size_t len = strcspn(line, "\n");

		printf("  ");
		print_ascii(line, len);
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

/* Returns whether one before it is the same. */
static bool is_told(const struct checkup *checkup, size_t file)
{
	size_t before = 0;

	while (before < file && !is_same(checkup->targets[before], checkup->targets[file]))
		before++;
	return before < file;
}

/* Each that differs once, with how many files of it there are: pods may all bring their own. */
static void print_targets(const struct checkup *checkup)
{
	const struct daemons *daemons = checkup->daemons;

	for (size_t i = 0; i < daemons->file_count; i++) {
		struct target *const *targets = checkup->targets;
		size_t copies = 0;

		if (is_told(checkup, i) || !checkup_has(checkup, i))
			continue;
		for (size_t k = i + 1; k < daemons->file_count; k++)
			copies += is_same(targets[i], targets[k]);
		print_target(&daemons->files[i], targets[i]);
		if (copies)
			printf("  the same in %zu other files\n", copies);
	}
}

static bool is_incomplete(const struct target *target)
{
	for (size_t i = 0; target && i < target->points.finding_count; i++)
		if (!target->points.finding[i].how[0])
			return true;
	return false;
}

/* Of builds that were not tried nobody but their users can tell us what is in them. */
static void print_wanted(const struct checkup *checkup)
{
	bool is_first = true;

	for (size_t i = 0; i < checkup->daemons->file_count; i++) {
		const char *path = checkup->daemons->files[i].path;

		if (!is_incomplete(checkup->targets[i]) || is_told(checkup, i))
			continue;
		if (is_first)
			printf("\nNot all was found. Of a build that docs/builds.md does not name, "
			       "please send us\nwhat is printed above, and what these commands "
			       "print; where packages are\nDebian's, dpkg -S and dpkg -s in the "
			       "place of rpm -qf:\n  cat /etc/os-release\n");
		is_first = false;
		printf("  rpm -qf ");
		print_ascii(path, strlen(path));
		putchar('\n');
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
	print_wanted(checkup);
	printf("\nlooked for in %lld ms\n", (long long)(checkup->resolve_ns / 1000000));
}

static void print_store(const struct service *service)
{
	const struct store_sum *sum = &service->sum;
	char oldest[REAL_TIME_TEXT] = "";

	if (service->store_err) {
		printf("  %s: %s\n", service->store, strerror(-service->store_err));
		return;
	}
	real_time_format(sum->oldest_ns, oldest);
	printf("  %s: %zu halves, %" PRId64 " KiB%s%s\n", service->store, sum->halves,
	       sum->bytes / 1024, oldest[0] ? "; the first is of " : "", oldest);
	if (sum->damaged)
		printf("  %zu lines of its index are damaged\n", sum->damaged);
	printf("  at most %" PRId64 " MiB and %" PRId64 " days\n", service->limits.bytes >> 20,
	       service->limits.age_ms / 86400000);
}

static void print_service(const struct service *service)
{
	printf("\nservice\n  " SERVICE_UNIT ": %s\n", !service->has_unit ? "not installed"
						      : service->lacks[0]
							      ? "its rights do not suffice"
							      : "its rights suffice");
	if (service->lacks[0])
		printf("  missing: %s\n", service->lacks);
	print_store(service);
	if (!service->store_err)
		printf("  %s\n",
		       service->sum.is_kept ? "it is being added to now" : "nobody adds to it now");
}

/* What can be mended, one command each, the most important first. */
static void print_hints(const struct checkup *checkup)
{
	struct hint hint;

	printf("\nto do\n");
	for (size_t i = 0; checkup_hint(checkup, i, &hint); i++)
		printf("  %s\n      %s\n", hint.what, hint.command);
	if (!checkup_hint(checkup, 0, &hint))
		printf("  nothing\n");
}

static void print_verdict(const struct checkup *checkup)
{
	struct hint hint;

	if (checkup_suffices(checkup))
		printf("\nDowntime can be measured here.\n");
	else if (checkup_hint(checkup, 0, &hint))
		printf("\nDowntime CANNOT be measured here: %s. Mend it by:\n    %s\n", hint.what,
		       hint.command);
	else
		printf("\nDowntime CANNOT be measured here.\n");
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
	print_service(&checkup->service);
	if (options->doctor.fix_hints)
		print_hints(checkup);
	print_verdict(checkup);
}

enum status cmd_doctor(const struct options *options)
{
	struct checkup *checkup;
	enum status status;

	privileges_raise();
	checkup = checkup_new(options);
	if (!checkup)
		return STATUS_FAILURE;
	if (options->doctor.is_json)
		checkup_print_json(checkup);
	else
		print_text(checkup, options);
	status = checkup_suffices(checkup) ? STATUS_OK : STATUS_FAILURE;
	checkup_free(checkup);
	return status;
}
