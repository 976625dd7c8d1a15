/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab guest's ports: how it talks to what QEMU emulates. */
#ifndef LAB_GUEST_IO_H
#define LAB_GUEST_IO_H

#include <stdint.h>

#define PCI_ADDRESS 0xcf8
#define PCI_DATA    0xcfc

static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void outw(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void outl(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint16_t inw(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void pci_write(uint32_t at, uint32_t value)
{
	outl(PCI_ADDRESS, at);
	outl(PCI_DATA, value);
}

static inline uint32_t pci_read(uint32_t at)
{
	outl(PCI_ADDRESS, at);
	return inl(PCI_DATA);
}

#endif
