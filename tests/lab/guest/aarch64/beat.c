/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab guest for arm64: sends a heartbeat once a millisecond, dirties memory, and nothing else.
 */
#include <stdint.h>

/* Where QEMU's "virt" has a PL011, and RAM begins. */
#define UART	   ((volatile uint32_t *)0x9000000)
#define UART_DATA  0x00
#define UART_FLAGS 0x18
#define UART_FULL  0x20
#define UART_CTRL  0x30
#define UART_ON	   0x301 /* it, and both its directions */

/* Far above the image; a quarter of 64 MiB. */
#define ARENA	       ((volatile uint32_t *)0x42000000)
#define ARENA_PAGES    4096u
#define WORDS_PER_PAGE 1024u

void beat(void);

static uint64_t ticks(void)
{
	uint64_t now;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(now)::"memory");
	return now;
}

static uint64_t ticks_per_ms(void)
{
	uint64_t hz;

	__asm__("mrs %0, cntfrq_el0" : "=r"(hz));
	return hz / 1000;
}

static void put(uint32_t byte)
{
	while (UART[UART_FLAGS / 4] & UART_FULL)
		;
	UART[UART_DATA / 4] = byte;
}

/* The reader knows that a beat's four digits wrap. */
static void send(uint32_t counter)
{
	static const char digit[] = "0123456789abcdef";

	for (int shift = 12; shift >= 0; shift -= 4)
		put(digit[(counter >> shift) & 15]);
	put('\n');
}

void beat(void)
{
	const uint64_t period = ticks_per_ms();
	uint64_t last = ticks();
	uint32_t counter = 0;

	UART[UART_CTRL / 4] = UART_ON;
	for (uint32_t writes = 0;; writes++) {
		ARENA[writes % ARENA_PAGES * WORDS_PER_PAGE] = writes;
		/* Unsigned, so that a counter that jumps back costs one early beat only. */
		if (ticks() - last < period)
			continue;
		last = ticks();
		send(counter++);
	}
}
