/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab guest: sends a heartbeat once a millisecond, dirties memory, and does what it is told. */
#include <stdint.h>

#include "card.h"
#include "clock.h"
#include "disk.h"
#include "io.h"

#define COM1	  0x3f8
#define COM1_LSR  (COM1 + 5)
#define LSR_EMPTY 0x20
#define LSR_READY 0x01

/* Where QEMU's "pc" has what ends a guest, or starts it anew. */
#define PIIX4_PM	 0x80000b00 /* bus 0, device 1, function 3 */
#define PIIX4_PM_BASE	 0x40
#define PIIX4_PM_ON	 0x80
#define ACPI_BASE	 0x600
#define ACPI_CONTROL	 (ACPI_BASE + 4)
#define ACPI_SOFT_OFF	 0x2000
#define RESET_CONTROL	 0xcf9
#define RESET_HARD	 0x06
#define PANIC_EVENT	 0x505
#define PANICKED	 0x01
#define WATCHDOG_START	 0x443
#define WATCHDOG_AT_ONCE 15

#define PIT_HZ	       1193182
#define PIT_CH2	       0x42
#define PIT_MODE       0x43
#define PIT_GATE       0x61
#define CALIBRATION_MS 50

/* The first IDE channel; its status says what the drive waits for. */
#define ATA_DATA	 0x1f0
#define ATA_COUNT	 0x1f2
#define ATA_LBA		 0x1f3
#define ATA_DRIVE	 0x1f6
#define ATA_COMMAND	 0x1f7
#define ATA_BUSY	 0x80
#define ATA_READY	 0x40
#define ATA_WANTS_DATA	 0x08
#define ATA_WRITE	 0x30
#define ATA_FIRST_BY_LBA 0xe0
#define SECTOR_WORDS	 256u
#define SECTORS_PER_PAGE 8u
#define DISK_PAGES	 (64u * 256) /* of the lab's disks, 64 MiB */
#define BEATS_PER_WRITE	 100

/* A guest that counts looks at no clock, as that takes another time under load. */
#define COUNT_WORK  16u
#define COUNT_PAGES 512u
#define COUNT_MS    16 /* between what it sends, as long as it has its CPU */

/* A bit of CR4 that means nothing without paging. */
#define GLOBAL_PAGES 0x80u

#define CMOS_INDEX 0x70
#define CMOS_DATA  0x71
/* Memory above 16 MiB, in units of 64 KiB, as QEMU's firmware says it. */
#define CMOS_EXTENDED 0x34

/* Far above the image at 1 MiB; a quarter of the memory is dirtied, of 64 MiB at least. */
#define ARENA	       ((volatile uint32_t *)(8u << 20))
#define WORDS_PER_PAGE 1024u

static void outsw(uint16_t port, const volatile void *data, uint32_t words)
{
	__asm__ volatile("rep outsw" : "+S"(data), "+c"(words) : "d"(port) : "memory");
}

/* The low side is enough: only differences far below its 1 s wrap are used. */
static uint32_t tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return lo;
}

/* Only the PIT has a known rate, but each look at it is a VM exit; a look at the TSC is none. */
static uint32_t tsc_per_ms(void)
{
	const uint16_t ticks = PIT_HZ / 1000 * CALIBRATION_MS;
	uint32_t start;

	outb(PIT_GATE, (inb(PIT_GATE) & 0xfc) | 1); /* gate on, speaker off */
	outb(PIT_MODE, 0xb0);			    /* channel 2, both bytes, one-shot */
	outb(PIT_CH2, ticks & 0xff);
	outb(PIT_CH2, ticks >> 8);
	start = tsc();
	while (!(inb(PIT_GATE) & 0x20))
		;
	return (tsc() - start) / CALIBRATION_MS;
}

static uint32_t cmos(uint8_t at)
{
	outb(CMOS_INDEX, at);
	return inb(CMOS_DATA);
}

/* A quarter of the memory, in pages. */
static uint32_t arena_pages(void)
{
	uint32_t units = cmos(CMOS_EXTENDED) | cmos(CMOS_EXTENDED + 1) << 8;

	return (units + 256) * 16 / 4;
}

static void uart_init(void)
{
	outb(COM1 + 3, 0x80); /* divisor 1: QEMU paces its retries by the baud rate */
	outb(COM1, 1);
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 0x03); /* 8n1 */
	outb(COM1 + 1, 0);    /* no interrupts */
	outb(COM1 + 2, 0x07); /* FIFO: a line needs one look at the status only */
}

/*
 * Few digits: every byte is a VM exit. The reader knows that a beat's four wrap. Returns the UART's
 * status.
 */
static uint8_t send(uint32_t counter, int digits)
{
	static const char digit[] = "0123456789abcdef";
	uint8_t status;

	do
		status = inb(COM1_LSR);
	while (!(status & LSR_EMPTY));
	for (int shift = 4 * digits - 4; shift >= 0; shift -= 4)
		outb(COM1, digit[(counter >> shift) & 15]);
	outb(COM1, '\n');
	return status;
}

/* Not all firmware has turned the power management on. */
static void shut_down(void)
{
	pci_write(PIIX4_PM + PIIX4_PM_BASE, ACPI_BASE | 1);
	pci_write(PIIX4_PM + PIIX4_PM_ON, 1);
	outw(ACPI_CONTROL, ACPI_SOFT_OFF);
}

/* How it makes memory dirty: the pages of its arena in turn. */
struct load {
	uint32_t pages;	   /* that it has */
	uint32_t per_beat; /* pages in a millisecond at most; 0: as many as it can */
	uint32_t counts;   /* it does the same in each of so many rounds, and says when; 0: no */
	uint32_t (*clock)(void); /* that it tells with each beat; NULL: none */
	uint32_t period;	 /* of the TSC, that a millisecond has */
};

/* Takes as long each time, if it has its CPU. */
static void work(void)
{
	for (volatile uint32_t i = 0; i < COUNT_WORK; i++)
		;
}

static void count(struct load *load)
{
	uint32_t begin = tsc();

	load->pages = COUNT_PAGES;
	do {
		work();
		load->counts++;
	} while (tsc() - begin < COUNT_MS * load->period);
}

static void obey(uint8_t command, struct load *load)
{
	if (command >= '1' && command <= '9')
		load->per_beat = UINT32_C(1) << (command - '0');
	switch (command) {
	case 's': /* shut down */
		shut_down();
		break;
	case 'r': /* reboot */
		outb(RESET_CONTROL, RESET_HARD);
		break;
	case 'p': /* panic */
		outb(PANIC_EVENT, PANICKED);
		break;
	case 'w': /* let the watchdog bite */
		outb(WATCHDOG_START, WATCHDOG_AT_ONCE);
		break;
	case 'm':
		load->pages *= 3;
		break;
	case 'c':
		count(load);
		break;
	case 't':
		load->clock = tsc_told;
		break;
	case 'k':
		kvmclock_begin();
		load->clock = kvmclock_told;
		break;
	}
}

/* Nothing is waited for: while the last write is on its way, or where there is no
 * drive, none is. */
static void disk_write(uint32_t page)
{
	uint32_t sector = page % DISK_PAGES * SECTORS_PER_PAGE;

	outb(ATA_DRIVE, ATA_FIRST_BY_LBA);
	if ((inb(ATA_COMMAND) & (ATA_BUSY | ATA_READY)) != ATA_READY)
		return;
	outb(ATA_COUNT, 1);
	for (int i = 0; i < 3; i++)
		outb(ATA_LBA + i, sector >> 8 * i & 0xff);
	outb(ATA_COMMAND, ATA_WRITE);
	if (inb(ATA_COMMAND) & ATA_WANTS_DATA)
		outsw(ATA_DATA, ARENA, SECTOR_WORDS);
}

/* Returns whether it is time for a beat. */
static int is_due(const struct load *load, uint32_t rounds, uint32_t *last)
{
	uint32_t now;

	if (load->counts) {
		work();
		return rounds % load->counts == 0;
	}
	now = tsc();
	/* Unsigned, so that a TSC that jumps back costs one early beat and not a silent guest. */
	if (now - *last < load->period)
		return 0;
	*last = tsc();
	return 1;
}

/*
 * QEMU's TCG can leave a page writable without a note that it is dirty: where migration takes that
 * note between a write's making it and what follows of that. All later writes to the page are lost
 * on the way then, of which a card's ring does not recover. As CR4 changes, TCG forgets which pages
 * are writable so.
 */
static void translations_drop(void)
{
	uint32_t cr4;

	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 ^ GLOBAL_PAGES) : "memory");
}

void beat(void);

void beat(void)
{
	struct load load = {.pages = arena_pages(), .period = tsc_per_ms()};
	uint32_t last = tsc(), page = 0, writes = 1, left = 0;
	uint32_t rounds = 0;
	uint16_t counter = 0;

	uart_init();
	card_init();
	disks_init();
	for (;; rounds++) {
		card_poll();
		disks_poll();
		if (left || !load.per_beat || load.counts) {
			ARENA[page * WORDS_PER_PAGE] = writes++;
			page = (page + 1) % load.pages;
			left -= load.per_beat ? 1 : 0;
		}
		if (!is_due(&load, rounds, &last))
			continue;
		left = load.per_beat;
		translations_drop();
		disks_request();
		if (send(counter++, 4) & LSR_READY)
			obey(inb(COM1), &load);
		if (load.counts)
			send(rounds, 8);
		if (load.clock)
			send(load.clock(), CLOCK_DIGITS);
		if (counter % BEATS_PER_WRITE == 0)
			disk_write(counter / BEATS_PER_WRITE);
	}
}
