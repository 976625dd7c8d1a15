/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The version of migtrace: the one place that states it. */
#ifndef MIGTRACE_VERSION_H
#define MIGTRACE_VERSION_H

#define MIGTRACE_VERSION "0.1.0"

#endif
