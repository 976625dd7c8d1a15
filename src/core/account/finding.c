/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to say of a migration that a person can act on: each with a code that never
 * changes. */
#include "core/account/finding.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/account/finding_row.h"

#define WORTH_NS 50000000 /* less is not worth a finding, */
#define SHARES	 5	  /* nor is less than a fifth of the downtime */

static bool is_listed(const char *const *list, const char *name)
{
	for (size_t i = 0; list && list[i]; i++)
		if (!strcmp(list[i], name))
			return true;
	return !list;
}

static void quantity_add(struct quantity *sum, const struct quantity *more)
{
	assert(sum->known && more->known);
	sum->est_ns += more->est_ns;
	sum->lo_ns += more->lo_ns;
	sum->hi_ns += more->hi_ns;
}

static struct quantity slept_in(const struct work *work, const char *const *in)
{
	struct quantity sum = quantity_exact(0, work->on_cpu.how);

	assert(work->slept_count <= SLEPT_MAX + 1);
	for (size_t i = 0; i < work->slept_count; i++)
		if (is_listed(in, work->slept[i].in))
			quantity_add(&sum, &work->slept[i].duration);
	return sum;
}

static struct quantity held_in(const struct work *work)
{
	struct quantity sum = quantity_exact(0, work->on_cpu.how);

	assert(work->held_count <= HELD_CALLS);
	for (size_t i = 0; i < work->held_count; i++)
		quantity_add(&sum, &work->held[i].duration);
	return sum;
}

static struct quantity worked_in(const struct part *part)
{
	const struct quantity *whole = &part->duration, *runnable = &part->work.runnable;
	int64_t hi_ns = whole->hi_ns - runnable->lo_ns, lo_ns = whole->lo_ns - runnable->hi_ns;

	hi_ns = hi_ns > 0 ? hi_ns : 0;
	lo_ns = lo_ns > 0 ? lo_ns : 0;
	return quantity_between(lo_ns, hi_ns, part->work.on_cpu.how);
}

static bool is_throttled(const struct work *work)
{
	return work->throttled.known && work->throttled.est_ns * 2 >= work->runnable.lo_ns;
}

/* Returns how much of the part the signs show. */
static struct quantity shown_of(const struct signs *signs, const struct part *part)
{
	const struct work *work = &part->work;

	if (signs->sign == SIGN_PART)
		return part->duration;
	if (!work->is_recorded || !work->on_cpu.known)
		return quantity_unknown("its threads were not watched");
	switch (signs->sign) {
	case SIGN_WORK:
		return worked_in(part);
	case SIGN_SLEPT:
		return slept_in(work, signs->in);
	case SIGN_HELD:
		return held_in(work);
	case SIGN_NO_CPU:
		return work->throttled.known ? work->runnable : work->throttled;
	case SIGN_THROTTLED:
		return is_throttled(work) ? work->runnable : quantity_unknown("no quota");
	default:
		return quantity_unknown("it has no parts");
	}
}

/* Returns how much of the part the row explains: most of it, wherever the truth lies; or unknown.
 */
static struct quantity explained_of(const struct finding_row *row, const struct part *part)
{
	struct quantity shown = quantity_unknown("it is another part");

	if (row->signs.sign != SIGN_NONE && is_listed(row->signs.parts, part->name))
		shown = shown_of(&row->signs, part);
	if (shown.known && shown.lo_ns < part->duration.hi_ns / 2)
		return quantity_unknown("it is the smaller part");
	return shown;
}

static bool row_applies(const struct finding_row *row, const struct account *account)
{
	return !row->applies || row->applies(account);
}

static void part_take(struct found *found, const struct part *part, const struct quantity *ns)
{
	if (!found->part)
		found->share = quantity_exact(0, ns->how);
	quantity_add(&found->share, ns);
	assert(ns->known && found->share.known);
	if (!found->part || part->duration.est_ns > found->part->duration.est_ns)
		found->part = part;
}

/* Each part is the first row's that explains it, so that none counts twice. */
static void part_give(const struct account *account, const struct part *part, struct found *by_row)
{
	const struct finding_rows times = finding_times();

	for (size_t i = 0; i < times.count; i++) {
		struct quantity ns = explained_of(&times.row[i], part);

		if (!ns.known || !row_applies(&times.row[i], account))
			continue;
		part_take(&by_row[i], part, &ns);
		return;
	}
}

/* The downtime, or the blackout where that is longer; of one host alone, its part. */
static int64_t whole_ns(const struct account *account)
{
	const struct quantity *downtime = &account->downtime_seen;
	const struct quantity *blackout = &account->figures.blackout;
	int64_t ns = downtime->known ? downtime->hi_ns : INT64_MAX;

	if (blackout->known && downtime->known && blackout->hi_ns > ns)
		return blackout->hi_ns;
	return ns;
}

static bool is_worth(const struct quantity *share, int64_t whole_ns)
{
	return share->known && share->lo_ns >= WORTH_NS && share->lo_ns >= whole_ns / SHARES;
}

/* How early it is told: a downtime that is within QEMU's limit may wait. */
static int turn_of(const struct found *found, bool is_long)
{
	assert(found->finding && found->finding->kind < FINDING_KINDS);
	return (found->finding->kind == FINDING_TIME) == is_long;
}

static bool goes_before(const struct found *one, const struct found *other, bool is_long)
{
	int turn = turn_of(one, is_long), others = turn_of(other, is_long);

	return turn != others ? turn > others : one->share.est_ns > other->share.est_ns;
}

/* What is of one kind follows each other; of these what explains more goes before. */
static void found_insert(struct found *found, size_t count, const struct found *new, bool is_long)
{
	size_t at = count;

	assert(count < FINDINGS_MAX);
	for (; at > 0 && goes_before(new, &found[at - 1], is_long); at--)
		found[at] = found[at - 1];
	found[at] = *new;
}

/* Returns how many there are. */
static size_t times_find(const struct account *account, struct found *found)
{
	const struct breakdown *breakdown = &account->figures.breakdown;
	const struct finding_rows times = finding_times();
	struct found by_row[FINDINGS_MAX] = {0};
	bool is_explained = false, is_long = downtime_is_long(account);
	size_t count = 0;

	assert(times.count <= FINDINGS_MAX);
	for (size_t i = 0; i < breakdown->count; i++)
		part_give(account, &breakdown->part[i], by_row);
	for (size_t i = 0; i < times.count; i++) {
		const struct finding_row *row = &times.row[i];
		bool is_otherwise = row->signs.sign == SIGN_OTHERWISE;

		by_row[i].finding = &row->finding;
		if (row->share && !(is_otherwise && is_explained) && row_applies(row, account))
			by_row[i].share = row->share(account);
		if (row->share ? !by_row[i].share.known
			       : !is_worth(&by_row[i].share, whole_ns(account)))
			continue;
		is_explained |= !row->share;
		found_insert(found, count++, &by_row[i], is_long);
	}
	return count;
}

static void ends_find(const struct account *account, enum finding_kind kind, struct found *found,
		      size_t *count)
{
	const struct finding_rows ends = finding_ends();

	for (size_t i = 0; i < ends.count; i++)
		if (ends.row[i].finding.kind == kind && row_applies(&ends.row[i], account))
			found[(*count)++] = (struct found){
				&ends.row[i].finding,
				NULL,
				quantity_unknown("it is no time"),
			};
}

/* What ends first has the others end: the first failure is the cause. */
static size_t failure_find(const struct account *account, struct found *found)
{
	size_t count = 0;

	if (account->left == LEFT_ENDED || account->outcome != OUTCOME_COMPLETED)
		ends_find(account, FINDING_FAILURE, found, &count);
	return count ? 1 : 0;
}

size_t findings_of(const struct account *account, struct found found[FINDINGS_MAX])
{
	size_t count = 0;

	ends_find(account, FINDING_ALARM, found, &count);
	count += failure_find(account, &found[count]);
	ends_find(account, FINDING_LEFT, found, &count);
	count += times_find(account, &found[count]);
	ends_find(account, FINDING_NOTE, found, &count);
	assert(count <= FINDINGS_MAX);
	return count;
}

const struct finding *finding_of_failure(const struct account *account)
{
	struct found found[FINDINGS_MAX];

	return failure_find(account, found) ? found[0].finding : NULL;
}

const struct finding *finding_at(size_t place)
{
	const struct finding_rows all[] = {finding_ends(), finding_times()};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (place < all[i].count)
			return &all[i].row[place].finding;
		assert(place >= all[i].count);
		place -= all[i].count;
	}
	return NULL;
}

const char *finding_kind_name(enum finding_kind kind)
{
	static const char *const names[FINDING_KINDS] = {
		[FINDING_ALARM] = "alarm", [FINDING_FAILURE] = "failure",
		[FINDING_LEFT] = "to do",  [FINDING_TIME] = "downtime",
		[FINDING_NOTE] = "note",   [FINDING_ELAPSED] = "time",
	};

	assert(kind < FINDING_KINDS);
	return names[kind];
}

bool finding_is_advice(const struct finding *finding)
{
	return finding->kind == FINDING_ALARM || finding->kind == FINDING_LEFT ||
	       finding->kind == FINDING_NOTE;
}

/* The command has one %s at most. */
void command_format(const char *command, const char *domain, char text[COMMAND_TEXT])
{
	const char *mark = command ? strstr(command, "%s") : NULL;

	assert(!mark || !strstr(mark + 2, "%s"));
	text[0] = '\0';
	if (command)
		snprintf(text, COMMAND_TEXT, "%.*s%s%s",
			 mark ? (int)(mark - command) : COMMAND_TEXT, command, mark ? domain : "",
			 mark ? mark + 2 : "");
}
