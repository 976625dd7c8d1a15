/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is reported of one migration, made once: formats, live and the exit status
 * only read it. */
#include "core/account/account.h"

#include <assert.h>
#include <uuid/uuid.h>

#include "core/figures/condition.h"
#include "core/side/window.h"

const struct account_side *account_seen(const struct account *account)
{
	assert(account->migration->source || account->migration->destination);
	return &account->side[account->migration->source ? ROLE_SOURCE : ROLE_DESTINATION];
}

bool account_has_both(const struct account *account)
{
	return account->side[ROLE_SOURCE].side && account->side[ROLE_DESTINATION].side;
}

/* Why the recorded numbers are those of libvirt's event, as it does not give them when asked. */
static const char *by_event_why(const struct side *side, const struct job_stats *job)
{
	const struct job_stats *asked;

	if (!job->is_event)
		return NULL;
	asked = side_job_asked(side);
	if (!asked)
		return "it was not asked";
	return asked->error[0] ? asked->error : "it had none when it was asked";
}

static const char *silent_why(const struct job_stats *job)
{
	if (job->error[0])
		return job->error;
	return job->reported.type == JOB_NONE ? "libvirt has no numbers of a completed job" : NULL;
}

/* What was recorded of the side's job. */
static struct numbers numbers_recorded(const struct side *side)
{
	const struct job_stats *job = side ? side_job_stats(side) : NULL;

	if (!side)
		return (struct numbers){.silent = "was not recorded"};
	if (!job)
		return (struct numbers){.silent = "libvirt was not asked: record --stats does"};
	return (struct numbers){
		.reported = job->reported,
		.silent = silent_why(job),
		.by_event = by_event_why(side, job),
	};
}

static void gaps_count(const struct side *side, struct account_side *account)
{
	account->gap_count =
		recording_gaps(side->recording, (int64_t)side->events[0]->ktime_ns,
			       (int64_t)side->events[side->count - 1]->ktime_ns, &account->gap);
}

static void side_take(const struct side *side, const struct numbers *numbers,
		      struct account_side *account)
{
	const struct mt_event *impostor = side ? window_next_impostor(side, NULL) : NULL;

	account->side = side;
	account->host = side ? side_host(side) : "";
	account->hostuuid = side ? side_hostuuid(side) : "";
	account->impostor = impostor ? impostor->tgid : 0;
	account->numbers = numbers ? *numbers : numbers_recorded(side);
	account->device_count = side ? devices_of(side, account->device) : 0;
	assert(account->device_count <= DEVICES_MAX && (side || !account->device_count));
	if (side)
		gaps_count(side, account);
}

/* Returns why libvirt's numbers cannot be of this job, static, or NULL. */
static const char *not_own_why(const struct account *account, enum role role)
{
	assert(role == ROLE_SOURCE || role == ROLE_DESTINATION);
	if (outcome_has_not_worked(account->outcome))
		return completed_on(account->migration, role)
			       ? NULL
			       : "they are of a job before, for this one did not complete";
	return account->side[role].identity == IDENTITY_OTHER ? "they are of another job" : NULL;
}

/* Numbers of another job are no one's here. */
static void numbers_check(struct account *account, enum role role, bool judges_all)
{
	struct account_side *side = &account->side[role];
	struct reported *reported = &side->numbers.reported;

	if (!reported->is_given || reported->type != JOB_COMPLETED)
		return;
	side->identity = reported_identity(account->migration, &account->figures, role, reported);
	side->not_own = judges_all ? NULL : not_own_why(account, role);
	if (side->not_own)
		*reported = (struct reported){0};
}

/* A report shows verdicts on the figures alone. */
static void verdicts_make(struct account *account, const struct account_request *request)
{
	struct verdicts *verdicts = &account->verdicts;
	size_t count = 0;

	*verdicts = verdicts_of(
		account->migration, &account->figures, &account->side[ROLE_SOURCE].numbers.reported,
		&account->side[ROLE_DESTINATION].numbers.reported, request->tolerance_ns);
	for (size_t i = 0; i < verdicts->count; i++)
		if (request->judges_all || verdicts->verdict[i].field < REPORTED_FIGURES)
			verdicts->verdict[count++] = verdicts->verdict[i];
	assert(count <= verdicts->count);
	verdicts->count = count;
}

static bool side_conflicts(const struct side *side)
{
	return side && side->has_uuid_conflict;
}

static enum lack lack_of(const struct account *account)
{
	const struct migration *migration = account->migration;
	const struct side *source = migration->source, *destination = migration->destination;

	if (account->figures.clocks.verdict == CLOCK_INCONSISTENT)
		return LACK_CLOCKS;
	if (migration->is_doubled)
		return LACK_ONE_COPY;
	if (!source || !(destination || migration_was_refused(migration) ||
			 migration_reached_nobody(migration)))
		return LACK_SIDE;
	if (side_conflicts(source) || side_conflicts(destination))
		return LACK_DOMAIN;
	if (account->figures.hole)
		return LACK_EVENTS;
	return account->outcome == OUTCOME_UNFINISHED || account->outcome == OUTCOME_UNKNOWN
		       ? LACK_END
		       : LACK_NONE;
}

/* Of one host alone: its part of the downtime. Of one that did not complete there are no parts. */
static struct quantity downtime_seen(const struct account *account)
{
	const struct figures *figures = &account->figures;

	if (account_has_both(account) || account->outcome != OUTCOME_COMPLETED)
		return figures->downtime;
	return figures_part(figures,
			    account->side[ROLE_SOURCE].side ? PLACE_SOURCE : PLACE_DESTINATION);
}

/* Of the source alone: from the job's start to the hand-over. The other host cannot know of it. */
static struct quantity elapsed_seen(const struct account *account)
{
	const struct side *side = account->side[ROLE_SOURCE].side;

	if (!side || account_has_both(account) || account->figures.hole ||
	    !(side->src.start.known && side->src.sent.known))
		return account->figures.elapsed;
	return quantity_exact(side->src.sent.at.v - side->src.start.at.v, "");
}

int64_t account_start_ns(const struct account *account)
{
	const struct side *source = account->side[ROLE_SOURCE].side;

	if (!source)
		return 0;
	return source->src.start.known ? source->src.start.at.v
				       : (int64_t)source->events[0]->ktime_ns;
}

/* What came of the forecast is known of a migration that completed. */
static int64_t forecast_at_ns(const struct account *account)
{
	const struct side *source = account->migration->source;
	const struct quantity *elapsed = &account->figures.elapsed;

	assert(source && source->count);
	if (account->outcome == OUTCOME_COMPLETED && elapsed->known)
		return account_start_ns(account) + elapsed->est_ns / 2;
	return (int64_t)source->events[source->count - 1]->ktime_ns;
}

static void course_find(struct account *account)
{
	const struct side *source = account->migration->source;
	struct passes then;
	int64_t at_ns;

	passes_of(source, INT64_MAX, &account->passes);
	if (!source) {
		account->forecast.why_unknown = "the source's side was not seen";
		return;
	}
	at_ns = forecast_at_ns(account);
	passes_of(source, at_ns, &then);
	forecast_of(&then, at_ns, &account->forecast);
}

void account_make(const struct migration *migration, const struct account_request *request,
		  struct account *account)
{
	*account = (struct account){
		.migration = migration,
		.real_ns = migration_real_ns(migration),
		.outcome = migration_outcome(migration),
		.left = migration_left(migration),
		.guest_end = migration_guest_end(migration),
		.told = migration_told(migration),
		.has_moved = migration_has_moved(migration),
		.flavour =
			{
				.control = migration_control(migration),
				.postcopy = migration_is_postcopy(migration),
				.recovery = migration_is_recovery(migration),
				.offline = migration_is_offline(migration),
				.tunnelled = migration_is_tunnelled(migration),
			},
		.figures = figures_of(migration),
	};
	account->said_count = said_of(migration, account->said);
	assert(account->said_count <= SAID_MAX);
	uuid_unparse_lower(migration_uuid(migration), account->uuid);
	migration_name(migration, account->name, sizeof(account->name));
	side_take(migration->source, request->numbers[ROLE_SOURCE], &account->side[ROLE_SOURCE]);
	side_take(migration->destination, request->numbers[ROLE_DESTINATION],
		  &account->side[ROLE_DESTINATION]);
	numbers_check(account, ROLE_SOURCE, request->judges_all);
	numbers_check(account, ROLE_DESTINATION, request->judges_all);
	verdicts_make(account, request);
	account->qemu = qemu_numbers_of(migration);
	course_find(account);
	account->downtime_seen = downtime_seen(account);
	account->elapsed_seen = elapsed_seen(account);
	account->lack = lack_of(account);
	account->left_over_count = left_overs_of(account, account->left_over);
	assert(account->left_over_count <= LEFT_OVERS_MAX);
	account->found_count = findings_of(account, account->found);
	assert(account->found_count <= FINDINGS_MAX);
}
