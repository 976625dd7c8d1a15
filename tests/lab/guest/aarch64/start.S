/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entry point of the lab's guest for arm64: sets a stack and calls beat(). */
	.section .text
	.globl	_start
_start:
	adrp	x0, stack_top
	add	x0, x0, :lo12:stack_top
	mov	sp, x0
	bl	beat
1:	wfi
	b	1b

	.section .bss
	.align	4
	.skip	4096
stack_top:

	.section .note.GNU-stack, "", @progbits
