/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds migrations in recordings while they grow, within a memory limit. */
#include "core/match/correlator.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/match/complete.h"
#include "core/match/thin.h"
#include "core/recording/join.h"
#include "core/recording/merge.h"
#include "core/recording/store.h"

struct correlator {
	size_t bytes, side_events;
	size_t held; /* what was added to the recordings, less what was known to have gone */
	correlator_fn *take;
	void *arg;
	struct recording **recordings;
	size_t count;
	bool has_forgotten; /* sides that were not sure to be whole */
	struct waiting waiting;
};

/* The recordings as they are now, understood. */
struct view {
	struct sides *sides; /* of each recording */
	struct migrations migrations;
};

struct correlator *correlator_new(size_t bytes, size_t side_events, correlator_fn *take, void *arg)
{
	struct correlator *correlator = calloc(1, sizeof(*correlator));

	if (correlator)
		*correlator = (struct correlator){
			.bytes = bytes, .side_events = side_events, .take = take, .arg = arg};
	return correlator;
}

struct recording *correlator_add(struct correlator *correlator, const char *name)
{
	struct recording **more =
		reallocarray(correlator->recordings, correlator->count + 1, sizeof(*more));
	struct recording *recording = calloc(1, sizeof(*recording));

	if (more)
		correlator->recordings = more;
	if (!more || !recording) {
		free(recording);
		return NULL;
	}
	recording->name = name;
	recording->held = &correlator->held;
	assert(correlator->recordings);
	correlator->recordings[correlator->count++] = recording;
	return recording;
}

void correlator_free(struct correlator *correlator)
{
	if (!correlator)
		return;
	for (size_t i = 0; i < correlator->count; i++) {
		recording_free(correlator->recordings[i]);
		free(correlator->recordings[i]);
	}
	free(correlator->recordings);
	waiting_free(&correlator->waiting);
	free(correlator);
}

static size_t bytes_of(const struct correlator *correlator)
{
	size_t bytes = 0;

	for (size_t i = 0; i < correlator->count; i++)
		bytes += recording_bytes(correlator->recordings[i]);
	return bytes;
}

/* Whether the recordings hold more than that; they are asked only when they may. */
static bool holds_more(struct correlator *correlator, size_t bytes)
{
	if (correlator->held > bytes)
		correlator->held = bytes_of(correlator);
	return correlator->held > bytes;
}

static int by_begin(const void *a, const void *b)
{
	const struct recording *x = *(struct recording *const *)a;
	const struct recording *y = *(struct recording *const *)b;

	return x->begin_ns < y->begin_ns ? -1 : x->begin_ns > y->begin_ns;
}

/* Those of one boot of a host beside each other, in order of time. */
static int by_boot(const void *a, const void *b)
{
	const struct recording *x = *(struct recording *const *)a;
	const struct recording *y = *(struct recording *const *)b;

	return strcmp(x->boot_id, y->boot_id) ?: by_begin(a, b);
}

/* The first of each pair that is one takes up the other. */
static int pairs_join(struct recording **recordings, size_t count,
		      bool (*are_one)(const struct recording *, const struct recording *),
		      int (*join)(struct recording *, struct recording *))
{
	int err = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; !err && !recordings[i]->joined && j < count; j++)
			if (!recordings[j]->joined && are_one(recordings[i], recordings[j]))
				err = join(recordings[i], recordings[j]);
	return err;
}

/* Of one boot of a host: parts of one recording first, then those that follow each other. */
static int boot_join(struct recording **recordings, size_t count)
{
	return pairs_join(recordings, count, recording_is_copy, recording_merge)
		       ?: pairs_join(recordings, count, recording_follows, recording_append);
}

static int recordings_join(struct correlator *correlator)
{
	struct recording **recordings = correlator->recordings;
	size_t count = correlator->count;
	int err = 0;

	if (count)
		qsort(recordings, count, sizeof(struct recording *), by_boot);
	for (size_t start = 0, end; !err && start < count; start = end) {
		for (end = start + 1; end < count; end++)
			if (strcmp(recordings[start]->boot_id, recordings[end]->boot_id) != 0)
				break;
		assert(start < end && end <= count);
		if (recordings[start]->boot_id[0])
			err = boot_join(recordings + start, end - start);
	}
	if (count)
		qsort(recordings, count, sizeof(struct recording *), by_begin);
	return err;
}

static void view_free(const struct correlator *correlator, struct view *view)
{
	migrations_free(&view->migrations);
	for (size_t i = 0; view->sides && i < correlator->count; i++)
		sides_free(&view->sides[i]);
	free(view->sides);
}

/* view_free() frees in every case. */
static int view_make(const struct correlator *correlator, const struct matching *matching,
		     struct view *view)
{
	int err = 0;

	*view = (struct view){.sides = calloc(correlator->count + 1, sizeof(*view->sides))};
	if (!view->sides)
		return -ENOMEM;
	for (size_t i = 0; !err && i < correlator->count; i++)
		err = sides_find(correlator->recordings[i], &view->sides[i]);
	if (err)
		return err;
	return migrations_match(view->sides, correlator->count, matching, &view->migrations);
}

static int64_t side_heard_ns(const struct side *side)
{
	return side ? recording_real_ns(side->recording,
					(int64_t)side->events[side->count - 1]->ktime_ns)
		    : INT64_MIN;
}

static int64_t heard_ns(const struct migration *migration)
{
	int64_t source = side_heard_ns(migration->source);
	int64_t destination = side_heard_ns(migration->destination);

	return source > destination ? source : destination;
}

static size_t migration_bytes(const struct migration *migration)
{
	return ((migration->source ? migration->source->count : 0) +
		(migration->destination ? migration->destination->count : 0)) *
	       sizeof(struct mt_event);
}

/* What is complete first; then what was not heard of for the longest time. */
static int by_leave(const void *a, const void *b)
{
	const struct migration *x = a, *y = b;
	bool is_complete = !migration_pending(x);
	int64_t x_ns = heard_ns(x), y_ns = heard_ns(y);

	if (is_complete != !migration_pending(y))
		return is_complete ? -1 : 1;
	return x_ns < y_ns ? -1 : x_ns > y_ns;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = migration_real_ns(a), y = migration_real_ns(b);

	return x < y ? -1 : x > y;
}

static size_t events_bytes(const struct correlator *correlator)
{
	size_t count = 0;

	for (size_t i = 0; i < correlator->count; i++)
		count += correlator->recordings[i]->event_count;
	return count * sizeof(struct mt_event);
}

/*
 * Returns how many of the migrations, the first ones then, have to go for the events to take no
 * more bytes than that. What is known of the clocks goes with them.
 */
static size_t leaving(struct correlator *correlator, struct migrations *migrations, size_t most)
{
	size_t count = 0, bytes = events_bytes(correlator);

	qsort(migrations->migration, migrations->count, sizeof(*migrations->migration), by_leave);
	for (; count < migrations->count; count++) {
		const struct migration *migration = &migrations->migration[count];
		bool is_complete = !migration_pending(migration);

		if (!is_complete && bytes <= most)
			break;
		correlator->has_forgotten |= !is_complete;
		assert(bytes >= migration_bytes(migration));
		bytes -= migration_bytes(migration);
	}
	return count;
}

static void take_first(const struct correlator *correlator, struct migrations *migrations,
		       size_t count)
{
	assert(count <= migrations->count);
	if (!count)
		return;
	qsort(migrations->migration, count, sizeof(*migrations->migration), by_time);
	correlator->take(correlator->arg, migrations->migration, count);
}

static int forget_first(const struct correlator *correlator, const struct view *view, size_t count)
{
	const struct migrations rest = {view->migrations.migration + count,
					view->migrations.count - count};
	int err = 0;

	assert(count <= view->migrations.count);
	for (size_t i = 0; !err && i < correlator->count; i++)
		err = recording_keep_sides(correlator->recordings[i], &view->sides[i], &rest);
	return err;
}

static int recordings_order(struct correlator *correlator)
{
	for (size_t i = 0; i < correlator->count; i++)
		recording_sort(correlator->recordings[i]);
	return recordings_join(correlator);
}

static int recordings_thin(const struct correlator *correlator)
{
	int err = 0;

	for (size_t i = 0; !err && i < correlator->count; i++)
		err = recording_thin(correlator->recordings[i], correlator->side_events);
	return err;
}

static int events_shed(struct correlator *correlator, size_t most)
{
	const struct matching matching = {.is_live = true, .has_forgotten = true};
	struct view view;
	int err = view_make(correlator, &matching, &view);

	if (!err) {
		size_t count = leaving(correlator, &view.migrations, most);

		take_first(correlator, &view.migrations, count);
		err = forget_first(correlator, &view, count);
	}
	view_free(correlator, &view);
	return err;
}

int correlator_shed(struct correlator *correlator)
{
	int err;

	if (!holds_more(correlator, correlator->bytes))
		return 0;
	err = recordings_order(correlator);
	if (!err)
		err = recordings_thin(correlator);
	if (!err)
		err = events_shed(correlator, correlator->bytes / 2);
	/* Looks at the clocks for hours: so that this is not done again for each line. */
	if (!err && holds_more(correlator, correlator->bytes / 4 * 3))
		err = events_shed(correlator, 0);
	return err;
}

/* Brings those to the front that are complete; the others keep their order. Returns how many. */
static size_t complete_first(const struct waiting *waiting, const struct heard *heard,
			     struct migrations *migrations)
{
	size_t count = 0;

	for (size_t i = 0; i < migrations->count; i++) {
		struct migration migration = migrations->migration[i];

		if (waiting_pending(waiting, heard, &migration))
			continue;
		assert(count <= i);
		memmove(&migrations->migration[count + 1], &migrations->migration[count],
			(i - count) * sizeof(migration));
		migrations->migration[count++] = migration;
	}
	return count;
}

int correlator_settle(struct correlator *correlator, int64_t now_ns)
{
	const struct matching matching = {true, correlator->has_forgotten};
	struct heard heard = {.now_ns = now_ns};
	struct view view;
	size_t count;
	int err = recordings_order(correlator), noted = 0;

	if (err)
		return err;
	heard.recordings = correlator->recordings;
	heard.count = correlator->count;
	err = view_make(correlator, &matching, &view);
	if (!err) {
		count = complete_first(&correlator->waiting, &heard, &view.migrations);
		assert(count <= view.migrations.count);
		noted = waiting_note(&correlator->waiting, &heard,
				     view.migrations.migration + count,
				     view.migrations.count - count);
		take_first(correlator, &view.migrations, count);
		err = noted < 0 ? noted : 0;
		if (!err && count)
			err = forget_first(correlator, &view, count);
	}
	view_free(correlator, &view);
	return err ? err : noted;
}

int correlator_end(struct correlator *correlator)
{
	const struct matching matching = {false, correlator->has_forgotten};
	struct view view;
	int err = recordings_order(correlator);

	if (err)
		return err;
	err = view_make(correlator, &matching, &view);
	if (!err)
		take_first(correlator, &view.migrations, view.migrations.count);
	view_free(correlator, &view);
	return err;
}

bool correlator_hits(const struct correlator *correlator, uint64_t *hits)
{
	bool are_reported = true;

	*hits = 0;
	for (size_t i = 0; i < correlator->count; i++) {
		*hits += correlator->recordings[i]->hits;
		are_reported &= !correlator->recordings[i]->unended;
	}
	return are_reported;
}
