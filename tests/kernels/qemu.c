/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stand-in for QEMU, of a UUID of its own, that stops and starts its vCPUs without a pause. */
/* qemu-system-hammer -uuid UUID SECONDS: as hammer.c, but with one line, of the number of times. */
#include <sched.h>
#include <stdlib.h>
#include <uuid/uuid.h>

#define main stand_in_main
#include "../bpf/qemu.c"
#undef main

#define SILENT_HITS 500

static void stop_and_start(void)
{
	int state = 4;

	vcpus_stop();
	migrate_set_state(&state, 4, 11);
	migrate_set_state(&state, 11, 12);
	devices_save();
	vcpus_start(0);
}

int main(int argc, char **argv)
{
	unsigned int count = 0;
	cpu_set_t cpus;
	time_t end;

	if (argc != 4 || uuid_parse(argv[2], qemu_uuid))
		return 2;
	CPU_ZERO(&cpus);
	CPU_SET(1, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	puts("ready");
	fflush(stdout);
	getchar();
	puts("begins");
	fflush(stdout);
	getchar();
	end = time(NULL) + atoi(argv[3]);
	for (; time(NULL) < end; count++) {
		stop_and_start();
		for (int i = 0; i < SILENT_HITS; i++)
			cpu_exec_start((void *)1); /* gives no event while they run */
	}
	printf("%s %u\n", argv[2], count);
	return 0;
}
