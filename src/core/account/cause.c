/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kept a migration from completing, as far as its events show it. */
#include "core/account/cause.h"

static bool was_refused(const struct account *account)
{
	return migration_was_refused(account->migration);
}

static bool ended_by(const struct side *side, enum ending_cause cause)
{
	return side && side->ending.is_sure && side->ending.cause == cause;
}

static bool lost_source_daemon(const struct account *account)
{
	return ended_by(account->migration->source, ENDING_DAEMON_GONE);
}

static bool lost_destination_daemon(const struct account *account)
{
	return ended_by(account->migration->destination, ENDING_DAEMON_GONE);
}

static bool lost_source_qemu(const struct account *account)
{
	return account->migration->source && account->migration->source->has_no_qemu;
}

/* libvirt ends the destination's QEMU itself when it gives up: only where nobody called Finish. */
static bool lost_destination_qemu(const struct account *account)
{
	return ended_by(account->migration->destination, ENDING_QEMU_GONE);
}

static const struct row {
	bool (*applies)(const struct account *account);
	const char *text;
} rows[] = {
	{was_refused, "the destination refused it, while it was prepared"},
	{lost_source_daemon, "the source's libvirt ended before the job did"},
	{lost_destination_daemon, "the destination's libvirt ended before the job did"},
	{lost_source_qemu, "the source's QEMU ended"},
	{lost_destination_qemu, "the destination's QEMU ended"},
};

const char *cause_of_end(const struct account *account)
{
	if (account->outcome == OUTCOME_COMPLETED)
		return NULL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].applies(account))
			return rows[i].text;
	return NULL;
}
