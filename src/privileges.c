/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the process may do: as much as probing needs, then as little as can be. */
#include "privileges.h"

#include <stdio.h>
#include <cap-ng.h>

static const struct {
	int capability;
	const char *why;
} needed[] = {
	{CAP_BPF, "CAP_BPF to load BPF programs"},
	{CAP_PERFMON, "CAP_PERFMON to attach them"},
	{CAP_SYS_PTRACE, "CAP_SYS_PTRACE to look at the daemons"},
	{CAP_SYS_ADMIN, "CAP_SYS_ADMIN to open the files that they run"},
};

const char *privileges_missing(size_t index)
{
	capng_get_caps_process();
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!capng_have_capability(CAPNG_EFFECTIVE, (unsigned int)needed[i].capability) &&
		    !index--)
			return needed[i].why;
	return NULL;
}

const char *privileges_setcap(void)
{
	return "cap_bpf,cap_perfmon,cap_sys_ptrace,cap_sys_admin,cap_dac_read_search=ep";
}

bool privileges_suffice(void)
{
	const char *missing = privileges_missing(0);

	if (missing)
		fprintf(stderr, "migtrace: run as root: this needs %s\n", missing);
	return !missing;
}

/* What probing needs is kept for files that come later, and for a new daemon's host name (setns).
 */
void privileges_drop(bool keep_probing)
{
	capng_get_caps_process();
	capng_clear(CAPNG_SELECT_BOTH);
	if (keep_probing)
		capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_BPF, CAP_PERFMON,
			      CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_SYS_ADMIN, -1);
	if (capng_apply(CAPNG_SELECT_CAPS))
		fprintf(stderr, "migtrace: cannot drop privileges; going on with them\n");
}
