/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells systemd that the recorder is at work, as often as the unit's WatchdogSec wants it. */
#include <stdlib.h>
#include <unistd.h>

#include "base/notify.h"
#include "base/time.h"
#include "recorder/state.h"

#define USEC_MAX (INT64_C(1) << 50)

/* Returns the number in the variable; 0: there is none. */
static int64_t number_of(const char *variable)
{
	const char *text = getenv(variable);
	char *end = NULL;
	long long number = text ? strtoll(text, &end, 10) : 0;

	return end && *end == '\0' && number > 0 && number < USEC_MAX ? number : 0;
}

/* Twice in that time, as sd_watchdog_enabled(3) has it. */
void watchdog_begin(struct recorder *recorder)
{
	int64_t pid = number_of("WATCHDOG_PID");
	bool is_ours = !pid || pid == getpid();

	recorder->watchdog = (struct watchdog){.notify = -1};
	if (!is_ours || !number_of("WATCHDOG_USEC"))
		return;
	recorder->watchdog.every_ns = number_of("WATCHDOG_USEC") * 1000 / 2;
	recorder->watchdog.notify = notify_open();
	recorder->watchdog.due_ns = time_now_ns();
}

int64_t watchdog_due_ns(const struct recorder *recorder)
{
	return recorder->watchdog.notify < 0 ? INT64_MAX : recorder->watchdog.due_ns;
}

void watchdog_tend(struct recorder *recorder, int64_t now_ns)
{
	if (now_ns < watchdog_due_ns(recorder))
		return;
	notify_say(recorder->watchdog.notify, "WATCHDOG=1");
	recorder->watchdog.due_ns = now_ns + recorder->watchdog.every_ns;
}

void watchdog_end(struct recorder *recorder)
{
	if (recorder->watchdog.notify >= 0)
		close(recorder->watchdog.notify);
}
