/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of the table of findings: what each says, and when it applies. */
#ifndef MIGTRACE_CORE_ACCOUNT_FINDING_ROW_H
#define MIGTRACE_CORE_ACCOUNT_FINDING_ROW_H

#include "core/account/account.h"
#include "core/account/finding.h"

/* How a row tells how much of a part it explains. */
enum sign {
	SIGN_NONE,
	SIGN_PART,	/* all of it, by what goes on in it alone */
	SIGN_WORK,	/* as long as they did not lack a CPU, if its threads were watched */
	SIGN_SLEPT,	/* as long as a thread that had its turn slept */
	SIGN_HELD,	/* as long as another call held what they waited for */
	SIGN_NO_CPU,	/* as long as it had no CPU */
	SIGN_THROTTLED, /* the same, because a quota was used up */
	SIGN_OTHERWISE, /* none: nothing else explains the downtime */
};

/* Lists end with NULL; NULL as a list is any. */
struct signs {
	enum sign sign;
	const char *const *parts; /* by their names */
	const char *const *in;	  /* SIGN_SLEPT: in these functions of the kernel */
};

struct finding_row {
	struct finding finding;
	bool (*applies)(const struct account *account);		 /* NULL: wherever the others do */
	struct signs signs;					 /* of parts of the downtime; or */
	struct quantity (*share)(const struct account *account); /* of other time; NULL: of none */
};

struct finding_rows {
	const struct finding_row *row;
	size_t count;
};

/* Return the rows, which are static: of how it ended, and of where time went. What is first in them
 * goes before what applies as well. */
struct finding_rows finding_ends(void);
struct finding_rows finding_times(void);

/* Returns whether the downtime is longer than QEMU's limit, which is not less than its default. */
bool downtime_is_long(const struct account *account);

#endif
