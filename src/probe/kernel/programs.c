/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF programs: which of them a site's hits go to, and which of their runs
 * the kernel skipped. */
#include "probe/kernel/programs.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <bpf/libbpf.h>

#include "probe/kernel/attach.h"
#include "probe/kernel/missed.h"

/* Which of the programs a kind's hits go to; a cookie that comes with a phase makes
 * it a cookie's. */
enum mt_program program_of(const struct mt_site *site)
{
	static const uint8_t programs[MT_KINDS] = {
		[MT_BEGIN] = MT_PROGRAM_PHASE,
		[MT_PREPARE] = MT_PROGRAM_PHASE,
		[MT_PERFORM] = MT_PROGRAM_PHASE,
		[MT_RUN] = MT_PROGRAM_PHASE,
		[MT_FINISH] = MT_PROGRAM_PHASE,
		[MT_CONFIRM] = MT_PROGRAM_PHASE,
		[MT_COMPLETE] = MT_PROGRAM_PHASE,
		[MT_STOP_CPUS] = MT_PROGRAM_PHASE,
		[MT_START_CPUS] = MT_PROGRAM_PHASE,
		[MT_ENSURE_ACL] = MT_PROGRAM_PHASE,
		[MT_DISPATCH] = MT_PROGRAM_PHASE,
		[MT_CALL] = MT_PROGRAM_PHASE,
		[MT_DOWNTIME_LIMIT] = MT_PROGRAM_PHASE,
		[MT_ERROR] = MT_PROGRAM_PHASE,
		[MT_COOKIE_FORMAT] = MT_PROGRAM_COOKIE,
		[MT_MONITOR_SEND] = MT_PROGRAM_MONITOR,
		[MT_MONITOR_EVENT] = MT_PROGRAM_MONITOR,
		[MT_MONITOR_REPLY] = MT_PROGRAM_MONITOR,
		[MT_MONITOR_CLOSE] = MT_PROGRAM_MONITOR,
		[MT_SET_STATE] = MT_PROGRAM_MONITOR,
		[MT_RPC_CLIENT_SEND] = MT_PROGRAM_RPC,
		[MT_RPC_CLIENT_RECEIVE] = MT_PROGRAM_RPC,
		[MT_RPC_SERVER_SEND] = MT_PROGRAM_RPC,
		[MT_RPC_SERVER_RECEIVE] = MT_PROGRAM_RPC,
		[MT_COOKIE_COME] = MT_PROGRAM_RPC,
		[MT_QEMU_RUN_STATE] = MT_PROGRAM_QEMU,
		[MT_QEMU_MIGRATION_STATE] = MT_PROGRAM_QEMU,
		[MT_QEMU_PING] = MT_PROGRAM_QEMU,
		[MT_QEMU_PONG] = MT_PROGRAM_QEMU,
		[MT_QEMU_SHUT] = MT_PROGRAM_QEMU,
		[MT_QEMU_RAM] = MT_PROGRAM_QEMU,
		[MT_QEMU_STEP] = MT_PROGRAM_QEMU,
		[MT_QEMU_PAGE_REQUEST] = MT_PROGRAM_PAGES,
		[MT_QEMU_PAGE_PLACE] = MT_PROGRAM_PAGES,
		[MT_QEMU_DISK] = MT_PROGRAM_DISK,
	};
	bool has_cookie = site->kind == MT_PREPARE || site->kind == MT_FINISH;

	return has_cookie && site->edge == MT_ENTER ? MT_PROGRAM_COOKIE : programs[site->kind];
}

void program_without_tail_calls(struct bpf_program *prog)
{
	struct bpf_insn *insns = (struct bpf_insn *)(uintptr_t)bpf_program__insns(prog);

	for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) && !insns[i].src_reg &&
		    insns[i].imm == BPF_FUNC_tail_call)
			insns[i] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K};
}

/* Returns the next program of a uprobe after that one; NULL: the first, and that there
 * is no more. */
static struct bpf_program *next_uprobe(const struct bpf_object *object, struct bpf_program *prog)
{
	do
		prog = bpf_object__next_program(object, prog);
	while (prog && bpf_program__type(prog) != BPF_PROG_TYPE_KPROBE);
	return prog;
}

void programs_for_multi(struct bpf_object *object)
{
	struct bpf_program *prog = NULL;

	while ((prog = next_uprobe(object, prog)))
		bpf_program__set_expected_attach_type(
			prog, (enum bpf_attach_type)ATTACH_TYPE_UPROBE_MULTI);
}

struct infos {
	int uprobes[MT_PROGRAMS];
	int kvm;
};

static int info_open(const struct bpf_program *prog)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", bpf_program__fd(prog));
	return open(path, O_RDONLY | O_CLOEXEC);
}

struct infos *infos_new(const struct bpf_object *object, const struct bpf_program *kvm)
{
	struct infos *infos = calloc(1, sizeof(*infos));
	struct bpf_program *prog = NULL;

	for (size_t i = 0; infos && i < MT_PROGRAMS; i++) {
		prog = next_uprobe(object, prog);
		infos->uprobes[i] = info_open(prog);
	}
	if (infos)
		infos->kvm = info_open(kvm);
	return infos;
}

static uint64_t info_missed(int info)
{
	static const char name[] = "recursion_misses:";
	char text[1024];
	ssize_t size = pread(info, text, sizeof(text) - 1, 0);
	const char *found;

	if (size < 0)
		return MISSED_UNKNOWN;
	text[size] = '\0';
	found = strstr(text, name);
	return found ? strtoull(found + sizeof(name) - 1, NULL, 10) : MISSED_UNKNOWN;
}

uint64_t infos_missed(const struct infos *infos)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < MT_PROGRAMS; i++) {
		uint64_t missed = info_missed(infos->uprobes[i]);

		sum += missed == MISSED_UNKNOWN ? 1 : missed;
	}
	return sum;
}

uint64_t infos_missed_kvm(const struct infos *infos)
{
	return info_missed(infos->kvm);
}

void infos_free(struct infos *infos)
{
	if (!infos)
		return;
	for (size_t i = 0; i < MT_PROGRAMS; i++)
		close(infos->uprobes[i]);
	close(infos->kvm);
	free(infos);
}
