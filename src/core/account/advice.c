/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to do after a migration, with the commands that help. */
#include "core/account/advice.h"

#include <stdio.h>
#include <string.h>

#include "core/account/cause.h"

static bool runs_on_both(const struct account *account)
{
	return account->left == LEFT_ON_BOTH;
}

static bool runs_nowhere(const struct account *account)
{
	return account->left == LEFT_NOWHERE;
}

static bool is_paused(const struct account *account)
{
	return account->left == LEFT_PAUSED && account->flavour.offline != ANSWER_YES &&
	       !account->figures.paused.whole.known;
}

static bool is_paused_on_source(const struct account *account)
{
	return account->left == LEFT_PAUSED_ON_SOURCE;
}

static bool is_broken(const struct account *account)
{
	return account->left == LEFT_BROKEN;
}

static bool is_uncertain(const struct account *account)
{
	return account->outcome != OUTCOME_COMPLETED &&
	       account->figures.recovery.part == RECOVERY_NONE &&
	       (account->left == LEFT_UNKNOWN || account->left == LEFT_ON_DESTINATION);
}

static bool has_left_over(const struct account *account, enum role role)
{
	for (size_t i = 0; i < account->left_over_count; i++)
		if (account->left_over[i].role == role && account->left_over[i].is_useless)
			return true;
	return false;
}

static bool has_old_qemu(const struct account *account)
{
	return has_left_over(account, ROLE_SOURCE);
}

static bool has_new_qemu(const struct account *account)
{
	return has_left_over(account, ROLE_DESTINATION);
}

static bool has_failed(const struct account *account)
{
	return account->outcome == OUTCOME_FAILED && account->left == LEFT_ON_SOURCE;
}

static bool lacks_side(const struct account *account)
{
	return account->lack == LACK_SIDE && account->outcome == OUTCOME_COMPLETED;
}

/* The kinds for a clock that is behind or ahead have no other reason. */
static bool has_skewed_numbers(const struct account *account)
{
	const struct verdicts *verdicts = &account->verdicts;

	return verdicts_of_kind(verdicts, VERDICT_PARTIAL) ||
	       verdicts_of_kind(verdicts, VERDICT_MISSING) || verdicts_show_skew(verdicts);
}

/* The first that applies is what matters most. */
static const struct row {
	bool (*applies)(const struct account *account);
	struct advice advice;
} rows[] = {
	{runs_on_both,
	 {"runs-on-both", "stop it on one host at once, or its disk is destroyed",
	  "virsh destroy %s", true}},
	{is_broken,
	 {"postcopy-broken", "end it on neither host; resume the migration from the source",
	  "virsh migrate --postcopy --postcopy-resume %s DESTINATION", true}},
	{is_paused_on_source,
	 {"paused-on-source", "resume it on the source, where nobody else will", "virsh resume %s",
	  true}},
	{runs_nowhere,
	 {"runs-nowhere", "see both hosts; resume it where it is paused, else start it",
	  "virsh domstate --reason %s", true}},
	{is_paused, {"paused", "resume it, unless it is to stay paused", "virsh resume %s", false}},
	{has_old_qemu,
	 {"left-over-source", "on the source only, end the QEMU that is left over",
	  "virsh destroy %s", false}},
	{has_new_qemu,
	 {"left-over-destination", "on the destination only, end the QEMU that is left over",
	  "virsh destroy %s", false}},
	{is_uncertain,
	 {"uncertain", "see both hosts, where it runs", "virsh domstate --reason %s", false}},
	{account_has_panicked,
	 {"panicked", "see what the guest does: its on_crash was not done", "virsh console %s",
	  false}},
	{has_failed, {"failed", "remove the cause, then migrate again", NULL, false}},
	{lacks_side,
	 {"one-host", "record on both hosts: one alone knows only its part", NULL, false}},
	{has_skewed_numbers,
	 {"clocks", "synchronise the hosts' clocks, or distrust libvirt's downtime", NULL, false}},
};

const struct advice *advice_of(const struct account *account, size_t rank)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].applies(account) && !rank--)
			return &rows[i].advice;
	return NULL;
}

/* The command has one %s at most. */
void command_format(const char *command, const struct account *account, char text[COMMAND_TEXT])
{
	const char *mark = command ? strstr(command, "%s") : NULL;

	text[0] = '\0';
	if (command)
		snprintf(text, COMMAND_TEXT, "%.*s%s%s",
			 mark ? (int)(mark - command) : COMMAND_TEXT, command,
			 mark ? account->uuid : "", mark ? mark + 2 : "");
}
