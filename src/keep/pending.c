/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Halves that are over, and wait for what may still come: then they are put into the store. */
#include "keep/pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/text.h"
#include "core/figures/condition.h"
#include "keep/journal.h"
#include "report/words.h"

/* Replies, libvirt's statistics, the last looks at the clocks: what the peer's half needs of it. */
#define PATIENCE_NS INT64_C(2000000000)

struct one {
	struct half half;
	uint8_t uuid[MT_UUID];
	int64_t since_ns, due_ns;
	char uuid_text[UUID_TEXT], name[MT_TEXT], host[HOST_NAME], peer[HOST_NAME];
};

struct pending {
	struct store *store;
	struct one **one; /* in order of their instants */
	size_t count;
};

struct pending *pending_new(struct store *store)
{
	struct pending *pending = calloc(1, sizeof(*pending));

	if (pending)
		pending->store = store;
	return pending;
}

static const char *text_set(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text && text[0] ? text : "-");
	text_shown(to, to);
	return to;
}

/* Of one side alone there is the least that a figure can be. */
static int64_t least_ns(const struct account *account, enum figure figure)
{
	const struct condition condition = {.figure = figure};
	int64_t least = condition_least_ns(&condition, &account->figures), seen = 0;

	if (figure == FIGURE_ELAPSED && account->elapsed_seen.known)
		seen = account->elapsed_seen.lo_ns;
	if (figure == FIGURE_DOWNTIME && account->downtime_seen.known)
		seen = account->downtime_seen.lo_ns;
	return seen > least ? seen : least;
}

static struct half_bounds bounds_of(const struct account *account, enum figure figure)
{
	const struct quantity *quantity = figure_whole(&account->figures, figure);
	int64_t least = quantity->known ? 0 : least_ns(account, figure);

	if (quantity->known)
		return (struct half_bounds){quantity->lo_ns < 0 ? 0 : quantity->lo_ns,
					    quantity->hi_ns < 0 ? 0 : quantity->hi_ns};
	return (struct half_bounds){least > 0 ? least : -1, -1};
}

static void half_fill(struct one *one, const struct account *account, enum role role)
{
	enum role other = role == ROLE_SOURCE ? ROLE_DESTINATION : ROLE_SOURCE;
	const struct side *side = account->side[role].side;
	int64_t end_ns = (int64_t)side->events[side->count - 1]->ktime_ns;
	const char *finding = account->found_count ? account->found[0].finding->code : NULL;

	one->since_ns = (int64_t)side->events[0]->ktime_ns;
	memcpy(one->uuid, side_uuid(side), MT_UUID);
	one->half = (struct half){
		.id = "",
		.uuid = text_set(one->uuid_text, sizeof(one->uuid_text), account->uuid),
		.role = role_name(role),
		.outcome = outcome_name(account->outcome),
		.finding = finding ?: "-",
		.host = text_set(one->host, sizeof(one->host), account->side[role].host),
		.peer = text_set(one->peer, sizeof(one->peer), account->side[other].host),
		.name = text_set(one->name, sizeof(one->name), account->name),
		.begin_ns = side_real_ns(side, one->since_ns),
		.end_ns = side_real_ns(side, end_ns),
	};
	for (size_t i = 0; i < FIGURES; i++)
		one->half.figure[i] = bounds_of(account, (enum figure)i);
}

int pending_add(struct pending *pending, const struct account *account, enum role role,
		int64_t now_ns)
{
	struct one **more = reallocarray(pending->one, pending->count + 1, sizeof(*more));
	struct one *one = calloc(1, sizeof(*one));

	if (more)
		pending->one = more;
	if (!more || !one) {
		free(one);
		return -ENOMEM;
	}
	half_fill(one, account, role);
	one->due_ns = now_ns + PATIENCE_NS;
	pending->one[pending->count++] = one;
	return 0;
}

int64_t pending_due_ns(const struct pending *pending)
{
	return pending->count ? pending->one[0]->due_ns : INT64_MAX;
}

static int half_put(struct pending *pending, struct one *one, const struct spool *spool,
		    char id[HALF_ID])
{
	struct half_file *file = half_file_new(pending->store, &one->half);

	if (!file)
		return -errno;
	spool_copy(spool, one->uuid, one->since_ns, file);
	return half_file_end(file, &one->half, id);
}

/* Where the disk is full old halves make room. */
static int half_put_surely(struct pending *pending, struct one *one, const struct spool *spool)
{
	char id[HALF_ID];
	int err = half_put(pending, one, spool, id);

	if ((err == -ENOSPC || err == -EDQUOT) && !store_trim(pending->store, true))
		err = half_put(pending, one, spool, id);
	if (err)
		diag("%s: its %s's half is lost: %s", one->name, one->half.role, strerror(-err));
	else
		journal_half(&one->half);
	return err;
}

size_t pending_put(struct pending *pending, const struct spool *spool, int64_t now_ns)
{
	size_t lost = 0, done = 0;
	int err;

	for (; done < pending->count && pending->one[done]->due_ns <= now_ns; done++) {
		lost += half_put_surely(pending, pending->one[done], spool) != 0;
		free(pending->one[done]);
	}
	if (!done)
		return 0;
	pending->count -= done;
	memmove(pending->one, pending->one + done, pending->count * sizeof(*pending->one));
	err = store_trim(pending->store, false);
	if (err)
		diag("the store could not be brought within its limits: %s", strerror(-err));
	return lost;
}

void pending_free(struct pending *pending)
{
	if (!pending)
		return;
	for (size_t i = 0; i < pending->count; i++)
		free(pending->one[i]);
	free(pending->one);
	free(pending);
}
