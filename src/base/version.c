/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The version as text: the one object that changes with every commit. */
#include "base/version.h"

#include "commit.h"

const char *version_text(void)
{
	return *MIGTRACE_COMMIT ? "migtrace " MIGTRACE_VERSION " (" MIGTRACE_COMMIT ")"
				: "migtrace " MIGTRACE_VERSION;
}
