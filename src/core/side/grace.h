/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long one waits for what may still come of a side of a migration, ns. */
#ifndef MIGTRACE_CORE_SIDE_GRACE_H
#define MIGTRACE_CORE_SIDE_GRACE_H

#include <assert.h>
#include <stdint.h>

/* A side's window ends as long after its last event: no kind of migration in tests/replay has
 * anything later that changes its report. */
#define GRACE_WINDOW_NS INT64_C(500000000)

/* What a clock snapshot is taken during may be written down in the other order. */
#define GRACE_ORDER_NS INT64_C(50000000)

/* libvirt's JOB_COMPLETED event may be as late: of a daemon that has much to do. */
#define GRACE_EVENT_NS INT64_C(1000000000)

/* A client that lives goes on within as much, from Perform to Finish and Confirm. */
#define GRACE_CLIENT_NS INT64_C(2000000000)

/* libvirt answers within as much when it is asked for its numbers. */
#define GRACE_NUMBERS_NS INT64_C(5000000000)

/* The last call is replied to within as much after its return; else who called has gone. */
#define GRACE_REPLY_NS INT64_C(5000000000)

/* Finish is called within as much after the end of the destination's QEMU, if at all. */
#define GRACE_QEMU_GONE_NS INT64_C(5000000000)

/* A side of which nothing comes is given up as long after a gap, or after the other one's end. */
#define GRACE_GIVE_UP_NS INT64_C(5000000000)

/* The same of a half that is kept anyhow: on a destination nothing may come for as long as RAM
 * does. */
#define GRACE_KEPT_NS INT64_C(3600000000000)
static_assert(GRACE_KEPT_NS > GRACE_GIVE_UP_NS, "what is kept is given up later");

/* A guest's network interfaces are watched for as long behind its side, at most. */
#define GRACE_WATCHED_NS INT64_C(30000000000)

/* A source that was performed may still be confirmed as long after its last event. */
#define GRACE_CONFIRM_NS INT64_C(30000000000)
static_assert(GRACE_CONFIRM_NS > GRACE_CLIENT_NS, "before that it is only deserted");
static_assert(GRACE_ORDER_NS < GRACE_WINDOW_NS, "the order matters within the window");

#endif
