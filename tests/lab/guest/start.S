/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multiboot header and entry point of the lab's guest: sets a stack and calls beat(). */
	.set	MAGIC, 0x1BADB002
	.set	FLAGS, 0

	.section .text
	.align	4
	.long	MAGIC, FLAGS, -(MAGIC + FLAGS)

	.globl	_start
_start:
	cli
	mov	$stack_top, %esp
	call	beat
1:	hlt
	jmp	1b

	.section .bss
	.align	16
	.skip	4096
stack_top:

	.section .note.GNU-stack, "", @progbits
