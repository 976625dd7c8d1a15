/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kept a migration from completing, or ended its guest, as far as its events show it. */
#include "core/account/cause.h"

#include <assert.h>
#include <stdio.h>

#include "core/account/finding.h"

/* Writes who ended the guest; nothing where nobody did. */
static void end_format(const struct guest_end *end, char text[CAUSE_TEXT])
{
	char number[16];

	assert(end->by < ENDED_BYS);
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
			 guest_end_is_crash(end) ? "crashed" : "was killed", end->how ?: number);
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
	const struct finding *cause;

	text[0] = '\0';
	if (account_has_panicked(account))
		snprintf(text, CAUSE_TEXT,
			 "the guest panicked in mid-migration, and was started again");
	if (account->left != LEFT_ENDED && account->outcome == OUTCOME_COMPLETED)
		return;
	end_format(&account->guest_end, text);
	assert(!said || said->len);
	if (text[0])
		return;
	cause = finding_of_failure(account);
	if (cause)
		snprintf(text, CAUSE_TEXT, "%s", cause->text);
	else if (said)
		snprintf(text, CAUSE_TEXT, "%.*s", (int)said->len, said->text);
}
