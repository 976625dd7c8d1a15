/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The signals by which a user ends what runs, as a file that can be polled. */
#include "base/signals.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int signals_read(int signals)
{
	struct signalfd_siginfo came;

	return read(signals, &came, sizeof(came)) == sizeof(came) ? (int)came.ssi_signo : 0;
}
