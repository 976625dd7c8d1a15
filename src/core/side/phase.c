/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's phases on one side: when each began and ended, and whether it worked. */
#include "core/side/phase.h"

#include <assert.h>
#include <stdbool.h>

#include "core/side/side.h"

enum returns {
	RETURNS_NOTHING,
	RETURNS_INT, /* less than 0 where it failed */
	RETURNS_POINTER,
};

/*
 * is_proc: of the RPC by which it is called. is_shown_by_reply: who comes while its function runs
 * does not see it return, but the reply to the call. libvirt: src/qemu/qemu_migration.c.
 */
static const struct row {
	enum mt_kind kind;
	enum returns returns;
	bool (*is_proc)(uint64_t proc);
	bool is_shown_by_reply;
} rows[PHASES] = {
	[PHASE_BEGIN] = {MT_BEGIN, RETURNS_POINTER, NULL, false},
	[PHASE_PREPARE] = {MT_PREPARE, RETURNS_INT, is_prepare_proc, true},
	[PHASE_PERFORM] = {MT_PERFORM, RETURNS_INT, is_perform_proc, true},
	[PHASE_RUN] = {MT_RUN, RETURNS_INT, NULL, false},
	[PHASE_FINISH] = {MT_FINISH, RETURNS_POINTER, is_finish_proc, false},
	[PHASE_CONFIRM] = {MT_CONFIRM, RETURNS_INT, NULL, false},
	[PHASE_COMPLETE] = {MT_COMPLETE, RETURNS_NOTHING, NULL, false},
};

static void call_take(struct phase *phase, const struct mt_event *event)
{
	if (event->edge == MT_ENTER) {
		phase->began = event;
		phase->ended = NULL;
	} else if (!phase->ended) {
		phase->ended = event;
	}
}

static bool is_rpc(const struct mt_event *event)
{
	return event->kind == MT_RPC_CLIENT_SEND || event->kind == MT_RPC_CLIENT_RECEIVE ||
	       event->kind == MT_RPC_SERVER_SEND;
}

static void rpc_take(struct phase *phase, const struct mt_event *event)
{
	assert(is_rpc(event));
	if (event->kind == MT_RPC_CLIENT_SEND)
		phase->began = phase->began ?: event;
	else
		phase->reply = phase->reply ?: event;
}

static void event_take(struct side *side, const struct mt_event *event)
{
	for (size_t i = 0; i < PHASES; i++) {
		const struct row *row = &rows[i];

		if (event->kind == row->kind)
			call_take(&side->phase[i], event);
		else if (row->is_proc && is_rpc(event) && row->is_proc(event->rpc.proc))
			rpc_take(&side->phase[i], event);
	}
}

static enum phase_result result_of(const struct row *row, const struct mt_event *returned)
{
	bool has_worked = row->returns == RETURNS_POINTER ? returned->result.has_succeeded
							  : returned->result.returned >= 0;

	if (row->returns == RETURNS_NOTHING)
		return PHASE_UNKNOWN;
	return has_worked ? PHASE_WORKED : PHASE_FAILED;
}

/* A source sees of the destination's phases no more than the reply. */
static void phase_conclude(struct phase *phase, const struct row *row, bool is_calls)
{
	assert(phase->evidence == EVIDENCE_NONE && phase->result == PHASE_UNKNOWN);
	if (phase->ended) {
		phase->evidence = EVIDENCE_RETURN;
		phase->result = result_of(row, phase->ended);
	} else if (phase->reply && (row->is_shown_by_reply || is_calls)) {
		phase->ended = phase->reply;
		phase->evidence = EVIDENCE_REPLY;
		phase->result = phase->reply->rpc.status ? PHASE_FAILED : PHASE_WORKED;
	}
	assert(!phase->ended == (phase->evidence == EVIDENCE_NONE));
}

void phases_find(struct side *side)
{
	for (size_t i = 0; i < side->count; i++)
		event_take(side, side->events[i]);
	for (size_t i = 0; i < PHASES; i++)
		phase_conclude(&side->phase[i], &rows[i],
			       side->role == ROLE_SOURCE &&
				       (i == PHASE_PREPARE || i == PHASE_FINISH));
}
