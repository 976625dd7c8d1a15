/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says on stderr which daemons could not be found, or not be looked at. */
#include "probe/host/daemons.h"

#include <errno.h>
#include <string.h>

#include "base/diag.h"
#include "probe/host/unseen.h"

void daemons_warn_error(int err, const struct host_filter *host)
{
	static const char *const what[] = {
		[MT_FILTER_NONE] = "on this machine",
		[MT_FILTER_TGID] = "with that process id",
		[MT_FILTER_NETNS] = "in that network namespace",
		[MT_FILTER_MNTNS] = "in that mount namespace",
	};

	if (err == ESRCH)
		diag("no process %s", what[host->kind]);
	else if (err == ENOENT && host->kind == MT_FILTER_TGID)
		diag("process %u is not a libvirt daemon with a QEMU driver", host->id);
	else if (err == ENOENT)
		diag("no libvirt daemon %s: start libvirtd/virtqemud", what[host->kind]);
	else if (err == EXDEV)
		diag("/proc shows another PID namespace than ours: mount ours (unshare --pid "
		     "--fork "
		     "--mount-proc), or run in the host's (hostPID: true)");
	else if (is_refusal(err))
		diag("cannot read /proc/PID of all processes: %s: needs CAP_SYS_PTRACE, "
		     "CAP_DAC_READ_SEARCH and CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN, of the "
		     "initial user namespace",
		     strerror(err));
	else
		diag("cannot search for daemons: %s", strerror(err));
}

void daemons_warn(const struct daemons *daemons, const struct host_filter *host)
{
	if (daemons->refused)
		daemons_warn_error(-daemons->refused, host);
	if (daemons->has_unseen)
		diag("some processes cannot be inspected, as SELinux or AppArmor may forbid: "
		     "daemons and guests among them are not seen");
}
