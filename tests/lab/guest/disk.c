/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab guest's virtio disks: a request to each at a time, and word of it on the second UART. */
#include "disk.h"

#include "io.h"

#define VIRTIO_BLK  0x10011af4 /* as the driver of old, by ports, knows it */
#define PCI_SLOTS   32u
#define PCI_SLOT(n) (0x80000000u | (n) << 11)
#define PCI_COMMAND 0x04
#define PCI_BAR	    0x10
#define PCI_ON	    0x5			   /* its ports, and its own access to our memory */
#define PORTS(n)    (0xc000u + (n)*0x100u) /* far from those that QEMU has there itself */

/* Ports, from the disk's first one on: virtio 1.0, 4.1.4.8. */
#define GUEST_FEATURES 0x04
#define QUEUE_PAGE     0x08
#define QUEUE_SIZE     0x0c
#define QUEUE_SELECT   0x0e
#define QUEUE_NOTIFY   0x10
#define STATUS	       0x12
#define STATUS_KNOWN   0x03
#define STATUS_READY   0x07

#define PAGE	      4096u
#define QUEUE_MAX     1024u
#define QUEUE_BYTES   (8u * PAGE) /* of a queue that long */
#define SECTOR	      512u
#define SECTORS	      2048u /* that are written and read: 1 MiB */
#define NEXT	      1	    /* a piece has another behind it */
#define WRITTEN	      2	    /* by the disk */
#define READ_REQUEST  0
#define WRITE_REQUEST 1
#define NO_INTERRUPT  1
#define DISKS	      4u

/* What the other side is told: a letter for each disk, as it is asked and as it has answered. */
#define COM2	  0x2f8
#define COM2_LSR  (COM2 + 5)
#define LSR_EMPTY 0x20
#define ASKED	  'A'
#define ANSWERED  'a'

struct piece {
	uint32_t address, address_high;
	uint32_t length;
	uint16_t flags, next;
};

struct request {
	uint32_t type, reserved;
	uint32_t sector, sector_high;
};

struct disk {
	uint16_t port, size;
	volatile struct piece *pieces;
	volatile uint16_t *available; /* flags, index, and as many as there are */
	volatile uint16_t *used;      /* the same; but of each two words of 32 bits */
	uint16_t asked, answered;     /* requests, as the index counts them */
	struct request request;
	uint8_t data[SECTOR];
	volatile uint8_t status;
};

static uint8_t queues[DISKS][QUEUE_BYTES] __attribute__((aligned(4096)));
static struct disk disks[DISKS];
static uint32_t count;

static void tell(uint8_t letter)
{
	while (!(inb(COM2_LSR) & LSR_EMPTY))
		;
	outb(COM2, letter);
}

static void uart_init(void)
{
	outb(COM2 + 3, 0x80);
	outb(COM2, 1);
	outb(COM2 + 1, 0);
	outb(COM2 + 3, 0x03);
	outb(COM2 + 1, 0);
	outb(COM2 + 2, 0x07);
}

/* Returns whether the disk has a queue for which there is room. */
static int queue_set(struct disk *disk, uint8_t *queue)
{
	uint32_t head;

	outw(disk->port + QUEUE_SELECT, 0);
	disk->size = inw(disk->port + QUEUE_SIZE);
	if (!disk->size || disk->size > QUEUE_MAX)
		return 0;
	head = disk->size * sizeof(struct piece) + (3u + disk->size) * sizeof(uint16_t);
	disk->pieces = (volatile struct piece *)queue;
	disk->available = (volatile uint16_t *)(queue + disk->size * sizeof(struct piece));
	disk->used = (volatile uint16_t *)(queue + (head + PAGE - 1) / PAGE * PAGE);
	disk->available[0] = NO_INTERRUPT;
	outl(disk->port + QUEUE_PAGE, (uint32_t)(uintptr_t)queue / PAGE);
	return 1;
}

static void piece_set(struct disk *disk, uint16_t at, volatile void *data, uint32_t length,
		      uint16_t flags)
{
	volatile struct piece *piece = &disk->pieces[at];

	piece->address = (uint32_t)(uintptr_t)data;
	piece->length = length;
	piece->flags = flags;
	piece->next = at + 1;
}

/* Not all firmware has given it ports. */
static void disk_init(uint32_t at, struct disk *disk)
{
	disk->port = PORTS(count);
	pci_write(at + PCI_BAR, disk->port);
	pci_write(at + PCI_COMMAND, PCI_ON);
	outb(disk->port + STATUS, 0);
	outb(disk->port + STATUS, STATUS_KNOWN);
	outl(disk->port + GUEST_FEATURES, 0);
	if (!queue_set(disk, queues[count]))
		return;
	outb(disk->port + STATUS, STATUS_READY);
	count++;
}

void disks_init(void)
{
	for (uint32_t slot = 0; slot < PCI_SLOTS && count < DISKS; slot++)
		if (pci_read(PCI_SLOT(slot)) == VIRTIO_BLK)
			disk_init(PCI_SLOT(slot), &disks[count]);
	if (count)
		uart_init();
}

static void disk_request(struct disk *disk)
{
	uint16_t type = disk->asked % 2 ? READ_REQUEST : WRITE_REQUEST;

	disk->request = (struct request){.type = type, .sector = disk->asked % SECTORS};
	piece_set(disk, 0, &disk->request, sizeof(disk->request), NEXT);
	piece_set(disk, 1, disk->data, SECTOR, NEXT | (type == READ_REQUEST ? WRITTEN : 0));
	piece_set(disk, 2, &disk->status, sizeof(disk->status), WRITTEN);
	disk->available[2 + disk->asked % disk->size] = 0;
	__asm__ volatile("" ::: "memory");
	disk->available[1] = ++disk->asked;
	__asm__ volatile("lock; addl $0, (%%esp)" ::: "memory");
	outw(disk->port + QUEUE_NOTIFY, 0);
}

void disks_request(void)
{
	for (uint32_t i = 0; i < count; i++)
		if (disks[i].answered == disks[i].asked) {
			tell(ASKED + i);
			disk_request(&disks[i]);
		}
}

void disks_poll(void)
{
	for (uint32_t i = 0; i < count; i++)
		if (disks[i].used[1] != disks[i].answered) {
			disks[i].answered = disks[i].used[1];
			tell(ANSWERED + i);
		}
}
