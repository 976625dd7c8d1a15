/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a migration and its guest, as a sentence: the same in all formats. */
#include "report/answer.h"

#include <time.h>

/*
 * Two guests with one disk destroy it, of none nobody is served, and one that is stopped, or lacks
 * memory, waits for somebody: these are in capitals.
 */
const char *guest_text(const struct account *account)
{
	static const char *const texts[LEFTS] = {
		[LEFT_UNKNOWN] = "it is not known where the guest runs",
		[LEFT_ON_SOURCE] = "the guest runs on the source",
		[LEFT_ON_DESTINATION] = "the guest runs on the destination",
		[LEFT_ON_BOTH] = "THE GUEST RUNS ON BOTH HOSTS",
		[LEFT_NOWHERE] = "THE GUEST RUNS ON NEITHER HOST",
		[LEFT_PAUSED] = "the guest is paused on the destination",
		[LEFT_PAUSED_ON_SOURCE] = "THE GUEST IS STOPPED ON THE SOURCE",
		[LEFT_BROKEN] = "THE GUEST, ON THE DESTINATION, LACKS MEMORY",
		[LEFT_ENDED] = "the guest has been ended",
	};

	if (account->flavour.offline == ANSWER_YES)
		return "offline, only the guest's definition was moved";
	if (account->left == LEFT_PAUSED && account->figures.paused.was_resumed)
		return "the guest was paused, and resumed on the destination";
	return texts[account->left];
}

const char *told_name(enum told told)
{
	static const char *const names[TOLDS] = {
		[TOLD_UNKNOWN] = "unknown",
		[TOLD_SUCCESS] = "success",
		[TOLD_ERROR] = "error",
		[TOLD_NOTHING] = "nothing",
		[TOLD_UNCONFIRMED] = "unconfirmed",
	};

	return (size_t)told < TOLDS ? names[told] : NULL;
}

const char *ended_by_name(enum ended_by by)
{
	static const char *const names[ENDED_BYS] = {
		[ENDED_BY_NOBODY] = "nobody", [ENDED_BY_UNKNOWN] = "unknown",
		[ENDED_BY_CLIENT] = "client", [ENDED_BY_GUEST] = "guest",
		[ENDED_BY_KERNEL] = "kernel", [ENDED_BY_SIGNAL] = "signal",
		[ENDED_BY_QEMU] = "qemu",     [ENDED_BY_LIBVIRT] = "libvirt",
	};

	return (size_t)by < ENDED_BYS ? names[by] : NULL;
}

void real_time_format(int64_t real_ns, char text[REAL_TIME_TEXT])
{
	time_t seconds = real_ns / 1000000000;
	struct tm tm;

	if (!real_ns || !gmtime_r(&seconds, &tm) ||
	    !strftime(text, REAL_TIME_TEXT, "%F %T UTC", &tm))
		text[0] = '\0';
}
