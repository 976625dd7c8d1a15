/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two ends of a connection of libvirt's RPC show of the calls that went over it. */
#include "core/message/rpc.h"

#include <assert.h>

#include "core/recording/event_index.h"
#include "core/side/window.h"

/* What is the same at both ends of a message. */
enum key_kind {
	KEY_CALL,
	KEY_REPLY,	/* to a call that both ends have seen */
	KEY_REPLY_ONLY, /* to a call that the destination has not seen come */
	KEY_PASSED,	/* a call that another daemon passed on, with the reply */
};

#define KEYS_MAX 2

static struct event_key key_of(const struct mt_event *event, enum key_kind kind)
{
	uint64_t call_len =
		event->kind == MT_RPC_CLIENT_SEND ? event->rpc.len : event->rpc.call_len;

	return (struct event_key){{
		kind,
		event->rpc.proc,
		event->rpc.serial,
		kind == KEY_REPLY_ONLY ? 0 : call_len,
		kind == KEY_CALL ? 0 : event->rpc.len,
	}};
}

/*
 * Number and serial are the same at both ends, and so are the lengths (virnetmessage.c). A reply is
 * told apart from that to a call of another migration on another connection by all of them, within
 * two matched sides. Returns how many keys the event has.
 */
static size_t keys_of(const struct mt_event *event, struct event_key keys[KEYS_MAX])
{
	switch (event->kind) {
	case MT_RPC_CLIENT_SEND:
		keys[0] = key_of(event, KEY_CALL);
		return 1;
	case MT_RPC_CLIENT_RECEIVE:
		keys[0] = key_of(event, KEY_REPLY);
		keys[1] = key_of(event, KEY_REPLY_ONLY);
		return 2;
	case MT_RPC_SERVER_SEND:
	case MT_RPC_PROXY_SEND:
		keys[0] = key_of(event, event->earlier_ns ? KEY_CALL : KEY_REPLY_ONLY);
		keys[1] = key_of(event, KEY_REPLY);
		return event->earlier_ns ? 2 : 1;
	default:
		return 0;
	}
}

static bool is_at(const struct mt_event *event, enum role role)
{
	return (event->kind == MT_RPC_SERVER_SEND) == (role == ROLE_DESTINATION);
}

static struct event_key passed_key(const struct mt_event *event, uint64_t serial)
{
	return (struct event_key){
		{KEY_PASSED, event->rpc.proc, serial, event->rpc.call_len, event->rpc.len}};
}

/* What was passed on on the side's host. Returns 0 or -ENOMEM. */
static int proxies_index(const struct side *side, struct event_index *index)
{
	const struct mt_event *event = NULL;
	int err = 0;

	while (!err && (event = window_next(side, event))) {
		struct event_key key = passed_key(event, event->rpc.passed_serial);

		if (event->kind == MT_RPC_PROXY_SEND)
			err = event_index_add(index, &key, event);
	}
	event_index_sort(index);
	return err;
}

/* Who passes a call on gets it before, and replies after. */
static const struct mt_event *proxy_of(const struct event_index *proxies,
				       const struct mt_event *reply)
{
	struct event_key key = passed_key(reply, reply->rpc.serial);
	const struct mt_event *proxy =
		reply->kind == MT_RPC_SERVER_SEND ? event_index_only(proxies, &key) : NULL;

	return proxy && proxy->earlier_ns && proxy->earlier_ns <= reply->earlier_ns &&
			       proxy->ktime_ns >= reply->ktime_ns
		       ? proxy
		       : NULL;
}

const struct mt_event *call_proxied(const struct side *destination, const struct mt_event *reply)
{
	struct event_index proxies = {0};
	const struct mt_event *proxy = NULL;

	if (!proxies_index(destination, &proxies))
		proxy = proxy_of(&proxies, reply);
	event_index_free(&proxies);
	return proxy;
}

/* Returns 0 or -ENOMEM. */
static int end_index(const struct side *side, const struct event_index *proxies,
		     struct event_index *index)
{
	struct event_key keys[KEYS_MAX];
	int err = 0;

	for (size_t i = 0; i < side->count; i++) {
		const struct mt_event *own = side->events[i];
		const struct mt_event *event = proxy_of(proxies, own) ?: own;
		size_t count = is_at(own, side->role) ? keys_of(event, keys) : 0;

		assert(count <= KEYS_MAX);
		for (size_t j = 0; !err && j < count; j++)
			err = event_index_add(index, &keys[j], event);
	}
	event_index_sort(index);
	return err;
}

/* What was seen twice at one end is not used: which of them it was is not known. */
static void server_look(const struct event_index *clients, const struct event_index *servers,
			const struct mt_event *server, call_fn *found, void *arg)
{
	struct event_key keys[KEYS_MAX];
	size_t count = keys_of(server, keys);

	assert(count <= KEYS_MAX);
	for (size_t i = 0; i < count; i++) {
		const struct mt_event *client = event_index_only(clients, &keys[i]);
		bool is_reply = keys[i].word[0] != KEY_CALL;
		struct call call = {.is_reply = is_reply};

		if (!client || event_index_only(servers, &keys[i]) != server)
			continue;
		assert(is_reply || server->earlier_ns);
		call.at_src.v = (int64_t)client->ktime_ns;
		call.at_dst.v = (int64_t)(is_reply ? server->ktime_ns : server->earlier_ns);
		found(arg, &call);
	}
}

void calls_find(const struct side *source, const struct side *destination, call_fn *found,
		void *arg)
{
	struct event_index clients = {0}, servers = {0}, proxies = {0};
	int err = proxies_index(destination, &proxies)
			  ?: end_index(source, &proxies, &clients)
			  ?: end_index(destination, &proxies, &servers);

	assert(source->role == ROLE_SOURCE && destination->role == ROLE_DESTINATION);
	for (size_t i = 0; !err && i < destination->count; i++) {
		const struct mt_event *own = destination->events[i];

		if (is_at(own, ROLE_DESTINATION))
			server_look(&clients, &servers, proxy_of(&proxies, own) ?: own, found, arg);
	}
	event_index_free(&proxies);
	event_index_free(&clients);
	event_index_free(&servers);
}
