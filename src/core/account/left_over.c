/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a migration left on a host that is of no use there, or that somebody has to see to. */
#include "core/account/left_over.h"

#include <assert.h>

#include "core/account/account.h"

#include "core/event/monitor.h"
#include "core/side/broken.h"
#include "core/side/qemu.h"
#include "core/side/runs.h"
#include "core/side/window.h"

/* Whether its QEMU was seen, and would have been seen to end. */
static bool has_qemu(const struct side *side)
{
	return side && qemu_of(side).pid && !side->has_no_qemu && !side_hole(side) &&
	       !recording_misses(side->recording, "qemu_monitor_close");
}

static int64_t stopped_since(const struct side *side)
{
	return side_real_ns(side, side_runs(side) == RUNS_NO ? side_runs_since_ns(side) : 0);
}

static int64_t broken_since(const struct side *side)
{
	return side_real_ns(side, event_ns(broken_at_end(side)));
}

static bool has_moved(const struct account *account)
{
	return account->has_moved || account->left == LEFT_ON_DESTINATION;
}

/* A QEMU that still has memory for the guest must not be ended: only where it has sent all of it.
 */
static bool has_sent_all(const struct side *source)
{
	const struct mt_event *event = NULL;

	assert(source->role == ROLE_SOURCE);
	while ((event = window_next(source, event)))
		if (event->uuid_check != MT_DISAGREES &&
		    (event_is_state(event, "completed") || monitor_status_is(event, "completed")))
			return true;
	return false;
}

static bool keeps_old_qemu(const struct account *account, const struct side *source)
{
	return has_moved(account) && account->left != LEFT_BROKEN && has_qemu(source) &&
	       has_sent_all(source) && side_runs(source) == RUNS_NO;
}

static bool is_paused_there(const struct account *account, const struct side *source)
{
	(void)source;
	return account->left == LEFT_PAUSED_ON_SOURCE;
}

static bool is_broken(const struct account *account, const struct side *side)
{
	return account->left == LEFT_BROKEN && side;
}

/* It was started for the guest, which did not come, and nobody has ended it. */
static bool waits_in_vain(const struct account *account, const struct side *destination)
{
	return outcome_has_not_worked(account->outcome) && has_qemu(destination) &&
	       account->left != LEFT_BROKEN && side_runs(destination) != RUNS_YES &&
	       !destination->phase[PHASE_FINISH].ended &&
	       destination->ending.cause != ENDING_REPLIED;
}

static const struct row {
	enum role role;
	bool (*applies)(const struct account *account, const struct side *side);
	int64_t (*since)(const struct side *side);
	const char *what, *command;
	bool is_useless;
} rows[] = {
	{ROLE_SOURCE, keeps_old_qemu, stopped_since,
	 "a stopped QEMU, with the guest's memory and locks", "virsh destroy %s", true},
	{ROLE_SOURCE, is_paused_there, stopped_since, "the guest, stopped", "virsh resume %s"},
	{ROLE_DESTINATION, is_broken, broken_since,
	 "the guest, without the memory that did not come", NULL},
	{ROLE_SOURCE, is_broken, broken_since,
	 "a stopped QEMU, with the memory that the guest lacks", NULL},
	{ROLE_DESTINATION, waits_in_vain, stopped_since,
	 "a QEMU that was to take the guest, not started", "virsh destroy %s", true},
};

size_t left_overs_of(const struct account *account, struct left_over left[LEFT_OVERS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && count < LEFT_OVERS_MAX; i++) {
		const struct side *side = account->side[rows[i].role].side;

		if (rows[i].applies(account, side))
			left[count++] = (struct left_over){rows[i].role, rows[i].what,
							   rows[i].command, rows[i].is_useless,
							   side ? rows[i].since(side) : 0};
	}
	assert(count <= LEFT_OVERS_MAX);
	return count;
}
