/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings as `migtrace explain` prints them. */
#ifndef MIGTRACE_REPORT_FINDING_PAGE_H
#define MIGTRACE_REPORT_FINDING_PAGE_H

#include <stdio.h>

#include "core/account/finding.h"

/* Prints what the finding means, by what it is found, what it does not mean, and what helps. */
void finding_page(FILE *out, const struct finding *finding);

/* Prints a line for each finding that there is, in the order of codes. */
void finding_list(FILE *out);

#endif
