/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A shared object of known answers: logging functions, cold parts, SDT notes. */
#include "fixture.h"

#ifdef __clang__
#define APART __attribute__((noinline))
#else
#define APART __attribute__((noinline, noclone))
#endif
#define INSIDE static inline __attribute__((always_inline))

extern int fixture_counter;
int fixture_counter;

/* Its argument has to be made known, as a logger's has. */
void fixture_log(const char *function)
{
	__asm__ volatile("" ::"r"(function));
	fixture_counter++;
}

__attribute__((cold)) void fixture_log_error(const char *function)
{
	__asm__ volatile("" ::"r"(function));
	fixture_counter--;
}

APART static int static_called(int x)
{
	fixture_log(__func__);
	return x + fixture_counter;
}

APART static int static_callback(int x)
{
	fixture_log(__func__);
	return x * fixture_counter;
}

int (*const fixture_callbacks[])(int) = {static_callback};

APART static int static_tail(int x)
{
	fixture_log(__func__);
	return x - fixture_counter;
}

/* GCC puts the branch with the error into a cold part of its own. */
APART static int static_split(int x)
{
	if (x < 0) {
		fixture_log_error(__func__);
		return fixture_counter;
	}
	fixture_counter = x;
	fixture_log("split");
	return fixture_counter;
}

/* What the compiler calls its clones, by hand, so that they are there with any compiler. */
APART static int static_clone(int x) __asm__("static_clone.constprop.0");
APART static int static_renamed(int x) __asm__("static_renamed.lto_priv.0");
APART static int static_promoted(int x) __asm__("static_promoted.llvm.17");
APART static int static_promoted_part(int x) __asm__("static_promoted.llvm.17.cold");
APART static int static_headed_part(int x) __asm__("static_headed.part.0");
APART static int static_whole_part(int x) __asm__("static_whole.part.0");

APART static int static_clone(int x)
{
	fixture_log(__func__);
	return x + 2 * fixture_counter;
}

APART static int static_renamed(int x)
{
	fixture_log(__func__);
	return x + 3 * fixture_counter;
}

APART static int static_promoted_part(int x)
{
	return x + 6 * fixture_counter;
}

APART static int static_promoted(int x)
{
	fixture_log(__func__);
	return static_promoted_part(x);
}

APART static int static_headed_part(int x)
{
	fixture_log("static_headed");
	return x + 4 * fixture_counter;
}

APART static int static_headed(int x)
{
	return x > 0 ? static_headed_part(x) + 1 : fixture_counter;
}

APART static int static_whole_part(int x)
{
	fixture_log("static_whole");
	return x + 5 * fixture_counter;
}

APART static int static_whole(int x)
{
	return x > 0 ? static_whole_part(x) + 1 : fixture_counter;
}

int fixture_clones(int x)
{
	return static_clone(x) + static_renamed(x) + static_headed(x) + static_headed_part(x) +
	       static_whole(x) + static_promoted(x);
}

/* It calls what the compiler makes a part of it: see struct sought's callers. */
INSIDE int inlined_static(int x)
{
	fixture_log(__func__);
	return x - 2 * fixture_counter;
}

APART static int static_caller(int x)
{
	fixture_log(__func__);
	return inlined_static(x) + fixture_counter;
}

INSIDE int inlined_once(int x)
{
	fixture_log(__func__);
	return x ^ fixture_counter;
}

INSIDE int inlined_twice(int x)
{
	fixture_log(__func__);
	return x | fixture_counter;
}

/* Protected, so that the file itself calls it directly. */
APART __attribute__((visibility("protected"))) int fixture_exported(int x)
{
	fixture_log(__func__);
	return static_called(x) + inlined_once(x) + static_split(x) + static_caller(x);
}

int fixture_first(int x)
{
	fixture_log(__func__);
	return inlined_twice(x) + static_cold(x) + static_both(x) + static_frameless(x) +
	       static_shared_cold(x);
}

int fixture_second(int x)
{
	fixture_log(__func__);
	return inlined_twice(x) + static_called(x) + static_shared_cold(x) + static_chain(x) +
	       fixture_exported(x);
}

int fixture_tail(int x)
{
	fixture_counter += x;
	return static_tail(x);
}

/* Protected, so that what calls it is itself alone. */
APART __attribute__((visibility("protected"))) int fixture_recursive(int x)
{
	fixture_counter += x;
	return x > 0 ? fixture_recursive(x - 1) * fixture_recursive(x - 2) : fixture_counter;
}

/*
 * What GCC makes of a function with a cold part, by hand, so that it is there with any compiler.
 * "hot" logs too if log_hot is 1; "cold" starts inside the frame of 16 bytes.
 */
__asm__(".macro log name\n"
	"	lea .L\\name(%rip), %rdi\n"
	"	call fixture_log@PLT\n"
	".endm\n"
	".macro leave\n"
	"	add $8, %rsp\n"
	"	.cfi_def_cfa_offset 8\n"
	"	ret\n"
	".endm\n"
	".macro name_of name\n"
	"	.section .rodata\n"
	".L\\name: .asciz \"\\name\"\n"
	".endm\n"
	".macro hot name, log_hot, cold\n"
	"	.text\n"
	"	.type \\name, @function\n"
	"\\name:\n"
	"	.cfi_startproc\n"
	"	sub $8, %rsp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.if \\log_hot\n"
	"	log \\name\n"
	"	.endif\n"
	"	test %edi, %edi\n"
	"	jne \\cold\n"
	"	leave\n"
	"	.cfi_endproc\n"
	"	.size \\name, . - \\name\n"
	".endm\n"
	".macro cold name\n"
	"	.section .text.unlikely, \"ax\", @progbits\n"
	"\\name\\().cold:\n"
	"	.cfi_startproc\n"
	"	.cfi_def_cfa_offset 16\n"
	"	log \\name\n"
	"	leave\n"
	"	.cfi_endproc\n"
	".endm\n"
	"	hot static_cold, 0, static_cold.cold\n"
	"	cold static_cold\n"
	"	name_of static_cold\n"
	"	hot static_both, 1, static_both.cold\n"
	"	cold static_both\n"
	"	name_of static_both\n"
	"	hot static_shared_cold, 1, static_shared_cold.cold\n"
	"	cold static_shared_cold\n"
	"	name_of static_shared_cold\n"
	/* another function that jumps into the same cold part */
	"	hot static_intruder, 0, static_shared_cold.cold\n"
	/*
	 * A cold part that only another cold part jumps into; in that one, a reference into a
	 * string, and a function that is not there.
	 */
	"	hot static_chain, 0, static_chain.cold\n"
	"	.section .text.unlikely, \"ax\", @progbits\n"
	"static_chain.cold:\n"
	"	.cfi_startproc\n"
	"	.cfi_def_cfa_offset 16\n"
	"	lea .Lstatic_both + 7(%rip), %rdi\n"
	"	.weak fixture_imported\n"
	"	.type fixture_imported, @function\n"
	"	call fixture_imported@PLT\n"
	"	{disp32} jmp static_link.cold\n"
	"	.cfi_endproc\n"
	"	cold static_link\n"
	"	name_of static_link\n"
	/* a function without a frame, whose cold part makes one for its call */
	"	.text\n"
	"	.type static_frameless, @function\n"
	"static_frameless:\n"
	"	.cfi_startproc\n"
	"	test %edi, %edi\n"
	"	jne static_frameless.cold\n"
	"	ret\n"
	"	.cfi_endproc\n"
	"	.size static_frameless, . - static_frameless\n"
	"	.section .text.unlikely, \"ax\", @progbits\n"
	"static_frameless.cold:\n"
	"	.cfi_startproc\n"
	"	sub $8, %rsp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	log static_frameless\n"
	"	leave\n"
	"	.cfi_endproc\n"
	"	name_of static_frameless\n"
	"	.text\n");

/* The base that sys/sdt.h gives the notes. */
__asm__("	.section .stapsdt.base, \"a\", @progbits\n"
	"	.hidden _.stapsdt.base\n"
	"_.stapsdt.base: .space 1\n"
	"	.size _.stapsdt.base, 1\n"
	"	.text\n");

__attribute__((section(".probes"))) unsigned short fixture_semaphore = 0;

/* As sys/sdt.h writes a probe, with its arguments free to choose; shift as prelink leaves it. */
#define SITE(label, address, shift, semaphore, provider, name, args)                               \
	__asm__ volatile("	.globl fixture_site_" label "\n"                                   \
			 "fixture_site_" label ":\n"                                               \
			 "990:	nop\n"                                                              \
			 "	.pushsection .note.stapsdt, \"\", @note\n"                              \
			 "	.balign 4\n"                                                            \
			 "	.4byte 992f - 991f, 994f - 993f, 3\n"                                   \
			 "991:	.asciz \"stapsdt\"\n"                                               \
			 "992:	.balign 4\n"                                                        \
			 "993:	.8byte " address " + " shift "\n"                                  \
			 "	.8byte _.stapsdt.base + " shift "\n"                               \
			 "	.8byte " semaphore "\n"                                            \
			 "	.asciz \"" provider "\"\n"                                         \
			 "	.asciz \"" name "\"\n"                                             \
			 "	.asciz \"" args "\"\n"                                             \
			 "994:	.balign 4\n"                                                        \
			 "	.popsection\n")

#define PROBE(name, args) SITE(name, "990b", "0", "0", "fixture", name, args)

void fixture_sites(void)
{
	PROBE("bare", "");
	PROBE("registers", "8@%rax -4@%ebx 2@%cx 1@%r8b 8@%r15 4@%r10d -2@%bp -1@%sil");
	PROBE("memory", "8@-88(%rbp) 4@8(%r14) -8@(%rsp) 1@0x10(%r12)");
	PROBE("constants", "4@$5 -4@$-1 8@$0x7fffffff -8@$-9223372036854775807");
	SITE("guarded", "990b", "0", "fixture_semaphore", "fixture", "guarded", "8@%rdi");
	SITE("prelinked", "990b", "0x5000", "fixture_semaphore + 0x5000", "fixture", "prelinked",
	     "");
	SITE("copy1", "990b", "0", "0", "fixture", "copied", "8@%rdi");
	SITE("copy2", "990b", "0", "0", "fixture", "copied", "8@16(%rsp)");
	SITE("stranger", "990b", "0", "0", "stranger", "bare", "");
	SITE("outside", "0x7f000000", "0", "0", "fixture", "outside", "");
	SITE("in_data", "fixture_semaphore", "0", "0", "fixture", "in_data", "");
	SITE("no_semaphore", "990b", "0", "0x7f000000", "fixture", "no_semaphore", "");
	PROBE("index", "8@%rax 8@8(%rax,%rbx,4)");
	PROBE("symbol", "4@fixture_counter(%rip)");
	PROBE("too_narrow", "8@%eax");
	PROBE("base_narrow", "8@8(%eax)");
	PROBE("float", "8f@%xmm0");
	PROBE("no_size", "%rax");
	PROBE("odd_size", "3@%rax");
	PROBE("overflow", "8@$9223372036854775808");
	PROBE("trailing", "4@$5x");
	PROBE("nine", "8@%rax 8@%rax 8@%rax 8@%rax 8@%rax 8@%rax 8@%rax 8@%rax 8@%rax");
}
