/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long to wait where nobody answers: longer each time, and not all at once. */
#include "fleet/backoff.h"

#include <sys/random.h>

int backoff_ms(int first_ms, int most_ms, unsigned int doublings)
{
	unsigned int jitter = 0;
	int pause_ms = first_ms;

	while (doublings-- && pause_ms < most_ms)
		pause_ms *= 2;
	if (pause_ms > most_ms)
		pause_ms = most_ms;
	getrandom(&jitter, sizeof(jitter), GRND_NONBLOCK);
	return pause_ms / 2 + (int)(jitter % (unsigned int)(pause_ms / 2));
}
