/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes migrations of the halves that have come, each once: a domain's halves are looked at
 * together. */
#include "collect/matcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "collect/traces.h"

#define BATCH	64
#define APART_S 86400 /* between two halves' begins, by the clocks of two hosts */

struct judge_half half_to_judge(const struct half_entry *half)
{
	return (struct judge_half){
		.bytes = half->body, .size = half->size, .began_s = half->began_s};
}

static int refuse(struct matcher *matcher, const struct half_entry *half, const char *why)
{
	matcher->counts->refused++;
	diag("%s: %s: %s", half->host, half->id, why);
	return half_entry_set(matcher->database, half, HALF_REFUSED, "");
}

/* The migration that it was in is made anew of what is left. */
static int migration_undo(struct matcher *matcher, const char *id)
{
	const struct value key = text_value(id);
	int err = 0;

	if (*id)
		err = database_run(matcher->database, MIGRATION_FREE, &key, 1, NULL, NULL);
	if (*id && err >= 0)
		err = database_run(matcher->database, MIGRATION_DROP, &key, 1, NULL, NULL);
	return err < 0 ? err : 0;
}

/* Of two with one id the one that came later counts; of one that came twice the first. */
static int half_supersede(struct matcher *matcher, struct half_entry *half, bool *has_changed)
{
	const struct value key[] = {text_value(half->host), text_value(half->id),
				    text_value(half->store), NUMBER_VALUE(half->number)};
	struct half_entries older = {NULL, 0, 0};
	int err = database_run(matcher->database, HALF_OLDER, key, 4, half_entry_add, &older);

	for (size_t i = 0; err >= 0 && half->state == HALF_NEW && i < older.count; i++) {
		*has_changed = true;
		if (!strcmp(older.entry[i].sha256, half->sha256)) {
			half->state = HALF_REPLACED;
			err = half_entry_set(matcher->database, half, HALF_REPLACED, "");
			continue;
		}
		err = migration_undo(matcher, older.entry[i].migration);
		if (err >= 0)
			err = half_entry_set(matcher->database, &older.entry[i], HALF_REPLACED, "");
	}
	half_entries_free(&older);
	return err < 0 ? err : 0;
}

static void stored_note(struct matcher *matcher, const struct migration_row *row,
			const struct half_entry *source, const struct half_entry *destination)
{
	struct stored *stored = &matcher->stored[matcher->stored_count];

	if (matcher->stored_count == STORED_MAX)
		return;
	stored->row = *row;
	stored->row.report = NULL;
	stored->received_ms = source->received_ms;
	if (destination && destination->received_ms > stored->received_ms)
		stored->received_ms = destination->received_ms;
	matcher->stored_count++;
}

static int migration_store(struct matcher *matcher, const struct judge_report *report,
			   const struct half_entry *source, const struct half_entry *destination)
{
	struct migration_row row;
	int err;

	if (!migration_row_read(report->text, &row))
		return 0;
	migration_id(source, destination, row.id);
	err = migration_undo(matcher, source->migration);
	if (!err && destination)
		err = migration_undo(matcher, destination->migration);
	if (!err)
		err = migration_row_add(matcher->database, &row);
	if (err > 0 && matcher->sends_traces)
		err = trace_queue(matcher->database, row.id, source->part);
	if (err >= 0)
		err = half_entry_set(matcher->database, source, destination ? HALF_IN : HALF_ALONE,
				     row.id);
	if (!err && destination)
		err = half_entry_set(matcher->database, destination, HALF_IN, row.id);
	if (!err)
		stored_note(matcher, &row, source, destination);
	return err < 0 ? err : 0;
}

static void halves_give(const struct half_entries *near, struct judge_half *halves)
{
	for (size_t i = 0; i < near->count; i++)
		halves[i] = half_to_judge(&near->entry[i]);
}

/* A half that is no recording, or of another host than who sent it, is looked at no more. */
static int halves_check(struct matcher *matcher, struct half_entries *near,
			const struct judge_half *halves)
{
	int err = 0;

	for (size_t i = 0; !err && i < near->count; i++) {
		struct half_entry *half = &near->entry[i];

		if (half->state != HALF_NEW || !strcmp(halves[i].recorder, half->host) ||
		    !strcmp(halves[i].host, half->host))
			continue;
		err = refuse(matcher, half,
			     *halves[i].recorder ? "recorded by another host"
						 : "no half of a migration");
		half->state = HALF_REFUSED;
	}
	return err;
}

static bool is_free(const struct half_entry *half)
{
	return half->state == HALF_NEW || half->state == HALF_WAITS || half->state == HALF_ALONE;
}

static int pairs_store(struct matcher *matcher, struct half_entries *near,
		       const struct judge_answer *answer)
{
	int err = 0;

	for (size_t i = 0; !err && i < answer->count; i++) {
		struct half_entry *source = &near->entry[answer->report[i].half[0]];
		struct half_entry *destination = &near->entry[answer->report[i].half[1]];

		if (!is_free(source) || !is_free(destination))
			continue;
		err = migration_store(matcher, &answer->report[i], source, destination);
		source->state = destination->state = HALF_IN;
	}
	for (size_t i = 0; !err && i < near->count; i++)
		if (near->entry[i].state == HALF_NEW)
			err = half_entry_set(matcher->database, &near->entry[i], HALF_WAITS, "");
	return err;
}

static int found_store(struct matcher *matcher, struct half_entries *near,
		       const struct judge_half *halves, const struct judge_answer *answer)
{
	int err = halves_check(matcher, near, halves);

	return err ?: pairs_store(matcher, near, answer);
}

/* One of them is hostile, or broken: found by asking for each alone. */
static int each_check(struct matcher *matcher, struct half_entries *near)
{
	int err = 0;

	for (size_t i = 0; !err && i < near->count; i++) {
		struct judge_half half = half_to_judge(&near->entry[i]);
		struct judge_answer answer;

		err = judge_ask(matcher->judge, &half, 1, JUDGE_PAIRS, &answer);
		judge_answer_free(&answer);
		if (err != -EPROTO)
			continue;
		err = refuse(matcher, &near->entry[i], "no recording that can be read");
	}
	return err;
}

/* Returns whether the partition is ours still: what others do with it meanwhile is not undone. */
static bool has_lease(struct matcher *matcher, int64_t part)
{
	const struct value key[] = {NUMBER_VALUE(part), text_value(matcher->owner)};

	return database_run(matcher->database, LEASE_CHECK, key, 2, NULL, NULL) > 0;
}

static int near_store(struct matcher *matcher, struct half_entries *near)
{
	struct judge_half halves[JUDGE_HALVES];
	struct judge_answer answer;
	int err;

	if (!near->count)
		return 0;
	halves_give(near, halves);
	err = judge_ask(matcher->judge, halves, near->count, JUDGE_PAIRS, &answer);
	if (err == -EPROTO)
		err = each_check(matcher, near);
	else if (!err)
		err = found_store(matcher, near, halves, &answer);
	judge_answer_free(&answer);
	return err;
}

/* All that is there of the half's domain at that time. Returns 0 or -errno. */
static int near_load(struct matcher *matcher, const struct half_entry *half,
		     struct half_entries *near)
{
	const struct value key[] = {text_value(half->domain), NUMBER_VALUE(half->began_s - APART_S),
				    NUMBER_VALUE(half->began_s + APART_S), NUMBER_VALUE(half->part),
				    NUMBER_VALUE(JUDGE_HALVES)};
	int err;

	half_entries_free(near);
	err = database_run(matcher->database, HALVES_NEAR, key, 5, half_entry_add, near);
	return err < 0 ? err : 0;
}

static int domain_store(struct matcher *matcher, struct half_entry *half)
{
	struct half_entries near = {NULL, 0, 0};
	bool has_changed = false;
	int err = near_load(matcher, half, &near);

	for (size_t i = 0; !err && i < near.count; i++)
		if (near.entry[i].state == HALF_NEW)
			err = half_supersede(matcher, &near.entry[i], &has_changed);
	if (!err && has_changed)
		err = near_load(matcher, half, &near);
	if (!err)
		err = near_store(matcher, &near);
	half_entries_free(&near);
	return err;
}

typedef int half_step_fn(struct matcher *matcher, struct half_entry *half);

/* What was looked at with an earlier half of its domain is new no more. */
static bool is_done(const struct half_entries *halves, size_t index)
{
	const struct half_entry *half = &halves->entry[index];

	for (size_t i = 0; i < index; i++)
		if (!strcmp(halves->entry[i].domain, half->domain) &&
		    llabs(halves->entry[i].began_s - half->began_s) <= APART_S)
			return true;
	return false;
}

/* Some of the halves, and what is done with each. */
struct half_run {
	struct half_entries *halves;
	half_step_fn *step;
	bool by_domain; /* one half of each is enough */
	size_t next;
};

/* Does what there is to do, at most `most` of it; a partition that is not ours any more is left. */
static int halves_do(struct matcher *matcher, struct half_run *run, size_t most)
{
	int err = 0;

	for (; !err && most && run->next < run->halves->count &&
	       matcher->stored_count + JUDGE_HALVES / 2 <= STORED_MAX;
	     run->next++) {
		struct half_entry *half = &run->halves->entry[run->next];

		if ((run->by_domain && is_done(run->halves, run->next)) ||
		    !has_lease(matcher, half->part))
			continue;
		err = run->step(matcher, half);
		most--;
	}
	return err;
}

/* In one transaction: one fsync for all. What is stored is told when it is on the disk. */
static int halves_commit(struct matcher *matcher, struct half_run *run, size_t most)
{
	int err = database_begin(matcher->database);

	matcher->stored_count = 0;
	if (err)
		return err;
	err = halves_do(matcher, run, most);
	if (!err)
		err = database_commit(matcher->database);
	else
		database_rollback(matcher->database);
	for (size_t i = 0; !err && i < matcher->stored_count; i++)
		matcher->tell(matcher->arg, &matcher->stored[i].row,
			      matcher->stored[i].row.stored_ms - matcher->stored[i].received_ms);
	return err;
}

/* Where something goes wrong, each is done by itself: what is wrong with one is not the others'. */
static int halves_step(struct matcher *matcher, struct half_run *run)
{
	size_t most = run->halves->count;
	int wrong = 0;

	while (run->next < run->halves->count) {
		const struct counts before = *matcher->counts;
		size_t begun = run->next;
		int err = halves_commit(matcher, run, most);

		if (!err)
			continue;
		*matcher->counts = before;
		if (most == 1 && run->next == begun) /* no transaction can be begun */
			return err;
		if (most == 1)
			wrong = err;
		else
			run->next = begun;
		most = 1;
	}
	return wrong ?: (int)run->halves->count;
}

int matcher_step(struct matcher *matcher)
{
	const struct value key[] = {text_value(matcher->owner), NUMBER_VALUE(BATCH)};
	struct half_entries halves = {NULL, 0, 0};
	int err = database_run(matcher->database, HALVES_NEW, key, 2, half_entry_add, &halves);

	if (err >= 0)
		err = halves_step(matcher, &(struct half_run){&halves, domain_store, true, 0});
	half_entries_free(&halves);
	return err;
}

static int half_expire(struct matcher *matcher, struct half_entry *half)
{
	struct judge_half given = half_to_judge(half);
	struct judge_answer answer;
	int err = judge_ask(matcher->judge, &given, 1, JUDGE_EACH, &answer);

	if (!err && answer.count)
		err = migration_store(matcher, &answer.report[0], half, NULL);
	else if (!err || err == -EPROTO)
		err = refuse(matcher, half, "no report can be made of it");
	judge_answer_free(&answer);
	return err;
}

int matcher_expire(struct matcher *matcher)
{
	const struct value key[] = {text_value(matcher->owner), NUMBER_VALUE(matcher->expire_ms),
				    NUMBER_VALUE(BATCH)};
	struct half_entries halves = {NULL, 0, 0};
	int err = database_run(matcher->database, HALVES_EXPIRED, key, 3, half_entry_add, &halves);

	if (err >= 0)
		err = halves_step(matcher, &(struct half_run){&halves, half_expire, false, 0});
	half_entries_free(&halves);
	return err;
}
