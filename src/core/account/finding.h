/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to say of a migration that a person can act on: each with a code that never
 * changes. */
#ifndef MIGTRACE_CORE_ACCOUNT_FINDING_H
#define MIGTRACE_CORE_ACCOUNT_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "core/event/quantity.h"

#define FINDINGS_MAX 64
#define COMMAND_TEXT 160

struct account;
struct part;

/* In the order in which they are told. */
enum finding_kind {
	FINDING_ALARM,	 /* the guest is lost, or its disk will be, unless somebody acts */
	FINDING_FAILURE, /* why the migration did not complete */
	FINDING_LEFT,	 /* what it left to be done */
	FINDING_TIME,	 /* why the downtime was long */
	FINDING_ELAPSED, /* why more than that was */
	FINDING_NOTE,	 /* what is good to know */
	FINDING_KINDS
};

/* Strings are static. */
struct finding {
	const char *code; /* "MT001"; it is never another one's */
	const char *name; /* for scripts, and for people to remember */
	enum finding_kind kind;
	const char *text;    /* what it is, in one sentence */
	const char *seen;    /* by what it is found */
	const char *is_not;  /* what it does not say */
	const char *advice;  /* what helps */
	const char *command; /* with the domain's UUID for %s, as a name may hold what a shell would
				run; or NULL */
};

/* A finding of a migration. */
struct found {
	const struct finding *finding;
	const struct part *part; /* of the account's breakdown: the longest; or NULL */
	struct quantity share;	 /* of the time that it explains; unknown where it explains none */
};

/*
 * Finds all that applies to that, for the account to have it: in order of their kinds, and what
 * explains the most time first. Returns how many there are.
 */
size_t findings_of(const struct account *account, struct found found[FINDINGS_MAX]);

/* Returns why it did not complete, as far as the hosts show it: the first that applies, or NULL. */
const struct finding *finding_of_failure(const struct account *account);

/* Returns the finding of that place in the order of codes, from 0 on; NULL: there are no more. */
const struct finding *finding_at(size_t place);

/* Returns what a kind is called, static. */
const char *finding_kind_name(enum finding_kind kind);

/* Returns whether it says what is to be done after the migration. */
bool finding_is_advice(const struct finding *finding);

/* Writes the command, whole, of that domain: "" where there is none. */
void command_format(const char *command, const char *domain, char text[COMMAND_TEXT]);

#endif
