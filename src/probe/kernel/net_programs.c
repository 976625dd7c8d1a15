/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that see frames of guests' interfaces: attached while some of these are watched. */
#include "probe/kernel/net_programs.h"

#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static int map_of(const struct net_programs *net, const char *name)
{
	return bpf_object__find_map_fd_by_name(net->links.object, name);
}

static struct mt_tap_key key_of(const struct mt_tap *tap)
{
	struct mt_tap_key key = {.netns = tap->netns};

	memcpy(key.address, tap->address, MT_ETHERNET);
	return key;
}

static bool is_watching(const struct net_programs *net)
{
	for (size_t i = 0; i < MT_TAPS; i++)
		if (net->is_used[i])
			return true;
	return false;
}

/* Two interfaces of one address and network namespace cannot be told apart: the first one counts.
 */
static bool tap_put(struct net_programs *net, const struct mt_tap *tap, uint32_t *index)
{
	struct mt_tap_key key = key_of(tap);
	uint32_t at = 0;

	while (at < MT_TAPS && net->is_used[at])
		at++;
	if (at == MT_TAPS)
		return false;
	net->taps[at] = *tap;
	if (bpf_map_update_elem(map_of(net, "tap_indexes"), &key, &at, BPF_NOEXIST))
		return false;
	net->is_used[at] = true;
	*index = at;
	return true;
}

void net_programs_begin(struct net_programs *net, pid_t pid, struct watch_found *found)
{
	struct mt_tap taps[TAPS_OF_ONE];
	uint32_t tgid = net->links.can ? guest_tgid(net->links.object, pid) : 0;
	size_t count = tgid ? taps_find(pid, taps) : 0;

	*found = (struct watch_found){.count = 0};
	if (!count || !optional_attach(&net->links))
		return;
	for (size_t i = 0; i < count; i++) {
		taps[i].tgid = tgid;
		if (tap_put(net, &taps[i], &found->index[found->count]))
			found->count++;
	}
	if (!is_watching(net))
		optional_detach(&net->links);
}

void net_programs_end(struct net_programs *net, uint32_t index)
{
	struct mt_tap_key key;

	if (index >= MT_TAPS || !net->is_used[index])
		return;
	key = key_of(&net->taps[index]);
	bpf_map_delete_elem(map_of(net, "tap_indexes"), &key);
	net->is_used[index] = false;
	if (!is_watching(net))
		optional_detach(&net->links);
}
