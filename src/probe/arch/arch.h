/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What probing has to know of a machine architecture: registers, instructions, relocations. */
#ifndef MIGTRACE_PROBE_ARCH_ARCH_H
#define MIGTRACE_PROBE_ARCH_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migtrace_event.h"
#include "probe/arch/code_search.h"

#define ARCH_WIDTHS	    4
#define ARCH_KIND_BYTES	    5
#define ARCH_ENTRY_CFI	    3
#define ARCH_EMULATOR_PATHS 4
#define ARCH_LIBRARY_PATHS  4

/* A register by its names of 8, 4, 2 and 1 byte, as SDT notes have them. */
struct arch_register {
	const char *names[ARCH_WIDTHS];
	uint16_t offset; /* in struct pt_regs */
};

/* What an instruction is, as far as probing has to know. */
enum code_kind {
	CODE_OTHER,
	CODE_NOP,	 /* what SDT probes are */
	CODE_NOP5,	 /* five bytes: newer ones, which newer kernels replace by a call */
	CODE_ENTRY_MARK, /* what a function starts with where branches to it are checked (CET) */
};

struct arch_code {
	enum code_kind kind;
	uint8_t size, bytes[ARCH_KIND_BYTES];
};

struct arch {
	uint16_t machine; /* ELF's */
	bool is_host;	  /* what we run on, and the BPF programs are built for */
	bool has_tsc;	  /* a counter, to which KVM adds an offset for each guest */

	const struct arch_register *registers;
	size_t register_count;
	const uint16_t *arguments; /* in struct pt_regs: a function's first arguments */
	size_t argument_count;
	uint16_t result;	/* in struct pt_regs: what a function returns */
	uint16_t stack_pointer; /* in struct pt_regs */
	uint16_t program_counter;
	uint16_t stack_argument; /* from there to the first argument that is in no register */
	/*
	 * Fills in where an argument of arg->size bytes is, in the words of an SDT note; cuts the
	 * text apart. Returns whether it is of a form that compilers write.
	 */
	bool (*operand_read)(char *text, struct mt_arg *arg);

	const struct arch_code *codes;
	size_t code_count;
	uint32_t relative;		   /* ELF's relocation by the load address alone */
	uint8_t entry_cfi[ARCH_ENTRY_CFI]; /* where the frame is when a function is entered */
	long uretprobe_call; /* system call by which a probed return comes back; 0: none */
	const char
		*emulator_paths[ARCH_EMULATOR_PATHS];  /* where distributions have QEMU; to NULL */
	const char *library_paths[ARCH_LIBRARY_PATHS]; /* and libvirt's library; to NULL */

	/* Calls search->found as branches_find() says, and returns what it returned last, or 0. */
	int (*code_search)(const struct code *code, const struct branch_search *search);
	/*
	 * Reads the offset in *(first argument + offset) off a function that hands that on to
	 * another one as its first argument. Returns whether it is one. NULL: not known how.
	 */
	bool (*member_passed)(const uint8_t *code, size_t size, uint32_t *offset);
	/*
	 * Returns the length of the instruction that the code begins with if all that it does is to
	 * give the register of a function's argument a constant, and *argument, from 0; or 0. NULL:
	 * not known how.
	 */
	size_t (*argument_set)(const uint8_t *code, size_t size, size_t *argument);
	/* Returns whether the code takes the address of that offset of its first argument. */
	bool (*member_taken)(const uint8_t *code, size_t size, uint8_t offset);
};

/* Returns the architecture of an ELF file's machine, static; NULL where it is not known. */
const struct arch *arch_of(uint16_t machine);

/* Returns the one that we run on, static. */
const struct arch *arch_host(void);

/* Returns whether it has an instruction of that kind. */
bool arch_has(const struct arch *arch, enum code_kind kind);

extern const struct arch arch_x86_64, arch_aarch64;

#endif
