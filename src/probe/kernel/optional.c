/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that are attached by BTF, and can be done without. */
#include "probe/kernel/optional.h"

#include <stdio.h>
#include <string.h>

#include "probe/kernel/kernel.h"

static const struct {
	const char *name;
	enum optional optional;
} programs[] = {
	{"tcp_state", OPTIONAL_TCP},
	{"kvm_exit_seen", OPTIONAL_KVM},
	{"kvm_tsc_set", OPTIONAL_TSC},
	{"sched_woken", OPTIONAL_SCHED}, /* in this order: without it the other says nothing */
	{"sched_switched", OPTIONAL_SCHED},
	{"net_received", OPTIONAL_NET},
	{"net_sent", OPTIONAL_NET},
	{"net_taken", OPTIONAL_NET},
	{"net_dropped", OPTIONAL_NET},
	{"vcpu_woken", OPTIONAL_VCPUS},
	{"vcpu_switched", OPTIONAL_VCPUS},
};

#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

bool optional_may(const struct refusals *refusals, enum optional optional)
{
	static bool (*const has[OPTIONAL])(void) = {
		[OPTIONAL_TCP] = kernel_has_tp_btf, [OPTIONAL_KVM] = kernel_has_kvm_exit,
		[OPTIONAL_TSC] = kernel_has_tsc,    [OPTIONAL_SCHED] = kernel_has_sched,
		[OPTIONAL_NET] = kernel_has_net,    [OPTIONAL_VCPUS] = kernel_has_vcpus,
	};

	return !refusals->is_refused[optional] && has[optional]();
}

void optional_autoload(const struct refusals *refusals, const struct bpf_object *object)
{
	for (size_t i = 0; i < PROGRAMS; i++)
		bpf_program__set_autoload(
			bpf_object__find_program_by_name(object, programs[i].name),
			optional_may(refusals, programs[i].optional));
}

void optional_detach(struct optional_links *links)
{
	for (size_t i = OPTIONAL_PROGRAMS; i-- > 0;) {
		bpf_link__destroy(links->link[i]);
		links->link[i] = NULL;
	}
	links->is_attached = false;
}

bool optional_attach(struct optional_links *links)
{
	bool are_all = links->can;
	size_t count = 0;

	for (size_t i = 0; are_all && !links->is_attached && i < PROGRAMS; i++) {
		if (programs[i].optional != links->optional)
			continue;
		links->link[count] = bpf_program__attach(
			bpf_object__find_program_by_name(links->object, programs[i].name));
		are_all = links->link[count++];
	}
	if (!are_all)
		optional_detach(links);
	links->is_attached = are_all;
	return are_all;
}

void optional_try(struct optional_links *links, const struct refusals *refusals,
		  const struct bpf_object *object, enum optional optional)
{
	*links = (struct optional_links){
		.object = object,
		.optional = optional,
		.can = optional_may(refusals, optional),
	};
	links->can = optional_attach(links);
	optional_detach(links);
}

bool optional_refuse(struct refusals *refusals, const char *log)
{
	bool any = false;

	for (size_t i = 0; i < PROGRAMS; i++) {
		bool *is_refused = &refusals->is_refused[programs[i].optional];
		char named[64];

		snprintf(named, sizeof(named), "prog '%s'", programs[i].name);
		if (*is_refused || !strstr(log, named))
			continue;
		*is_refused = true;
		any = true;
	}
	return any;
}
