/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of options: a parser for each form. */
#include "options/values.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uuid/uuid.h>

#include "base/duration.h"
#include "base/time.h"
#include "base/when.h"
#include "options/options.h"
#include "probe/elf/fetch.h"

#define NS_PER_MS 1000000

void flag_parse(struct argp_state *state, const char *text, void *to)
{
	bool *flag = to;

	(void)state;
	(void)text;
	*flag = true;
}

void text_parse(struct argp_state *state, const char *text, void *to)
{
	const char **value = to;

	(void)state;
	*value = text;
}

void output_parse(struct argp_state *state, const char *text, void *to)
{
	text_parse(state, strcmp(text, "-") ? text : NULL, to);
}

void uuid_text_parse(struct argp_state *state, const char *text, void *to)
{
	uuid_t uuid;

	if (uuid_parse(text, uuid))
		argp_error(state, "%s: invalid UUID", text);
	text_parse(state, text, to);
}

/* Returns the time in ns, at least least_ns, or exits. */
static int64_t duration_get(struct argp_state *state, const char *text, int64_t least_ns)
{
	int64_t ns;

	if (!duration_parse(text, "s", &ns) || ns < least_ns)
		argp_error(state, "%s: invalid duration (expected e.g. 90s, 500ms, 5m)", text);
	return ns;
}

void duration_ms_parse(struct argp_state *state, const char *text, void *to)
{
	int64_t *ms = to;

	*ms = duration_get(state, text, NS_PER_MS) / NS_PER_MS;
}

void duration_ns_parse(struct argp_state *state, const char *text, void *to)
{
	int64_t *ns = to;

	*ns = duration_get(state, text, 1);
}

void offset_ns_parse(struct argp_state *state, const char *text, void *to)
{
	int64_t *ns = to;

	*ns = duration_get(state, text, INT64_MIN);
}

void ppb_parse(struct argp_state *state, const char *text, void *to)
{
	int64_t *ppb = to;
	char *end;
	double ppm = strtod(text, &end);

	if (end == text || *end || !(ppm > -1e5 && ppm < 1e5))
		argp_error(state, "%s: invalid rate in ppm", text);
	*ppb = (int64_t)(ppm * 1e3);
}

static uint32_t number_get(struct argp_state *state, const char *text, const char *what)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || !value || value > UINT32_MAX)
		argp_error(state, "%s: invalid %s", text, what);
	return (uint32_t)value;
}

void entries_parse(struct argp_state *state, const char *text, void *to)
{
	uint32_t *entries = to;

	*entries = number_get(state, text, "number of entries");
}

void count_parse(struct argp_state *state, const char *text, void *to)
{
	uint32_t *count = to;

	*count = number_get(state, text, "number");
}

void format_parse(struct argp_state *state, const char *text, void *to)
{
	enum format *format = to;

	for (int i = 0; i < FORMATS; i++) {
		if (strcmp(text, report_formats[i].name) != 0)
			continue;
		*format = (enum format)i;
		return;
	}
	argp_error(state, "%s: unknown format; see --help", text);
}

void way_parse(struct argp_state *state, const char *text, void *to)
{
	enum attach_way *way = to;

	(void)state;
	*way = strcmp(text, "perf") ? ATTACH_MULTI : ATTACH_PERF;
}

/* A namespace is named by a path like /run/netns/a or /proc/1/ns/net, or by its inode number. */
static uint32_t namespace_get(struct argp_state *state, const char *text)
{
	struct stat st;

	if (!strchr(text, '/'))
		return number_get(state, text, "namespace");
	if (stat(text, &st))
		argp_failure(state, STATUS_FAILURE, errno, "%s", text);
	return (uint32_t)st.st_ino;
}

static void host_set(struct argp_state *state, struct host_filter *host, enum mt_filter kind,
		     uint32_t id)
{
	if (host->kind != MT_FILTER_NONE)
		argp_error(state, "--pid, --netns and --mntns exclude each other");
	*host = (struct host_filter){kind, id};
}

void pid_parse(struct argp_state *state, const char *text, void *to)
{
	host_set(state, to, MT_FILTER_TGID, number_get(state, text, "process id"));
}

void netns_parse(struct argp_state *state, const char *text, void *to)
{
	host_set(state, to, MT_FILTER_NETNS, namespace_get(state, text));
}

void mntns_parse(struct argp_state *state, const char *text, void *to)
{
	host_set(state, to, MT_FILTER_MNTNS, namespace_get(state, text));
}

void debuginfod_parse(struct argp_state *state, const char *text, void *to)
{
	if (fetch_missing())
		argp_error(state, "--debuginfod: %s", fetch_missing());
	flag_parse(state, text, to);
}

void stats_parse(struct argp_state *state, const char *text, void *to)
{
	struct stats_settings *stats = to;

	(void)state;
	*stats = (struct stats_settings){true, text};
}

void peer_command_parse(struct argp_state *state, const char *text, void *to)
{
	const char **command = to;

	if (*command)
		argp_error(state, "record takes one --peer-command (live takes several)");
	*command = text;
}

static void setting_add(struct argp_state *state, struct live_settings *live,
			struct peer_setting peer)
{
	if (live->peer_count == PEERS_MAX)
		argp_error(state, "too many peers (max %d)", PEERS_MAX);
	live->peers[live->peer_count++] = peer;
}

/* A host's name goes to ssh: it must not be taken for an option. */
void peer_add(struct argp_state *state, const char *text, void *to)
{
	if (!*text || *text == '-')
		argp_error(state, "%s: invalid host", text);
	setting_add(state, to, (struct peer_setting){.host = text});
}

void peer_command_add(struct argp_state *state, const char *text, void *to)
{
	setting_add(state, to, (struct peer_setting){.command = text});
}

void condition_add(struct argp_state *state, const char *text, void *to)
{
	struct conditions *conditions = to;

	if (conditions->count == CONDITIONS_MAX)
		argp_error(state, "too many conditions (max %d)", CONDITIONS_MAX);
	if (!condition_parse(text, &conditions->one[conditions->count]))
		argp_error(state, "%s: invalid condition (expected e.g. 'downtime>500ms')", text);
	conditions->text[conditions->count++] = text;
}

void instant_parse(struct argp_state *state, const char *text, void *to)
{
	if (!when_parse(text, time_read_ns(CLOCK_REALTIME), to))
		argp_error(state,
			   "%s: invalid time (expected e.g. 2h, 7d, 2026-11-26 or "
			   "2026-11-26T20:30, in UTC)",
			   text);
}

void bytes_parse(struct argp_state *state, const char *text, void *to)
{
	static const char units[] = "KMGT";
	char *end;
	double bytes = strtod(text, &end);
	const char *unit = *end ? strchr(units, *end) : NULL;

	for (const char *at = units; unit && at <= unit; at++)
		bytes *= 1024;
	if (end == text || (*end && (!unit || end[1])) || !(bytes >= 1 && bytes < 1e18))
		argp_error(state, "%s: invalid size (expected e.g. 64M or 2G)", text);
	*(int64_t *)to = (int64_t)bytes;
}
