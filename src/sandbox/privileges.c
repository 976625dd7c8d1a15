/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capabilities of the process: those that probing takes, held no longer than it takes. */
#include "sandbox/privileges.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
#include <cap-ng.h>

#define ENVIRONMENT_MAX 16

static const struct {
	int capability;
	const char *why;
} needed[] = {
	{CAP_BPF, "CAP_BPF to load BPF programs"},
	{CAP_PERFMON, "CAP_PERFMON to attach them"},
	{CAP_SYS_PTRACE, "CAP_SYS_PTRACE to look at the daemons"},
	{CAP_SYS_ADMIN, "CAP_SYS_ADMIN to open the files that they run"},
};

/* Capabilities are our file's, not the user's; and whether they are laid down. */
static bool are_lent, are_laid_down;
static char **environment;

/* What we read ourselves, or libc for us; neither loads nor opens what it names. */
static bool is_harmless(const char *variable)
{
	static const char *const names[] = {"TERM=", "NO_COLOR=", "LANG=", "LC_", "TZ="};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(variable, names[i], strlen(names[i])))
			return true;
	return false;
}

static void environment_clear(void)
{
	static char *harmless[ENVIRONMENT_MAX + 1];
	size_t count = 0;

	for (char **at = environ; *at && count < ENVIRONMENT_MAX; at++)
		if (is_harmless(*at))
			harmless[count++] = *at;
	environ = harmless;
}

static void effective_set(bool are_effective)
{
	capng_get_caps_process();
	for (unsigned int capability = 0; capability <= CAP_LAST_CAP; capability++)
		if (capng_have_capability(CAPNG_PERMITTED, capability))
			capng_update(are_effective ? CAPNG_ADD : CAPNG_DROP, CAPNG_EFFECTIVE,
				     capability);
	capng_apply(CAPNG_SELECT_CAPS);
}

int privileges_begin(void)
{
	environment = environ;
	if (getuid() != geteuid() || getgid() != getegid()) {
		fprintf(stderr, "migtrace: the file must not be set-user-ID: grant it capabilities "
				"(migtrace doctor)\n");
		return -EPERM;
	}
	are_lent = getauxval(AT_SECURE) && getuid();
	if (are_lent)
		environment_clear();
	privileges_lay_down(true);
	return 0;
}

bool privileges_lay_down(bool are_down)
{
	bool were_down = are_laid_down;

	are_laid_down = are_down;
	if (are_lent && were_down != are_down)
		effective_set(!are_down);
	return were_down;
}

void privileges_raise(void)
{
	privileges_lay_down(false);
}

char **privileges_environment(void)
{
	return environment;
}

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

/*
 * For files that come later, and a new daemon's host name (setns); and by which those who ask
 * libvirt become nobodies.
 */
static bool is_kept(unsigned int capability)
{
	static const unsigned int kept[] = {
		CAP_BPF,    CAP_PERFMON, CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_DAC_READ_SEARCH,
		CAP_SETUID, CAP_SETGID,	 CAP_SETPCAP,
	};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (kept[i] == capability)
			return true;
	return false;
}

bool privileges_suffice(void)
{
	const char *missing;

	privileges_raise();
	missing = privileges_missing(0);
	if (missing)
		fprintf(stderr, "migtrace: run as root: this needs %s\n", missing);
	return !missing;
}

void privileges_bound(void)
{
	capng_get_caps_process();
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP)) {
		capng_clear(CAPNG_SELECT_BOUNDS);
		capng_apply(CAPNG_SELECT_BOUNDS);
	}
	capng_clear(CAPNG_SELECT_AMBIENT);
	capng_apply(CAPNG_SELECT_AMBIENT);
}

void privileges_drop(bool keep_probing)
{
	if (!keep_probing)
		privileges_bound();
	capng_get_caps_process();
	for (unsigned int capability = 0; capability <= CAP_LAST_CAP; capability++)
		if (!keep_probing || !is_kept(capability))
			capng_update(CAPNG_DROP,
				     CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE,
				     capability);
	if (capng_apply(CAPNG_SELECT_CAPS)) {
		fprintf(stderr, "migtrace: cannot drop privileges\n");
		_exit(1);
	}
}
