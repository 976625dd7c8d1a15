/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `wait` ends with after the migration that it has waited for. */
#ifndef MIGTRACE_LIVE_WAITED_H
#define MIGTRACE_LIVE_WAITED_H

#include "base/status.h"
#include "core/account/account.h"
#include "live/settings.h"

/*
 * Returns the exit status; says on stderr which conditions hold, and what is not decided. Of one
 * host alone one side is all that was asked for.
 */
enum status waited_status(const struct live_settings *settings, const struct account *account);

#endif
