/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace record: what the daemons of this host do, as records, until a signal or a time. */
#include <stdio.h>

#include "base/diag.h"
#include "cmd/commands.h"
#include "recorder/recorder.h"

enum status cmd_record(const struct options *options)
{
	if (options->file_count) {
		diag("record takes no arguments; use -o FILE");
		return STATUS_USAGE;
	}
	return recorder_watched(&options->record, NULL);
}
