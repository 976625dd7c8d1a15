/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What doctor has looked at: the kernel, our rights, daemons and their files, the service. */
#include "cmd/checkup.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/diag.h"
#include "base/time.h"
#include "probe/kernel/uretprobe.h"
#include "probe/target/target_cache.h"
#include "sandbox/privileges.h"

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
	checkup->is_of_files = options->file_count;
	if (checkup->daemons)
		targets_look(checkup, options);
	service_look(&checkup->service, options->doctor.store ?: STORE_PATH,
		     checkup->by_perf_events);
}

struct checkup *checkup_new(const struct options *options)
{
	struct checkup *checkup = calloc(1, sizeof(*checkup));

	if (checkup)
		checkup_make(checkup, options);
	else
		diag("%s", strerror(ENOMEM));
	return checkup;
}

void checkup_free(struct checkup *checkup)
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

bool checkup_has(const struct checkup *checkup, size_t file)
{
	return checkup->targets[file] || !checkup->daemons->files[file].is_guess;
}

bool checkup_suffices(const struct checkup *checkup)
{
	for (size_t i = 0; i < KERNEL_FEATURES; i++)
		if (checkup->features[i].is_vital && !checkup->features[i].is_there)
			return false;
	if (privileges_missing(0, checkup->by_perf_events) || !checkup->daemons ||
	    checkup->daemons->refused)
		return false;
	for (size_t i = 0; i < checkup->daemons->file_count; i++)
		if (checkup_has(checkup, i) && !target_suffices(checkup->targets[i]))
			return false;
	return true;
}

/* A hint is a reason and a command; those that apply come in this order. */
typedef bool hint_fn(const struct checkup *checkup, struct hint *hint);

static bool hint_set(struct hint *hint, const char *command, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool hint_set(struct hint *hint, const char *command, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(hint->what, sizeof(hint->what), format, arguments);
	va_end(arguments);
	snprintf(hint->command, sizeof(hint->command), "%s", command);
	return true;
}

static bool rights_lack(const struct checkup *checkup, struct hint *hint)
{
	const char *missing = privileges_missing(0, checkup->by_perf_events);

	return missing && hint_set(hint, "sudo migtrace doctor", "this needs %s", missing);
}

static bool kernel_lacks(const struct checkup *checkup, struct hint *hint)
{
	for (size_t i = 0; i < KERNEL_FEATURES; i++) {
		const struct kernel_feature *feature = &checkup->features[i];

		if (feature->is_vital && feature->is_known && !feature->is_there)
			return hint_set(hint, "migtrace doctor --verbose", "the kernel: no %s%s%s",
					feature->name, feature->why[0] ? ": " : "", feature->why);
	}
	return false;
}

static bool daemon_lacks(const struct checkup *checkup, struct hint *hint)
{
	if (checkup->is_of_files || (checkup->daemons && checkup->daemons->pid_count))
		return false;
	return hint_set(hint, "systemctl start libvirtd", "no libvirt daemon runs");
}

static bool daemon_refuses(const struct checkup *checkup, struct hint *hint)
{
	return checkup->daemons && checkup->daemons->refused &&
	       hint_set(hint, "sudo migtrace doctor", "a daemon's files cannot be opened: %s",
			strerror(-checkup->daemons->refused));
}

static bool file_lacks(const struct checkup *checkup, struct hint *hint)
{
	for (size_t i = 0; checkup->daemons && i < checkup->daemons->file_count; i++)
		if (checkup_has(checkup, i) && !target_suffices(checkup->targets[i]))
			return hint_set(hint, "migtrace doctor --debuginfod",
					"%s: not all that the downtime needs is found in it",
					checkup->daemons->files[i].name);
	return false;
}

static bool unit_lacks(const struct checkup *checkup, struct hint *hint)
{
	return checkup->service.lacks[0] &&
	       hint_set(hint, "systemctl edit " SERVICE_UNIT, "the unit does not give %s",
			checkup->service.lacks);
}

static bool config_is_wrong(const struct checkup *checkup, struct hint *hint)
{
	return checkup->service.is_config_wrong &&
	       hint_set(hint, "migtrace record --config /etc/migtrace.conf --duration 1s",
			"the service's configuration is wrong");
}

static bool index_is_damaged(const struct checkup *checkup, struct hint *hint)
{
	const struct service *service = &checkup->service;

	return (service->sum.damaged || service->store_err == -EPROTO) &&
	       hint_set(hint, "systemctl restart " SERVICE_UNIT,
			"the store's index is damaged: it is made anew when the service starts");
}

static bool service_lacks(const struct checkup *checkup, struct hint *hint)
{
	return checkup->service.has_unit && !checkup->service.sum.is_kept &&
	       hint_set(hint, "systemctl enable --now " SERVICE_UNIT,
			"nothing records all the time");
}

static hint_fn *const hints[] = {rights_lack,	  kernel_lacks,	    daemon_lacks,
				 daemon_refuses,  file_lacks,	    unit_lacks,
				 config_is_wrong, index_is_damaged, service_lacks};

bool checkup_hint(const struct checkup *checkup, size_t index, struct hint *hint)
{
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (hints[i](checkup, hint) && !index--)
			return true;
	return false;
}
