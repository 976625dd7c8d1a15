/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ends the process where there is no memory for what is to be said. */
#include "base/memory.h"

#include <unistd.h>

#include "base/status.h"

/* As it is, whatever stderr has become: that may take memory, too. */
void memory_require(bool is_there)
{
	static const char said[] = "migtrace: out of memory\n";

	if (is_there)
		return;
	_exit(write(STDERR_FILENO, said, sizeof(said) - 1) < 0 ? STATUS_LEFT : STATUS_FAILURE);
}
