/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab guest's clocks: its TSC, and the one that KVM keeps for it. */
#include "clock.h"

#define TOLD_SHIFT 12

#define MSR_KVM_SYSTEM_TIME 0x4b564d01
#define KVM_CLOCK_ON	    1

/* The kernel's Documentation/virt/kvm/x86/msr.rst. KVM makes the version odd while it writes. */
static volatile struct {
	uint32_t version, pad;
	uint64_t tsc, ns;
	uint32_t mul;
	int8_t shift;
	uint8_t flags, pad2[2];
} kvmclock __attribute__((aligned(64)));

static uint64_t tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return lo | (uint64_t)hi << 32;
}

void kvmclock_begin(void)
{
	__asm__ volatile("wrmsr" ::"c"(MSR_KVM_SYSTEM_TIME),
			 "a"((uint32_t)&kvmclock | KVM_CLOCK_ON), "d"(0));
}

uint32_t tsc_told(void)
{
	return (uint32_t)(tsc() >> TOLD_SHIFT);
}

/* A product of 64 and 32 bits, without its lower 32. */
static uint64_t scaled(uint64_t value, uint32_t mul)
{
	return (((value & 0xffffffff) * mul) >> 32) + (value >> 32) * mul;
}

uint32_t kvmclock_told(void)
{
	uint32_t version;
	uint64_t ns;

	do {
		uint64_t passed;

		version = kvmclock.version;
		passed = tsc() - kvmclock.tsc;
		passed = kvmclock.shift < 0 ? passed >> -kvmclock.shift : passed << kvmclock.shift;
		ns = kvmclock.ns + scaled(passed, kvmclock.mul);
	} while (version & 1 || version != kvmclock.version);
	return (uint32_t)(ns >> TOLD_SHIFT);
}
