/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kept a migration from completing, or ended its guest, as far as its events show it. */
#include "core/account/cause.h"

#include <stdio.h>

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

/* libvirt ends the destination's QEMU itself when it gives up: only where nobody called Finish. */
static bool lost_destination_qemu(const struct account *account)
{
	return ended_by(account->migration->destination, ENDING_QEMU_GONE);
}

/*
 * libvirt ends a guest that is coming in when its connection to who calls Prepare and Finish
 * closes: of the client that drives it, or of the source's daemon.
 */
static bool lost_connection(const struct account *account)
{
	const struct side *destination = account->migration->destination;

	return destination && !destination->phase[PHASE_FINISH].began &&
	       guest_end_of(destination).by == ENDED_BY_LIBVIRT;
}

static const struct row {
	bool (*applies)(const struct account *account);
	const char *text;
} rows[] = {
	{was_refused, "the destination refused it, while it was prepared"},
	{lost_source_daemon, "the source's libvirt ended before the job did"},
	{lost_destination_daemon, "the destination's libvirt ended before the job did"},
	{lost_connection, "the destination gave the guest up, as who called it had gone"},
	{lost_destination_qemu, "the destination's QEMU ended"},
};

/* Writes who ended the guest; nothing where nobody did. */
static void end_format(const struct guest_end *end, char text[CAUSE_TEXT])
{
	char number[16];

	switch (end->by) {
	case ENDED_BY_CLIENT:
		snprintf(text, CAUSE_TEXT, "a client ended the guest, through libvirt: %s",
			 end->how);
		break;
	case ENDED_BY_GUEST:
		snprintf(text, CAUSE_TEXT, "the guest ended itself: %s", end->how);
		break;
	case ENDED_BY_KERNEL:
		snprintf(text, CAUSE_TEXT, "the kernel's OOM killer ended the guest's QEMU");
		break;
	case ENDED_BY_SIGNAL:
		snprintf(number, sizeof(number), "signal %d", end->number);
		snprintf(text, CAUSE_TEXT, "the guest's QEMU %s: %s",
			 signal_is_crash(end->number) ? "crashed" : "was killed",
			 end->how ?: number);
		break;
	case ENDED_BY_QEMU:
		snprintf(text, CAUSE_TEXT, "the guest's QEMU ended itself, with status %d",
			 end->number);
		break;
	case ENDED_BY_LIBVIRT:
		snprintf(text, CAUSE_TEXT, "the guest's QEMU was told to end: SIGTERM");
		break;
	case ENDED_BY_UNKNOWN:
		snprintf(text, CAUSE_TEXT, "the guest's QEMU ended");
		break;
	case ENDED_BY_NOBODY:
	case ENDED_BYS:
		break;
	}
}

static const char *structural_cause(const struct account *account)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].applies(account))
			return rows[i].text;
	return NULL;
}

bool account_has_panicked(const struct account *account)
{
	const struct side *source = account->migration->source;

	return source && account->outcome == OUTCOME_COMPLETED && account->left != LEFT_ENDED &&
	       guest_has_panicked(source);
}

/* What can be seen of the hosts goes before what their programs say of it. */
void cause_of_end(const struct account *account, char text[CAUSE_TEXT])
{
	const struct said *said = said_cause(account->said, account->said_count);
	const char *cause;

	text[0] = '\0';
	if (account_has_panicked(account))
		snprintf(text, CAUSE_TEXT,
			 "the guest panicked in mid-migration, and was started again");
	if (account->left != LEFT_ENDED && account->outcome == OUTCOME_COMPLETED)
		return;
	end_format(&account->guest_end, text);
	if (text[0])
		return;
	cause = structural_cause(account);
	if (cause)
		snprintf(text, CAUSE_TEXT, "%s", cause);
	else if (said)
		snprintf(text, CAUSE_TEXT, "%.*s", (int)said->len, said->text);
}
