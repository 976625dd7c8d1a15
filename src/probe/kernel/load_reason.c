/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel does not load the BPF programs, in one line. */
#include "probe/kernel/load_reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/bpf.h>

#include "base/text.h"

#define LOG_BEGIN "BEGIN PROG LOAD LOG --\n"
#define LOG_END	  "-- END PROG LOAD LOG"

/* The helpers that programs of ours may call, and since when the kernel has them. */
static const struct {
	int number;
	const char *name, *since;
} helpers[] = {
	{BPF_FUNC_probe_read_user, "bpf_probe_read_user", "5.5"},
	{BPF_FUNC_probe_read_kernel, "bpf_probe_read_kernel", "5.5"},
	{BPF_FUNC_probe_read_user_str, "bpf_probe_read_user_str", "5.5"},
	{BPF_FUNC_probe_read_kernel_str, "bpf_probe_read_kernel_str", "5.5"},
	{BPF_FUNC_get_ns_current_pid_tgid, "bpf_get_ns_current_pid_tgid", "5.7"},
	{BPF_FUNC_ringbuf_output, "bpf_ringbuf_output", "5.8"},
	{BPF_FUNC_ringbuf_reserve, "bpf_ringbuf_reserve", "5.8"},
	{BPF_FUNC_ringbuf_submit, "bpf_ringbuf_submit", "5.8"},
	{BPF_FUNC_ringbuf_discard, "bpf_ringbuf_discard", "5.8"},
	{BPF_FUNC_copy_from_user, "bpf_copy_from_user", "5.10"},
	{BPF_FUNC_task_storage_get, "bpf_task_storage_get", "5.11"},
	{BPF_FUNC_task_storage_delete, "bpf_task_storage_delete", "5.11"},
	{BPF_FUNC_get_current_task_btf, "bpf_get_current_task_btf", "5.11"},
	{BPF_FUNC_for_each_map_elem, "bpf_for_each_map_elem", "5.13"},
	{BPF_FUNC_get_func_ip, "bpf_get_func_ip", "5.15"},
	{BPF_FUNC_get_attach_cookie, "bpf_get_attach_cookie", "5.15"},
	{BPF_FUNC_task_pt_regs, "bpf_task_pt_regs", "5.15"},
	{BPF_FUNC_loop, "bpf_loop", "5.17"},
	{BPF_FUNC_strncmp, "bpf_strncmp", "5.17"},
};

#define HELPERS (sizeof(helpers) / sizeof(helpers[0]))

typedef bool reason_fn(const struct load_facts *facts, char *reason);

static bool is_locked(const struct load_facts *facts)
{
	return strstr(facts->lockdown, "[confidentiality]");
}

static bool capability_lacks(const struct load_facts *facts, char *reason)
{
	if (!facts->capability)
		return false;
	snprintf(reason, LOAD_REASON_SIZE, "this needs %s", facts->capability);
	return true;
}

static bool locked_down(const struct load_facts *facts, char *reason)
{
	if (!is_locked(facts))
		return false;
	snprintf(reason, LOAD_REASON_SIZE,
		 "lockdown=confidentiality: BPF must not read the kernel's memory");
	return true;
}

static bool btf_lacks(const struct load_facts *facts, char *reason)
{
	if (facts->has_btf)
		return false;
	snprintf(reason, LOAD_REASON_SIZE, "%s",
		 facts->has_sysfs ? "no BTF: the kernel was built without CONFIG_DEBUG_INFO_BTF"
				  : "no BTF: /sys is not mounted here");
	return true;
}

/* Returns the number of the helper that the verifier does not know; 0: it does not say so. */
static int helper_refused(const char *log)
{
	static const char *const before[] = {"unknown func ", "invalid func ",
					     "cannot use helper "};

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		const char *found = strstr(log, before[i]);
		const char *number = found ? found + strcspn(found, "#\n") : "";

		if (*number == '#')
			return (int)strtol(number + 1, NULL, 10);
	}
	return 0;
}

/* Those that read the kernel's memory are old, and withheld only by lockdown. */
static bool helper_lacks(const struct load_facts *facts, char *reason)
{
	int number = helper_refused(facts->log) ?: facts->helper;
	size_t i = 0;

	while (i < HELPERS && helpers[i].number != number)
		i++;
	if (!number)
		return false;
	if (i == HELPERS)
		snprintf(reason, LOAD_REASON_SIZE, "the kernel lacks BPF helper %d", number);
	else if (number == BPF_FUNC_probe_read_kernel || number == BPF_FUNC_probe_read_kernel_str)
		snprintf(reason, LOAD_REASON_SIZE,
			 "%s is refused: older than Linux %s, or lockdown=confidentiality",
			 helpers[i].name, helpers[i].since);
	else
		snprintf(reason, LOAD_REASON_SIZE, "the kernel lacks %s: it needs Linux %s",
			 helpers[i].name, helpers[i].since);
	return true;
}

static bool memlock(const struct load_facts *facts, char *reason)
{
	if (!strstr(facts->log, "ulimit -l"))
		return false;
	snprintf(reason, LOAD_REASON_SIZE,
		 "RLIMIT_MEMLOCK is too small for the maps (ulimit -l); Linux 5.11 needs none");
	return true;
}

/* Takes over what can be printed, as a part of one line. */
static void print_line(const char *text, size_t len, char *reason)
{
	size_t used = strlen(reason);

	for (size_t i = 0; i < len && used < LOAD_REASON_SIZE - 1; i++)
		reason[used++] = text_ascii(text[i], ' ');
	reason[used] = '\0';
}

/* libbpf's line that has the words in it, without what libbpf begins each with. */
static bool line_with(const char *log, const char *words, char *reason)
{
	static const char prefix[] = "libbpf: ";
	const char *found = strstr(log, words), *start = found;

	if (!found)
		return false;
	while (start > log && start[-1] != '\n')
		start--;
	if (!strncmp(start, prefix, strlen(prefix)))
		start += strlen(prefix);
	*reason = '\0';
	print_line(start, strcspn(start, "\n"), reason);
	return true;
}

static bool map_or_kfunc(const struct load_facts *facts, char *reason)
{
	return line_with(facts->log, "failed to create: ", reason) ||
	       line_with(facts->log, "not found in kernel or module BTFs", reason);
}

/* Returns where the line before the one at that place begins, which is not the verifier's sum. */
static const char *line_before(const char *log, const char *line)
{
	do {
		if (line == log)
			return NULL;
		line--;
		while (line > log && line[-1] != '\n')
			line--;
	} while (!strncmp(line, "processed ", 10));
	return line;
}

/* The verifier's last line says what it refuses; the one before, often, of what. */
static bool verifier(const struct load_facts *facts, char *reason)
{
	const char *begin = strstr(facts->log, LOG_BEGIN), *end, *last, *before;

	begin = begin ? begin + strlen(LOG_BEGIN) : facts->log;
	end = strstr(begin, LOG_END);
	last = end ? line_before(begin, end) : NULL;
	if (!last)
		return false;
	before = line_before(begin, last);
	snprintf(reason, LOAD_REASON_SIZE, "the verifier refuses: ");
	if (before && strlen(reason) + (size_t)(last - before) < LOAD_REASON_SIZE / 2) {
		print_line(before, strcspn(before, "\n"), reason);
		print_line("; ", 2, reason);
	}
	print_line(last, strcspn(last, "\n"), reason);
	return true;
}

void load_reason(const struct load_facts *facts, char reason[LOAD_REASON_SIZE])
{
	static reason_fn *const reasons[] = {capability_lacks, locked_down, btf_lacks,
					     helper_lacks,     memlock,	    map_or_kfunc,
					     verifier};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i](facts, reason))
			return;
	snprintf(reason, LOAD_REASON_SIZE, "%s", strerror(-facts->err));
}
