/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings of how a migration ended: what to do, why it did not complete, what is good to know. */
#include "core/account/cause.h"

#include <assert.h>
#include "core/account/finding_row.h"

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
	       !account->figures.paused.was_resumed;
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
	assert(account->left_over_count <= LEFT_OVERS_MAX);
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

static bool oom_killed(const struct account *account)
{
	return account->guest_end.by == ENDED_BY_KERNEL;
}

static bool qemu_crashed(const struct account *account)
{
	return guest_end_is_crash(&account->guest_end);
}

static bool qemu_was_killed(const struct account *account)
{
	return account->guest_end.by == ENDED_BY_SIGNAL && !qemu_crashed(account);
}

static bool client_ended_guest(const struct account *account)
{
	return account->guest_end.by == ENDED_BY_CLIENT;
}

static bool guest_ended_itself(const struct account *account)
{
	return account->guest_end.by == ENDED_BY_GUEST;
}

static bool was_refused(const struct account *account)
{
	return migration_was_refused(account->migration);
}

static bool ended_by(const struct side *side, enum ending_cause cause)
{
	assert(cause > ENDING_NONE && cause < ENDINGS);
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

/*
 * libvirt ends a guest that is coming in when its connection to who calls Prepare and Finish
 * closes: of the client that drives it, or of the source's daemon.
 */
static bool lost_caller(const struct account *account)
{
	const struct side *destination = account->migration->destination;

	return destination && !destination->phase[PHASE_FINISH].began &&
	       guest_end_of(destination).by == ENDED_BY_LIBVIRT;
}

/*
 * libvirt ends the destination's QEMU itself when it gives up: only where nobody called Finish, or
 * by what libvirt does not do.
 */
static bool lost_destination_qemu(const struct account *account)
{
	const struct side *destination = account->migration->destination;
	struct guest_end end;

	if (!destination)
		return false;
	end = guest_end_of(destination);
	return ended_by(destination, ENDING_QEMU_GONE) || end.by == ENDED_BY_KERNEL ||
	       guest_end_is_crash(&end);
}

static bool lost_client(const struct account *account)
{
	return account->told == TOLD_UNCONFIRMED;
}

#define BOTH_HOSTS "All evidence of both hosts counts, QEMU's before libvirt's."

static const struct finding_row rows[] = {
	{{"MT001", "runs-on-both", FINDING_ALARM,
	  "The guest runs on both hosts, and writes to one disk.",
	  "Each host's QEMU was seen to start the guest, and neither to stop it. " BOTH_HOSTS,
	  "It does not say on which host the guest's state is the newer one.",
	  "stop it on one host at once, or its disk is destroyed", "virsh destroy %s"},
	 .applies = runs_on_both},
	{{"MT002", "postcopy-broken", FINDING_ALARM,
	  "The guest is on the destination, without the memory that did not come.",
	  "Post-copy had begun, and one of the QEMUs paused it, or libvirt said that it failed.",
	  "It does not say that the guest is lost: both QEMUs together have all of it.",
	  "end it on neither host; resume the migration from the source",
	  "virsh migrate --postcopy --postcopy-resume %s DESTINATION"},
	 .applies = is_broken},
	{{"MT003", "paused-on-source", FINDING_ALARM,
	  "The guest was stopped for the migration, and is still stopped on the source.",
	  "The source's QEMU stopped it, and no side was seen to start it again.",
	  "It does not say that libvirt knows of it.",
	  "resume it on the source, where nobody else will", "virsh resume %s"},
	 .applies = is_paused_on_source},
	{{"MT004", "runs-nowhere", FINDING_ALARM, "The guest runs on neither host.",
	  "It was stopped, or its QEMU ended, and no side was seen to start it again. " BOTH_HOSTS,
	  "It does not say that this was not wanted: somebody may have ended the guest.",
	  "see both hosts; resume it where it is paused, else start it",
	  "virsh domstate --reason %s"},
	 .applies = runs_nowhere},
	{{"MT005", "paused", FINDING_LEFT, "The guest is paused on the destination.",
	  "It was paused before, or the migration was to leave it so, and nobody resumed it yet.",
	  "It is no failure.", "resume it, unless it is to stay paused", "virsh resume %s"},
	 .applies = is_paused},
	{{"MT006", "left-over-source", FINDING_LEFT,
	  "The source still has a QEMU, stopped, with the guest's memory and locks.",
	  "The guest runs on the destination, and the source's QEMU was not seen to end.",
	  "It does not say that the migration failed.",
	  "on the source only, end the QEMU that is left over", "virsh destroy %s"},
	 .applies = has_old_qemu},
	{{"MT007", "left-over-destination", FINDING_LEFT,
	  "The destination still has a QEMU that the guest never ran in.",
	  "The guest runs on the source, and the destination's QEMU was not seen to end.",
	  "It does not say that it has anything of use.",
	  "on the destination only, end the QEMU that is left over", "virsh destroy %s"},
	 .applies = has_new_qemu},
	{{"MT008", "uncertain", FINDING_LEFT, "Where the guest runs was not seen.",
	  "The migration did not complete as far as was seen, and neither QEMU shows who runs it.",
	  "It does not say that anything is wrong.", "see both hosts, where it runs",
	  "virsh domstate --reason %s"},
	 .applies = is_uncertain},
	{{"MT009", "failed", FINDING_NOTE, "The migration failed, and the guest runs as before.",
	  "libvirt or QEMU gave up, and the source's QEMU runs the guest.",
	  "It does not say why: that is another finding, or the error that was reported.",
	  "remove the cause, then migrate again", NULL},
	 .applies = has_failed},
	{{"MT010", "one-host", FINDING_NOTE, "Only one of the two hosts was recorded.",
	  "No recording has the other side of this migration.",
	  "It does not say that the other side failed.",
	  "record on both hosts: one alone knows only its part", NULL},
	 .applies = lacks_side},
	{{"MT011", "clocks", FINDING_NOTE,
	  "libvirt's numbers are off, as the hosts' wall clocks differ.",
	  "What libvirt reports is off by what its own stamps, or the recorders', show.",
	  "It does not concern migtrace's figures, which need no synchronised clocks.",
	  "synchronise the hosts' clocks, or distrust libvirt's downtime", NULL},
	 .applies = has_skewed_numbers},
	{{"MT012", "out-of-memory", FINDING_FAILURE,
	  "the kernel's OOM killer ended the guest's QEMU",
	  "The kernel chose that process as its victim, and it ended by SIGKILL.",
	  "It does not say who took the memory.",
	  "give the host or QEMU's memory cgroup more memory; see the kernel's log",
	  "journalctl -k --grep=oom-kill"},
	 .applies = oom_killed},
	{{"MT013", "qemu-crashed", FINDING_FAILURE, "the guest's QEMU crashed",
	  "It ended by a signal that a program's own fault gives it, as SIGSEGV or SIGABRT.",
	  "It does not say that the migration made it crash.",
	  "report the crash with its core dump, and QEMU's log in /var/log/libvirt/qemu",
	  "coredumpctl list"},
	 .applies = qemu_crashed},
	{{"MT014", "qemu-killed", FINDING_FAILURE, "the guest's QEMU was killed",
	  "It ended by a signal that somebody sent.", "It does not say who sent it.",
	  "find out who sends signals to QEMU; the kernel's audit log may know", NULL},
	 .applies = qemu_was_killed},
	{{"MT015", "guest-ended", FINDING_FAILURE, "a client ended the guest, through libvirt",
	  "A client's call to destroy, shut down or save it came while it migrated.",
	  "It does not say that this was not wanted.",
	  "nothing, if it was wanted; else see which client that was in libvirt's log", NULL},
	 .applies = client_ended_guest},
	{{"MT016", "guest-shut-down", FINDING_FAILURE, "the guest ended itself",
	  "QEMU said that the guest had shut down, had panicked or was ended by its watchdog.",
	  "It does not say that the migration made it do so.",
	  "see the guest's own log; migrate it when it runs again", NULL},
	 .applies = guest_ended_itself},
	{{"MT017", "refused", FINDING_FAILURE, "the destination refused it, while it was prepared",
	  "Prepare returned an error on the destination, or to the source.",
	  "It does not say that the hosts cannot reach each other: they did.",
	  "correct what the error says of the destination", NULL},
	 .applies = was_refused},
	{{"MT018", "source-daemon-ended", FINDING_FAILURE,
	  "the source's libvirt ended before the job did",
	  "The daemon's process ended while the migration was going on.",
	  "It does not say that the guest ended: QEMU goes on without its daemon.",
	  "see why the daemon ended on the source; do not restart it during migrations",
	  "journalctl -u libvirtd -u virtqemud"},
	 .applies = lost_source_daemon},
	{{"MT019", "destination-daemon-ended", FINDING_FAILURE,
	  "the destination's libvirt ended before the job did",
	  "The daemon's process ended while the migration was going on.",
	  "It does not say that the guest ended: QEMU goes on without its daemon.",
	  "see why the daemon ended on the destination; do not restart it during migrations",
	  "journalctl -u libvirtd -u virtqemud"},
	 .applies = lost_destination_daemon},
	{{"MT020", "caller-gone", FINDING_FAILURE,
	  "the destination gave the guest up, as who called it had gone",
	  "Nobody called Finish, and libvirt ended the destination's QEMU itself by SIGTERM.",
	  "It does not say whether who called had ended, or could not be reached any more.",
	  "keep the client that drives the migration running, or let libvirt do it: --p2p", NULL},
	 .applies = lost_caller},
	{{"MT021", "destination-qemu-ended", FINDING_FAILURE, "the destination's QEMU ended",
	  "Its process ended before Finish was called.",
	  "It does not say that it crashed: it may have given up what it could not load.",
	  "see QEMU's log on the destination", "tail /var/log/libvirt/qemu/*.log"},
	 .applies = lost_destination_qemu},
	{{"MT022", "client-gone", FINDING_NOTE,
	  "The client that drove the migration never confirmed it.",
	  "It drove both sides, performed the migration, and did not ask to confirm it.",
	  "It does not say that the migration failed.",
	  "keep the client that drives the migration running, or let libvirt do it: --p2p", NULL},
	 .applies = lost_client},
	{{"MT023", "panicked", FINDING_LEFT,
	  "The guest panicked in mid-migration, and was moved all the same.",
	  "QEMU said so on the source, and the migration completed.",
	  "It does not say what it does now: libvirt's on_crash waits for the job's end.",
	  "see what the guest does: its on_crash was not done", "virsh console %s"},
	 .applies = account_has_panicked},
};

struct finding_rows finding_ends(void)
{
	static_assert(sizeof(rows) / sizeof(rows[0]) < FINDINGS_MAX, "all may apply at once");
	return (struct finding_rows){rows, sizeof(rows) / sizeof(rows[0])};
}
