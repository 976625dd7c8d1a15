/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks for the capabilities that probing needs; drops the rest. */
#include "sandbox/privileges.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cap-ng.h>

#include "base/diag.h"

#define ENVIRONMENT_MAX 16

/* What probing takes; the last of it only where probes are perf events. */
static const struct {
	unsigned int capability;
	const char *name, *why;
} needed[] = {
	{CAP_BPF, "CAP_BPF", "CAP_BPF to load BPF programs"},
	{CAP_PERFMON, "CAP_PERFMON", "CAP_PERFMON to attach them"},
	{CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "CAP_SYS_PTRACE to inspect the daemons"},
	{CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH",
	 "CAP_DAC_READ_SEARCH to read the files that they run"},
	{CAP_CHECKPOINT_RESTORE, "CAP_CHECKPOINT_RESTORE",
	 "CAP_CHECKPOINT_RESTORE to open them where they are mapped"},
	{CAP_SYS_ADMIN, "CAP_SYS_ADMIN",
	 "CAP_SYS_ADMIN, as without uprobe_multi probes are perf events"},
};

#define NEEDED	       (sizeof(needed) / sizeof(needed[0]))
#define INITIAL_USERNS 0xeffffffdu /* PROC_USER_INIT_INO */

/* Capabilities are our file's, not the user's; and whether they are laid down. */
static bool are_lent, are_laid_down;
static bool needs_perf_events;
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
		diag("the file must not be set-user-ID: grant it capabilities "
		     "(migtrace doctor)");
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

/* In any other one no capability is worth anything for BPF. */
static bool is_in_initial_userns(void)
{
	struct stat st;

	return stat("/proc/self/ns/user", &st) || st.st_ino == INITIAL_USERNS;
}

static size_t needed_count(bool by_perf_events)
{
	return by_perf_events ? NEEDED : NEEDED - 1;
}

const char *privileges_missing(size_t index, bool by_perf_events)
{
	if (!is_in_initial_userns() && !index--)
		return "the host's user namespace: capabilities in another one count for nothing";
	capng_get_caps_process();
	for (size_t i = 0; i < needed_count(by_perf_events); i++)
		if (!capng_have_capability(CAPNG_EFFECTIVE, needed[i].capability) && !index--)
			return needed[i].why;
	return NULL;
}

const char *privileges_needed(size_t index, bool by_perf_events)
{
	return index < needed_count(by_perf_events) ? needed[index].name : NULL;
}

const char *privileges_setcap(bool by_perf_events)
{
	static char text[256];
	size_t at = 0;

	for (size_t i = 0; i < needed_count(by_perf_events); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%scap_%s", i ? "," : "",
				       capng_capability_to_name(needed[i].capability));
	snprintf(text + at, sizeof(text) - at, "=ep");
	return text;
}

bool privileges_suffice(bool by_perf_events)
{
	const char *missing;

	needs_perf_events = by_perf_events;
	privileges_raise();
	missing = privileges_missing(0, by_perf_events);
	if (missing)
		diag("run as root: this needs %s", missing);
	return !missing;
}

/* For files that come later; and by which those who ask libvirt become nobodies. */
static bool is_kept(unsigned int capability)
{
	static const unsigned int kept[] = {CAP_SETUID, CAP_SETGID, CAP_SETPCAP};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (kept[i] == capability)
			return true;
	for (size_t i = 0; i < needed_count(needs_perf_events); i++)
		if (needed[i].capability == capability)
			return true;
	return false;
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
		diag("cannot drop privileges");
		_exit(1);
	}
}
