/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd is told of the service, and its journal of each half. */
#include "keep/journal.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/notify.h"

/*
 * Of libsystemd, which with what it needs takes a megabyte of each process that is linked with it:
 * so only the one that keeps, and only systemd's own, loads it. NULL: it is not there.
 */
static int (*journal_send)(const char *format, ...);

void journal_open(void)
{
	void *library =
		getenv("JOURNAL_STREAM") ? dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL) : NULL;

	if (library)
		*(void **)&journal_send = dlsym(library, "sd_journal_send");
}

static void state_say(const char *state)
{
	int notify = notify_open();

	notify_say(notify, state);
	if (notify >= 0)
		close(notify);
}

void journal_ready(void)
{
	state_say("READY=1\nSTATUS=recording");
}

void journal_reload_waits(void)
{
	state_say("STATUS=recording; the new configuration waits until nothing migrates");
}

#define LINE 512

static void half_say(const struct half *half, char line[LINE])
{
	const struct half_bounds *downtime = &half->figure[FIGURE_DOWNTIME];
	int len = snprintf(line, LINE, "%s: %s, %s -> %s", half->name, half->outcome,
			   half->role[0] == 's' ? half->host : half->peer,
			   half->role[0] == 's' ? half->peer : half->host);

	if (len > 0 && len < LINE && downtime->lo_ns >= 0)
		len += snprintf(line + len, LINE - (size_t)len, ", downtime %s%.1f ms",
				downtime->hi_ns < 0 ? "at least " : "",
				(double)(downtime->lo_ns / 100000) / 10);
	if (len > 0 && len < LINE)
		snprintf(line + len, LINE - (size_t)len, ": migtrace report %s", half->id);
}

void journal_half(const struct half *half)
{
	const struct half_bounds *downtime = &half->figure[FIGURE_DOWNTIME];
	char line[LINE];

	half_say(half, line);
	if (!getenv("JOURNAL_STREAM") || !journal_send) {
		diag("%s", line);
		return;
	}
	journal_send("MESSAGE=%s", line, "MESSAGE_ID=" JOURNAL_HALF_ID, "PRIORITY=6",
		     "MIGTRACE_ID=%s", half->id, "MIGTRACE_UUID=%s", half->uuid,
		     "MIGTRACE_DOMAIN=%s", half->name, "MIGTRACE_ROLE=%s", half->role,
		     "MIGTRACE_OUTCOME=%s", half->outcome, "MIGTRACE_FINDING=%s", half->finding,
		     "MIGTRACE_DOWNTIME_LO_NS=%" PRId64, downtime->lo_ns,
		     "MIGTRACE_DOWNTIME_HI_NS=%" PRId64, downtime->hi_ns, NULL);
}
