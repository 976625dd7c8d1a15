/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors as JSON Lines, for those who asked for JSON. */
#ifndef MIGTRACE_REPORT_ERRORS_H
#define MIGTRACE_REPORT_ERRORS_H

/*
 * From now on each line on stderr is an object {"schema":"migtrace.error/1","error":"..."}. Returns
 * 0 or -ENOMEM; twice does no harm.
 */
int errors_as_json(void);

/* From now on what a terminal would obey is written to stderr as ?, whoever named it so. */
void errors_guard(void);

#endif
