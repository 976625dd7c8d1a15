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
	{"sched_switched", OPTIONAL_SCHED},
	{"sched_woken", OPTIONAL_SCHED},
};

#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

bool optional_may(const struct refusals *refusals, enum optional optional)
{
	static bool (*const has[OPTIONAL])(void) = {
		[OPTIONAL_TCP] = kernel_has_tp_btf,
		[OPTIONAL_KVM] = kernel_has_kvm_exit,
		[OPTIONAL_SCHED] = kernel_has_sched,
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
