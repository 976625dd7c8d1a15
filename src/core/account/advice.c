/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to do after a migration: one piece of advice, with the command that helps. */
#include "core/account/advice.h"

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
	return account->left == LEFT_PAUSED && account->flavour.offline != ANSWER_YES;
}

/* One that has moved and did not complete may wait for pages that will never come. */
static bool is_uncertain(const struct account *account)
{
	return account->outcome != OUTCOME_COMPLETED && account->left != LEFT_ON_SOURCE;
}

static bool has_failed(const struct account *account)
{
	return account->outcome == OUTCOME_FAILED;
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
	 {"stop it on one host at once, or its disk is destroyed", "virsh destroy", true}},
	{runs_nowhere,
	 {"see both hosts; resume it where it is paused, else start it", "virsh domstate --reason",
	  true}},
	{is_paused, {"resume it, unless it is to stay paused", "virsh resume", false}},
	{is_uncertain, {"see both hosts, where it runs", "virsh domstate --reason", false}},
	{has_failed, {"remove the cause, then migrate again", NULL, false}},
	{lacks_side, {"record on both hosts: one alone knows only its part", NULL, false}},
	{has_skewed_numbers,
	 {"synchronise the hosts' clocks, or distrust libvirt's downtime", NULL, false}},
};

const struct advice *advice_of(const struct account *account)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].applies(account))
			return &rows[i].advice;
	return NULL;
}
