/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages of one migration that crossed between its hosts, as bounds on their clocks. */
#include "core/messages.h"

static const char by_rpc[] = "rpc";
static const char by_phase[] = "phase";

struct found {
	struct clock_message *messages;
	size_t count;
};

static void found_add(struct found *found, enum clock_direction direction, int64_t src_ns,
		      int64_t dst_ns, const char *source)
{
	if (found->count < MESSAGES_MAX)
		found->messages[found->count++] =
			(struct clock_message){direction, {src_ns}, {dst_ns}, source};
}

/*
 * The destination serves the call that the source's daemon makes: number and serial are the same
 * at both ends, and so are the lengths (virnetmessage.c). Its reply is told apart from that to a
 * call of another migration on another connection by all of them, within two matched halves.
 */
static bool is_same_call(const struct mt_event *client, const struct mt_event *server)
{
	uint64_t call_len = client->kind == MT_RPC_CLIENT_SEND ? client->arg[1] : client->call_len;

	if (client->arg[4] != server->arg[4] || client->arg[7] != server->arg[7])
		return false;
	if (!server->earlier_ns)
		return client->kind == MT_RPC_CLIENT_RECEIVE && client->arg[1] == server->arg[1];
	return call_len == server->call_len &&
	       (client->kind == MT_RPC_CLIENT_SEND || client->arg[1] == server->arg[1]);
}

static void rpc_find(const struct half *source, const struct mt_event *server, struct found *found)
{
	for (size_t i = 0; i < source->count; i++) {
		const struct mt_event *client = source->events[i];

		if (client->kind == MT_RPC_CLIENT_SEND && is_same_call(client, server))
			found_add(found, CLOCK_FORWARD, (int64_t)client->ktime_ns,
				  (int64_t)server->earlier_ns, by_rpc);
		if (client->kind == MT_RPC_CLIENT_RECEIVE && is_same_call(client, server))
			found_add(found, CLOCK_BACKWARD, (int64_t)client->ktime_ns,
				  (int64_t)server->ktime_ns, by_rpc);
	}
}

/* One thing that libvirt does on one host before another on the other: whoever drives the job. */
struct order {
	enum clock_direction direction;
	enum mt_kind source_kind;
	enum mt_edge source_edge;
	enum mt_kind destination_kind;
	enum mt_edge destination_edge;
};

/* libvirt: qemuMigrationSrcPerformPeer2Peer3 and virDomainMigrateVersion3Full. */
static const struct order orders[] = {
	{CLOCK_FORWARD, MT_BEGIN, MT_RETURN, MT_PREPARE, MT_ENTER},
	{CLOCK_BACKWARD, MT_RUN, MT_ENTER, MT_PREPARE, MT_RETURN},
	{CLOCK_FORWARD, MT_RUN, MT_RETURN, MT_FINISH, MT_ENTER},
	{CLOCK_BACKWARD, MT_CONFIRM, MT_ENTER, MT_FINISH, MT_RETURN},
};

/* Returns the only event of its kind and edge in the half: what came twice orders nothing. */
static const struct mt_event *the_only(const struct half *half, enum mt_kind kind,
				       enum mt_edge edge)
{
	const struct mt_event *first = half_first(half, kind, edge, 0);

	return first == half_last(half, kind, edge, 0, INT64_MAX) ? first : NULL;
}

static void order_find(const struct half *source, const struct half *destination,
		       const struct order *order, struct found *found)
{
	const struct mt_event *src = the_only(source, order->source_kind, order->source_edge);
	const struct mt_event *dst =
		the_only(destination, order->destination_kind, order->destination_edge);

	if (src && dst)
		found_add(found, order->direction, (int64_t)src->ktime_ns, (int64_t)dst->ktime_ns,
			  by_phase);
}

/* A p2p Perform is one call: it begins before all that the destination does, and ends after it. */
static void perform_find(const struct half *source, const struct half *destination,
			 struct found *found)
{
	const struct mt_event *exit, *perform = half_call(source, MT_PERFORM, &exit);
	const struct mt_event *prepare = the_only(destination, MT_PREPARE, MT_ENTER);
	const struct mt_event *finished = the_only(destination, MT_FINISH, MT_RETURN);
	const struct mt_event *complete = the_only(source, MT_COMPLETE, MT_ENTER);

	if (!perform || !source->is_p2p)
		return;
	if (prepare)
		found_add(found, CLOCK_FORWARD, (int64_t)perform->ktime_ns,
			  (int64_t)prepare->ktime_ns, by_phase);
	if (finished && exit)
		found_add(found, CLOCK_BACKWARD, (int64_t)(complete ? complete : exit)->ktime_ns,
			  (int64_t)finished->ktime_ns, by_phase);
}

size_t messages_find(const struct half *source, const struct half *destination,
		     struct clock_message *messages)
{
	struct found found = {.messages = messages};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		order_find(source, destination, &orders[i], &found);
	perform_find(source, destination, &found);
	for (size_t i = 0; i < destination->count; i++)
		if (destination->events[i]->kind == MT_RPC_SERVER_SEND)
			rpc_find(source, destination->events[i], &found);
	return found.count;
}
