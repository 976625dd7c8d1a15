/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service of this host: what it may do, and what it keeps. */
#include "cmd/service.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "options/options.h"
#include "sandbox/privileges.h"
#include "sandbox/user_file.h"

#define CONFIG_PATH "/etc/migtrace.conf"

/* Where systemd looks for units, first the ones that count. */
static const char *const unit_folders[] = {"/etc/systemd/system", "/run/systemd/system",
					   "/run/systemd/generator", "/usr/lib/systemd/system",
					   "/lib/systemd/system"};

#define FOLDERS (sizeof(unit_folders) / sizeof(unit_folders[0]))

/* The capabilities that the unit gives, as its lines name them. */
struct given {
	char ambient[1024], bounding[1024];
};

/* A line adds to those before it, but an empty one starts anew. */
static void list_take(char *list, size_t size, const char *line, const char *key)
{
	size_t len = strlen(key), used = strlen(list);

	if (strncmp(line, key, len) != 0)
		return;
	if (!line[len] || line[len] == '\n')
		list[0] = '\0';
	else
		snprintf(list + used, size - used, " %s", line + len);
}

static void unit_read(struct given *given, const char *path)
{
	FILE *file = user_file_stream(path, "r");
	size_t size = 0;
	char *line = NULL;

	while (file && getline(&line, &size, file) > 0) {
		list_take(given->ambient, sizeof(given->ambient), line, "AmbientCapabilities=");
		list_take(given->bounding, sizeof(given->bounding), line, "CapabilityBoundingSet=");
	}
	free(line);
	if (file)
		fclose(file);
}

static void drop_ins_read(struct given *given, const char *folder)
{
	char pattern[128];
	glob_t found = {0};

	snprintf(pattern, sizeof(pattern), "%s/" SERVICE_UNIT ".d/*.conf", folder);
	if (!glob(pattern, 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++)
			unit_read(given, found.gl_pathv[i]);
	globfree(&found);
}

/* Reads the unit as systemd does. Returns whether there is one. */
static bool unit_find(struct given *given)
{
	char path[128];
	bool is_there = false;

	for (size_t i = 0; !is_there && i < FOLDERS; i++) {
		snprintf(path, sizeof(path), "%s/" SERVICE_UNIT, unit_folders[i]);
		is_there = !access(path, F_OK);
		if (is_there)
			unit_read(given, path);
	}
	for (size_t i = 0; is_there && i < FOLDERS; i++)
		drop_ins_read(given, unit_folders[FOLDERS - 1 - i]);
	return is_there;
}

static bool is_given(const struct given *given, const char *capability)
{
	return strstr(given->ambient, capability) &&
	       (!given->bounding[0] || strstr(given->bounding, capability));
}

static void unit_look(struct service *service, bool by_perf_events)
{
	struct given given = {{0}, {0}};
	const char *capability;

	service->has_unit = unit_find(&given);
	for (size_t i = 0; service->has_unit && (capability = privileges_needed(i, by_perf_events));
	     i++) {
		size_t used = strlen(service->lacks);

		if (!is_given(&given, capability))
			snprintf(service->lacks + used, sizeof(service->lacks) - used, "%s%s",
				 used ? " " : "", capability);
	}
}

/* As the service parses it, which exits where it is wrong: so another process does. */
static void config_read(int to)
{
	const struct command record = {.name = "record", .bit = COMMAND_RECORD};
	struct options options = {0};
	char *argv[] = {(char[]){"record"}, (char[]){"--config"}, (char[]){CONFIG_PATH}, NULL};

	options_parse(&record, 3, argv, &options);
	_exit(write(to, &options.record.keep.limits, sizeof(options.record.keep.limits)) < 0);
}

/* Returns whether there was nothing wrong with it. */
static bool config_look(struct store_limits *limits)
{
	int status = 0, ends[2];
	pid_t pid;
	ssize_t got;

	if (access(CONFIG_PATH, R_OK))
		return true;
	if (pipe(ends))
		return false;
	fflush(NULL);
	pid = fork();
	if (!pid)
		config_read(ends[1]);
	close(ends[1]);
	got = read(ends[0], limits, sizeof(*limits));
	close(ends[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	return got == sizeof(*limits) && WIFEXITED(status) && !WEXITSTATUS(status);
}

void service_look(struct service *service, const char *path, bool by_perf_events)
{
	struct store *store;

	*service = (struct service){.store = path};
	unit_look(service, by_perf_events);
	service->is_config_wrong = !config_look(&service->limits);
	service->store_err = access(path, R_OK | X_OK) ? -errno : 0;
	store = service->store_err ? NULL : store_open(path);
	if (!store)
		return;
	store_limits(store, &service->limits);
	service->store_err = store_sum(store, &service->sum);
	store_free(store);
}
