/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When to look for the files of daemons that were started: in time, and not too often. */
#include "probe/host/rescan.h"

/* After a start, ms: a QEMU has its file at once, a daemon maps its own when it is ready to. */
static const int64_t look_ms[RESCAN_LOOKS] = {20, 150, 400, 900};

/* A round is not begun anew by what starts meanwhile: who starts on and on would put it off. */
void rescan_started(struct rescan *rescan, int64_t now_ns)
{
	if (rescan->left) {
		rescan->latest_ns = now_ns;
		return;
	}
	rescan->round_ns = now_ns;
	rescan->left = RESCAN_LOOKS;
}

int64_t rescan_due_ns(const struct rescan *rescan)
{
	if (!rescan->left)
		return INT64_MAX;
	return rescan->round_ns + look_ms[RESCAN_LOOKS - rescan->left] * INT64_C(1000000);
}

void rescan_done(struct rescan *rescan, int64_t now_ns)
{
	while (rescan->left && rescan_due_ns(rescan) <= now_ns) {
		rescan->left--;
		if (rescan->left || !rescan->latest_ns)
			continue;
		rescan->round_ns = rescan->latest_ns;
		rescan->latest_ns = 0;
		rescan->left = RESCAN_LOOKS;
	}
}
