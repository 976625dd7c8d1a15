/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exit status that a migration gives, and the line on stderr that says why. */
#ifndef MIGTRACE_CMD_STATUS_H
#define MIGTRACE_CMD_STATUS_H

#include "core/account/account.h"
#include "base/status.h"

/* Says what keeps the migration's report from being whole. Returns the status that it gives. */
enum status report_status(const struct account *account);

#endif
