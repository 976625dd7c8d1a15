/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds migrations in recordings while they grow, within a memory limit. */
/* long: what settles and what is shed read the same view and list of ended sides. */
#include "core/match/correlator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/recording/join.h"
#include "core/match/outcome.h"
#include "core/recording/store.h"
#include "core/match/thin.h"
#include "core/side/window.h"

/* A side of a migration that is over. */
struct ended {
	const struct recording *recording;
	uint8_t uuid[MT_UUID];
	uint64_t last_ns; /* of its last event */
	int64_t seen_ns;  /* when that was first seen */
};

struct correlator {
	size_t bytes, side_events;
	size_t held; /* what was added to the recordings, less what was known to have gone */
	correlator_fn *take;
	void *arg;
	struct recording **recordings;
	size_t count;
	bool has_forgotten;  /* sides that were not sure to be whole */
	struct ended *ended; /* that wait to be told of */
	size_t ended_count;
};

/* How many sides that are over are waited for at once: a recorder may flood us with them. */
#define ENDED_MAX 1024

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
	free(correlator->ended);
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

/* Of recordings of one host that follow each other the first takes up the others. */
static int boot_join(struct recording **recordings, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; !err && !recordings[i]->joined && j < count; j++)
			if (!recordings[j]->joined &&
			    recording_follows(recordings[i], recordings[j]))
				err = recording_append(recordings[i], recordings[j]);
	return err;
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

static bool side_is_closed(const struct side *side)
{
	return !side->recording->is_open ||
	       (side->is_over && window_is_past(side) && side_is_answered(side)) ||
	       side_is_cut(side);
}

/* Nothing that may still come can change what is told of it. */
static bool is_ripe(const struct migration *migration)
{
	const struct side *source = migration->source, *destination = migration->destination;

	return source && destination &&
	       (side_is_closed(source) || side_is_left(source, destination)) &&
	       (side_is_closed(destination) || side_is_left(destination, source));
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

/* What is ripe first; then what was not heard of for the longest time. */
static int by_leave(const void *a, const void *b)
{
	const struct migration *x = a, *y = b;
	int64_t x_ns = heard_ns(x), y_ns = heard_ns(y);

	if (is_ripe(x) != is_ripe(y))
		return is_ripe(x) ? -1 : 1;
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

		if (!is_ripe(migration) && bytes <= most)
			break;
		correlator->has_forgotten |= !is_ripe(migration);
		bytes -= migration_bytes(migration);
	}
	return count;
}

static void take_first(const struct correlator *correlator, struct migrations *migrations,
		       size_t count)
{
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

static bool is_ended(const struct ended *ended, const struct side *side)
{
	return ended->recording == side->recording &&
	       ended->last_ns == side->events[side->count - 1]->ktime_ns &&
	       !memcmp(ended->uuid, side_uuid(side), MT_UUID);
}

/* Returns when it was first seen that the side has ended. */
static int64_t ended_seen_ns(const struct correlator *correlator, const struct side *side,
			     int64_t now_ns)
{
	for (size_t i = 0; i < correlator->ended_count; i++)
		if (is_ended(&correlator->ended[i], side))
			return correlator->ended[i].seen_ns;
	return now_ns;
}

/* Whether what it has of its end can still change: QEMU may tell late that the guest was started,
 * and of pages that it waited for. */
static bool side_tells_late(const struct side *side)
{
	const struct migration alone = {.destination = side};

	return side->role == ROLE_DESTINATION &&
	       (!side->done.known || migration_is_postcopy(&alone) == ANSWER_YES);
}

static bool is_heard_after(const struct correlator *correlator, const struct side *side, int64_t ns)
{
	for (size_t i = 0; i < correlator->count; i++) {
		const struct recording *other = correlator->recordings[i];

		if (other != side->recording && !other->joined && other->is_open &&
		    other->heard_ns <= ns)
			return false;
	}
	return true;
}

/* Whether every other recording was heard of after it was over, if it ever was. */
static bool is_heard_of(const struct correlator *correlator, const struct side *side,
			int64_t now_ns)
{
	return !side->is_over ||
	       is_heard_after(correlator, side, ended_seen_ns(correlator, side, now_ns));
}

/* Nothing of the other side is there, nor will it come. */
static bool is_ripe_alone(const struct correlator *correlator, const struct side *side,
			  int64_t now_ns)
{
	if (!side->is_over)
		return false;
	if (side->recording->is_open &&
	    (!side_is_answered(side) ||
	     !(side_tells_late(side) ? window_is_past(side) : side_is_looked_after(side))))
		return false;
	return is_heard_of(correlator, side, now_ns);
}

static bool is_settled(const struct correlator *correlator, const struct migration *migration,
		       int64_t now_ns)
{
	if (migration->source && migration->destination)
		return is_ripe(migration) &&
		       (migration_is_sure(migration) ||
			(is_heard_of(correlator, migration->source, now_ns) &&
			 is_heard_of(correlator, migration->destination, now_ns)));
	return !migration->is_open &&
	       is_ripe_alone(correlator,
			     migration->source ? migration->source : migration->destination,
			     now_ns);
}

static int ended_add(struct ended *ended, const struct correlator *correlator,
		     const struct side *side, int64_t now_ns)
{
	if (!side || !(side->is_over || side->is_ending))
		return 0;
	*ended = (struct ended){.recording = side->recording,
				.last_ns = side->events[side->count - 1]->ktime_ns,
				.seen_ns = ended_seen_ns(correlator, side, now_ns)};
	memcpy(ended->uuid, side_uuid(side), MT_UUID);
	return 1;
}

/* Notes which sides are over, or are when nothing more comes, of the migrations that stay. Returns
 * how many, or -ENOMEM. */
static int ended_note(struct correlator *correlator, const struct migration *stay, size_t count,
		      int64_t now_ns)
{
	struct ended *ended = calloc(2 * count + 1, sizeof(*ended));
	int noted = 0;

	if (!ended)
		return -ENOMEM;
	for (size_t i = 0; i < count && noted < ENDED_MAX; i++) {
		noted += ended_add(&ended[noted], correlator, stay[i].source, now_ns);
		noted += ended_add(&ended[noted], correlator, stay[i].destination, now_ns);
	}
	free(correlator->ended);
	correlator->ended = ended;
	correlator->ended_count = (size_t)noted;
	return noted;
}

/* Brings those to the front that are settled; the others keep their order. Returns how many. */
static size_t settled_first(struct correlator *correlator, struct migrations *migrations,
			    int64_t now_ns)
{
	size_t count = 0;

	for (size_t i = 0; i < migrations->count; i++) {
		struct migration migration = migrations->migration[i];

		if (!is_settled(correlator, &migration, now_ns))
			continue;
		memmove(&migrations->migration[count + 1], &migrations->migration[count],
			(i - count) * sizeof(migration));
		migrations->migration[count++] = migration;
	}
	return count;
}

int correlator_settle(struct correlator *correlator, int64_t now_ns)
{
	const struct matching matching = {true, correlator->has_forgotten};
	struct view view;
	size_t count;
	int err = recordings_order(correlator), noted = 0;

	if (err)
		return err;
	err = view_make(correlator, &matching, &view);
	if (!err) {
		count = settled_first(correlator, &view.migrations, now_ns);
		noted = ended_note(correlator, view.migrations.migration + count,
				   view.migrations.count - count, now_ns);
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
	bool are_told = true;

	*hits = 0;
	for (size_t i = 0; i < correlator->count; i++) {
		*hits += correlator->recordings[i]->hits;
		are_told &= !correlator->recordings[i]->unended;
	}
	return are_told;
}
