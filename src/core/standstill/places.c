/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in the kernel a thread slept, in one word. */
#include "core/standstill/places.h"

#include <string.h>

/* What all who wait call: it says nothing of what for. */
static const char *const general[] = {
	"poll_schedule_timeout", "wait_woken",	 "io_schedule",	      "schedule_timeout",
	"do_wait_intr",		 "do_nanosleep", "hrtimer_nanosleep", "bit_wait_io",
};

/* Those in which nothing is waited for. */
static const struct {
	const char *in, *meaning;
} meanings[] = {
	{"do_signal_stop", "was stopped by a signal"},
	{"ptrace_stop", "was stopped by a debugger"},
	{"do_freezer_trap", "was frozen with its cgroup"},
	{"__refrigerator", "was frozen with its cgroup"},
};

static bool is_general(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(general) / sizeof(general[0]); i++)
		if (strlen(general[i]) == len && !memcmp(general[i], name, len))
			return true;
	return false;
}

/* Without what the compiler added, as ".constprop.0". */
static size_t name_length(const char *name, size_t room)
{
	size_t len = 0;

	while (len < room && name[len] && name[len] != ' ' && name[len] != '.')
		len++;
	return len;
}

static size_t word_length(const char *word, size_t room)
{
	const char *blank = memchr(word, ' ', room);

	return blank ? (size_t)(blank - word) : strnlen(word, room);
}

void place_name_set(char in[SLEPT_PLACE], const char *name, size_t len)
{
	len = len < SLEPT_PLACE ? len : SLEPT_PLACE - 1;
	memcpy(in, name, len);
	in[len] = '\0';
}

void place_name_of(const struct mt_event *event, char in[SLEPT_PLACE])
{
	size_t at = 0, end = strnlen(event->text, event->text_len), len = 0;

	while (at < end) {
		len = name_length(event->text + at, end - at);
		if (!is_general(event->text + at, len))
			break;
		at += word_length(event->text + at, end - at) + 1;
	}
	if (at < end && len)
		place_name_set(in, event->text + at, len);
	else
		place_name_set(in, "unknown", sizeof("unknown") - 1);
}

bool place_is_lock(const struct mt_event *event)
{
	char in[SLEPT_PLACE];

	place_name_of(event, in);
	return !strncmp(in, "futex_", strlen("futex_"));
}

const char *place_meaning(const char *in)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (!strcmp(meanings[i].in, in))
			return meanings[i].meaning;
	return NULL;
}
