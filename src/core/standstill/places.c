/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in the kernel a thread slept, in one word. */
#include "core/standstill/places.h"

#include <assert.h>
#include <string.h>

#define SWAPPED	  "waited for memory that was swapped out"
#define MOVED	  "waited for memory that the kernel moved"
#define RECLAIMED "waited for the kernel to free memory"
#define OVER_HIGH "was held back by its cgroup's memory.high"

/* What all who wait call: it says nothing of what for. */
static const char *const general[] = {
	"poll_schedule_timeout", "wait_woken",	 "io_schedule",	      "schedule_timeout",
	"do_wait_intr",		 "do_nanosleep", "hrtimer_nanosleep", "bit_wait_io",
};

/*
 * Those in which nothing is waited for, and those that say for what, whatever they call for it: the
 * kernel's mm/memory.c, page_io.c, filemap.c, migrate.c, vmscan.c and memcontrol.c,
 * fs/userfaultfd.c.
 */
static const struct {
	const char *in, *meaning;
} meanings[] = {
	{"do_signal_stop", "was stopped by a signal"},
	{"ptrace_stop", "was stopped by a debugger"},
	{"do_freezer_trap", "was frozen with its cgroup"},
	{"__refrigerator", "was frozen with its cgroup"},
	{"do_swap_page", SWAPPED},
	{"swap_readpage", SWAPPED},
	{"swap_read_folio", SWAPPED},
	{"swap_read_folio_bdev_sync", SWAPPED},
	{"filemap_fault", "waited for memory that is in a file"},
	{"handle_userfault", "waited for memory by userfaultfd"},
	{"migration_entry_wait", MOVED},
	{"migration_entry_wait_on_locked", MOVED},
	{"migration_entry_wait_huge", MOVED},
	{"pmd_migration_entry_wait", MOVED},
	{"reclaim_throttle", RECLAIMED},
	{"throttle_direct_reclaim", RECLAIMED},
	{"shrink_folio_list", RECLAIMED},
	{"shrink_page_list", RECLAIMED},
	{"mem_cgroup_handle_over_high", OVER_HIGH},
	{"__mem_cgroup_handle_over_high", OVER_HIGH},
	{"mem_cgroup_oom_synchronize", "waited, its cgroup being out of memory"},
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
	assert(len <= room);
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
	assert(len < SLEPT_PLACE);
	memcpy(in, name, len);
	in[len] = '\0';
}

void place_name_of(const struct mt_event *event, char in[SLEPT_PLACE])
{
	size_t end = strnlen(event->text, event->text_len), len;
	bool is_found = false;
	char name[SLEPT_PLACE];

	assert(end <= event->text_len);
	place_name_set(in, "unknown", sizeof("unknown") - 1);
	for (size_t at = 0; at < end; at += word_length(event->text + at, end - at) + 1) {
		len = name_length(event->text + at, end - at);
		place_name_set(name, event->text + at, len);
		if (!len)
			return;
		if (is_general(name, strlen(name)) || (is_found && !place_meaning(name)))
			continue;
		memcpy(in, name, SLEPT_PLACE);
		is_found = true;
		if (place_meaning(name))
			return;
	}
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
