/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as QEMU's reply to query-migrate: its numbers, or none. */
#include <stdlib.h>
#include <string.h>

#include "core/clock/clock.h"
#include "record/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void number_check(uint64_t number)
{
	if (number != UINT64_MAX && number > (uint64_t)CLOCK_NS_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mt_event reply = {.kind = MT_MONITOR_REPLY};
	char text[MT_REPLY] = "";
	struct mt_event info, error;

	memcpy(text, data, size < MT_REPLY ? size : MT_REPLY - 1);
	if (reply_info(&reply, text, &info, &error))
		return 0;
	number_check(info.info.total_time_ms);
	number_check(info.info.setup_time_ms);
	number_check(info.info.expected_downtime_ms);
	number_check(info.info.downtime_ms);
	number_check(info.info.downtime_limit_ms);
	number_check(info.info.transferred_bytes);
	number_check(info.info.remaining_bytes);
	number_check(info.info.total_bytes);
	number_check(info.info.kbit_per_s);
	if (info.text_len >= MT_COMMAND)
		abort();
	if (error.kind == MT_ERROR &&
	    (error.text_len >= MT_TEXT || memchr(error.text, '\n', error.text_len)))
		abort();
	return 0;
}
