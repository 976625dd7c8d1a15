/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of migration it was, as far as its events show it. */
#include "core/match/flavour.h"

#include <assert.h>

#include "core/event/monitor.h"
#include "core/match/outcome.h"
#include "core/side/broken.h"
#include "core/side/unseen.h"

/* Only a client begins and confirms; else that the daemon does not call its peer has to be seen. */
static bool is_direct(const struct side *source)
{
	const struct phase *phase = source->phase;

	if (phase[PHASE_BEGIN].began || phase[PHASE_BEGIN].ended || phase[PHASE_CONFIRM].began ||
	    phase[PHASE_CONFIRM].ended)
		return true;
	return phase[PHASE_PERFORM].began && !unseen_why(source, MT_RPC_CLIENT_SEND, 0, INT64_MAX);
}

enum control migration_control(const struct migration *migration)
{
	if (!migration->source)
		return CONTROL_UNKNOWN;
	if (migration->source->is_p2p)
		return CONTROL_P2P;
	return is_direct(migration->source) ? CONTROL_DIRECT : CONTROL_UNKNOWN;
}

enum tristate migration_is_offline(const struct migration *migration)
{
	const struct side *source = migration->source;

	if (!source)
		return ANSWER_UNKNOWN;
	if (source->phase[PHASE_RUN].began || source->phase[PHASE_RUN].ended ||
	    migration_is_recovery(migration) == ANSWER_YES)
		return ANSWER_NO;
	return migration_outcome(migration) == OUTCOME_COMPLETED &&
			       !unseen_why(source, MT_RUN, 0, INT64_MAX)
		       ? ANSWER_YES
		       : ANSWER_UNKNOWN;
}

enum tristate migration_is_tunnelled(const struct migration *migration)
{
	const struct side *side = migration->destination ?: migration->source;
	const struct mt_event *reply = side->phase[PHASE_PREPARE].reply;

	if (!reply)
		return ANSWER_UNKNOWN;
	return is_tunnel_proc(reply->rpc.proc) ? ANSWER_YES : ANSWER_NO;
}

bool side_had_status(const struct side *side, const char *status)
{
	for (size_t i = 0; side && i < side->count; i++)
		if (monitor_status_is(side->events[i], status))
			return true;
	return false;
}

/* Either side's libvirt hears of the status. */
static enum tristate migration_had_status(const struct migration *migration, const char *status)
{
	const struct side *sides[] = {migration->source, migration->destination};

	assert(migration->source || migration->destination);
	for (size_t i = 0; i < 2; i++)
		if (side_had_status(sides[i], status))
			return ANSWER_YES;
	for (size_t i = 0; i < 2; i++)
		if (sides[i] && !unseen_why(sides[i], MT_MONITOR_EVENT, 0, INT64_MAX))
			return ANSWER_NO;
	return ANSWER_UNKNOWN;
}

enum tristate migration_is_postcopy(const struct migration *migration)
{
	return migration_had_status(migration, STATUS_POSTCOPY);
}

enum tristate migration_is_recovery(const struct migration *migration)
{
	const struct side *source = migration->source, *destination = migration->destination;

	if ((source && broken_before(source)) || (destination && broken_before(destination)))
		return ANSWER_YES;
	return migration_had_status(migration, "postcopy-recover");
}
