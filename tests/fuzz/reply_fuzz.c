/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as QEMU's reply to query-migrate: its numbers, or none. */
#include <stdlib.h>
#include <string.h>

#include "core/clock/clock.h"
#include "record/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mt_event reply = {.kind = MT_MONITOR_REPLY};
	char text[MT_REPLY] = "";
	struct mt_event info;

	memcpy(text, data, size < MT_REPLY ? size : MT_REPLY - 1);
	if (reply_info(&reply, text, &info))
		return 0;
	for (int i = 0; i < MT_ARGS; i++)
		if (info.arg[i] != UINT64_MAX && info.arg[i] > (uint64_t)CLOCK_NS_MAX)
			abort();
	if (info.text_len >= MT_COMMAND)
		abort();
	return 0;
}
