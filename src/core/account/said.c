/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt and QEMU said did not work, and what libvirt told its client of the migration. */
#include "core/account/said.h"

#include <assert.h>
#include <string.h>

#include "core/match/outcome.h"

static bool phase_failed(const struct mt_event *event)
{
	switch (event->kind) {
	case MT_PREPARE:
	case MT_PERFORM:
	case MT_RUN:
	case MT_CONFIRM:
		return event->result.returned < 0;
	case MT_BEGIN:
	case MT_FINISH:
		return !event->result.has_succeeded;
	default:
		return event->rpc.status;
	}
}

static bool ends_phase(const struct mt_event *event)
{
	switch (event->kind) {
	case MT_PREPARE:
	case MT_PERFORM:
	case MT_RUN:
	case MT_CONFIRM:
	case MT_BEGIN:
	case MT_FINISH:
		return event->edge == MT_RETURN;
	default:
		return event->kind == MT_RPC_SERVER_SEND;
	}
}

/* libvirt tries what may not work, and goes on: of a phase that worked no error is told. */
static bool was_in_vain(const struct side *side, size_t index)
{
	assert(index < side->count);
	for (size_t i = index + 1; i < side->count; i++)
		if (side->events[i]->tid == side->events[index]->tid && ends_phase(side->events[i]))
			return !phase_failed(side->events[i]);
	return false;
}

/* libvirt passes on what its peer says, and QEMU's words with some of its own around them. */
static bool is_known(const struct said *said, size_t count, const struct mt_event *event)
{
	for (size_t i = 0; i < count; i++)
		if (memmem(said[i].text, said[i].len, event->text, event->text_len))
			return true;
	return false;
}

static size_t side_said(const struct side *side, struct said said[SAID_MAX], size_t count)
{
	for (size_t i = 0; side && i < side->count && count < SAID_MAX; i++) {
		const struct mt_event *event = side->events[i];

		if (event->kind != MT_ERROR || !event->text_len || event->text_len > MT_TEXT ||
		    is_known(said, count, event) || was_in_vain(side, i))
			continue;
		assert(event->text_len && event->text_len <= MT_TEXT);
		said[count++] = (struct said){side->role, event->error.is_qemus != 0, event->text,
					      event->text_len};
	}
	return count;
}

size_t said_of(const struct migration *migration, struct said said[SAID_MAX])
{
	size_t count = side_said(migration->source, said, 0);

	assert(count <= SAID_MAX);
	return side_said(migration->destination, said, count);
}

const struct said *said_cause(const struct said *said, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (said[i].is_qemus)
			return &said[i];
	return count ? said : NULL;
}

enum told migration_told(const struct migration *migration)
{
	const struct side *source = migration->source;
	const struct mt_event *reply;

	if (source && side_is_unconfirmed(source) &&
	    migration_outcome(migration) == OUTCOME_COMPLETED)
		return TOLD_UNCONFIRMED;
	if (!source || !source->is_p2p)
		return TOLD_UNKNOWN;
	reply = source->phase[PHASE_PERFORM].reply;
	if (reply)
		return reply->rpc.status ? TOLD_ERROR : TOLD_SUCCESS;
	return source->ending.cause == ENDING_DAEMON_GONE ? TOLD_NOTHING : TOLD_UNKNOWN;
}
