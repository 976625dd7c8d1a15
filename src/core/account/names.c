/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the domain and the hosts of a migration are called. */
#include "core/account/names.h"

#include <assert.h>

#include "core/event/address.h"
#include "core/event/cookie.h"
#include "core/side/window.h"

static const struct daemon *side_daemon(const struct side *side)
{
	return recording_daemon(side->recording, side->events[0]->tgid,
				(int64_t)side->events[0]->ktime_ns);
}

const char *side_host(const struct side *side)
{
	const struct daemon *daemon = side_daemon(side);

	if (daemon && daemon->host[0])
		return daemon->host;
	if (side->host[0])
		return side->host;
	return daemon ? "(name not seen)" : side->recording->host;
}

const char *side_hostuuid(const struct side *side)
{
	const struct daemon *daemon = side_daemon(side);

	return daemon ? daemon->hostuuid : "";
}

void side_peer(const struct side *side, char *peer, size_t size)
{
	const struct mt_event *event = NULL;

	assert(size && side->count);
	peer[0] = '\0';
	while (!peer[0] && (event = window_next(side, event))) {
		if (side->role == ROLE_DESTINATION && event->kind == MT_PREPARE &&
		    cookie_is_in(event))
			cookie_host(event, peer, size);
		else if (side->role == ROLE_SOURCE && event->kind == MT_TCP_STATE)
			address_format(event->tcp.peer.address, peer, size);
	}
}

/* Returns the first event of the side that has a cookie's head, or NULL. */
static const struct mt_event *head_first(const struct side *side)
{
	for (size_t i = 0; side && i < side->count; i++)
		if (cookie_is_in(side->events[i]))
			return side->events[i];
	return NULL;
}

/* The source's cookie has the name that the domain had; --dname gives it another on arrival. */
void migration_name(const struct migration *migration, char *name, size_t size)
{
	const struct mt_event *head = head_first(migration->source);

	assert(size);
	if (!head)
		head = head_first(migration->destination);
	name[0] = '\0';
	if (head)
		cookie_name(head, name, size);
}
