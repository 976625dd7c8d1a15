/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What verify says: of each migration, and of all. */
#ifndef MIGTRACE_REPORT_VERIFY_H
#define MIGTRACE_REPORT_VERIFY_H

#include "report/report.h"

struct verify_counts {
	size_t migrations, judged;
	size_t verdicts[VERDICT_KINDS]; /* of libvirt's numbers */
};

/* What stands before all migrations, each one, and after them. Return 0 or -errno of the write. */
struct verify_format {
	int (*begin)(FILE *out);
	int (*migration)(FILE *out, const struct account *account);
	int (*end)(FILE *out, const struct verify_counts *counts);
};

/* Returns the name of one of struct libvirt_stamps' quantities, static; NULL behind the last. */
const char *input_name(size_t index);

extern const struct verify_format verify_text, verify_json, verify_junit;

#endif
