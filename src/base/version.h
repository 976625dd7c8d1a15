/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The version of migtrace: the one place that states it. */
#ifndef MIGTRACE_BASE_VERSION_H
#define MIGTRACE_BASE_VERSION_H

#define MIGTRACE_VERSION "0.1.0"

/* Returns "migtrace", the version, and in brackets the commit that it was built from, if known. */
const char *version_text(void);

#endif
