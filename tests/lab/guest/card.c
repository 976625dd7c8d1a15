/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab guest's network card, QEMU's e1000, polled: it sends back what a pinger sends. */
#include "card.h"

#include "io.h"

#define E1000	    0x100e8086
#define PCI_SLOTS   32u
#define PCI_SLOT(n) (0x80000000u | (n) << 11)
#define PCI_COMMAND 0x04
#define PCI_BAR	    0x10
#define PCI_ON	    0x6		/* its memory, and its own access to ours */
#define REGISTERS   0xf0000000u /* far above RAM, below what QEMU has there itself */

/* Registers, in words. */
#define CONTROL		 (0x0000 / 4)
#define RECEIVE		 (0x0100 / 4)
#define TRANSMIT	 (0x0400 / 4)
#define RECEIVE_RING	 (0x2800 / 4)
#define TRANSMIT_RING	 (0x3800 / 4)
#define RING_LENGTH	 2 /* in words from the ring's address on */
#define RING_HEAD	 4
#define RING_TAIL	 6
#define CONTROL_LINK_UP	 0x40
#define RECEIVE_ON	 0x04000002 /* without the checksum; frames for our own address */
#define TRANSMIT_ON	 0x0000000a
#define DONE		 0x01
#define COMMAND_ONE	 0x0b /* the frame's only piece, with its checksum; tell when it is sent */
#define RING		 256u /* for what comes while the guest waits for its CPU */
#define FRAME_MAX	 2048u
#define ADDRESS		 6u
#define PINGER_TYPE_HIGH 0x88 /* the EtherType for experiments (IEEE 802) */
#define PINGER_TYPE_LOW	 0xb5

/* What the card reads and writes, as it is told where a frame is, and tells that it is there. */
struct descriptor {
	uint32_t address, address_high;
	uint16_t length;
	uint8_t checksum[2]; /* sent: where it goes, and the command */
	volatile uint8_t status;
	uint8_t errors;
	uint16_t special;
};

static struct descriptor received[RING] __attribute__((aligned(16)));
static struct descriptor sent[RING] __attribute__((aligned(16)));
static uint8_t frames[RING][FRAME_MAX];
static volatile uint32_t *registers;
static uint32_t next_received, next_sent;

static uint32_t card_find(void)
{
	for (uint32_t slot = 0; slot < PCI_SLOTS; slot++)
		if (pci_read(PCI_SLOT(slot)) == E1000)
			return PCI_SLOT(slot);
	return 0;
}

static void ring_set(uint32_t at, const struct descriptor *ring)
{
	registers[at] = (uint32_t)(uintptr_t)ring;
	registers[at + 1] = 0;
	registers[at + RING_LENGTH] = RING * sizeof(*ring);
	registers[at + RING_HEAD] = 0;
	registers[at + RING_TAIL] = 0;
}

void card_init(void)
{
	uint32_t card = card_find();

	if (!card)
		return;
	pci_write(card + PCI_BAR, REGISTERS);
	pci_write(card + PCI_COMMAND, PCI_ON);
	registers = (volatile uint32_t *)REGISTERS;
	for (uint32_t i = 0; i < RING; i++)
		received[i].address = (uint32_t)(uintptr_t)frames[i];
	ring_set(RECEIVE_RING, received);
	ring_set(TRANSMIT_RING, sent);
	registers[CONTROL] |= CONTROL_LINK_UP;
	registers[TRANSMIT] = TRANSMIT_ON;
	registers[RECEIVE] = RECEIVE_ON;
	registers[RECEIVE_RING + RING_TAIL] = RING - 1;
}

/* QEMU has sent it when the write of the tail returns. */
static void frame_return(uint8_t *frame, uint16_t length)
{
	struct descriptor *out = &sent[next_sent];

	for (uint32_t i = 0; i < ADDRESS; i++) {
		uint8_t from = frame[ADDRESS + i];

		frame[ADDRESS + i] = frame[i];
		frame[i] = from;
	}
	*out = (struct descriptor){.address = (uint32_t)(uintptr_t)frame, .length = length};
	out->checksum[1] = COMMAND_ONE;
	next_sent = (next_sent + 1) % RING;
	registers[TRANSMIT_RING + RING_TAIL] = next_sent;
}

void card_poll(void)
{
	for (uint32_t i = 0; registers && i < RING && received[next_received].status & DONE; i++) {
		struct descriptor *in = &received[next_received];
		uint8_t *frame = frames[next_received];

		if (frame[2 * ADDRESS] == PINGER_TYPE_HIGH &&
		    frame[2 * ADDRESS + 1] == PINGER_TYPE_LOW)
			frame_return(frame, in->length);
		in->status = 0;
		registers[RECEIVE_RING + RING_TAIL] = next_received;
		next_received = (next_received + 1) % RING;
	}
}
