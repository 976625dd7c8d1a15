/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is reported of one migration, made once: formats, live and the exit status
 * only read it. */
#ifndef MIGTRACE_CORE_ACCOUNT_ACCOUNT_H
#define MIGTRACE_CORE_ACCOUNT_ACCOUNT_H

#include "core/account/finding.h"
#include "core/account/left_over.h"
#include "core/account/names.h"
#include "core/account/said.h"
#include "core/figures/figures.h"
#include "core/match/flavour.h"
#include "core/match/outcome.h"
#include "core/match/place_left.h"
#include "core/passes/forecast.h"
#include "core/standstill/devices.h"
#include "core/verdict/qemu_numbers.h"
#include "core/verdict/verdict.h"

/* libvirt's own numbers of one side. */
struct numbers {
	struct reported reported;
	const char *silent; /* why there are none, NULL where there are */
	/* They are its event's: why it does not give them when it is asked; NULL if it does. */
	const char *by_event;
};

/* What is known of one side. */
struct account_side {
	const struct side *side;     /* NULL: not seen; then only numbers may be there */
	const char *host, *hostuuid; /* "" if not known */
	uint32_t impostor;	     /* the pid of a QEMU that was not believed
				      * (core/side/window.h); 0: none */
	struct numbers numbers;
	/* Whether the numbers are this job's, if they are of one that completed. */
	enum identity identity;
	const char *not_own; /* why the numbers that there were are not shown, or NULL */
	struct device device[DEVICES_MAX];
	size_t device_count;
	struct gap gap;	  /* the first one of its recording while it ran, */
	size_t gap_count; /* of so many */
};

/* How the migration was made. */
struct flavour {
	enum control control;
	enum tristate postcopy, recovery, offline, tunnelled;
};

/* What keeps an account from being whole: the first that applies. */
enum lack {
	LACK_NONE,
	LACK_CLOCKS,   /* they contradict each other */
	LACK_ONE_COPY, /* a side is in two recordings: it is not sure which one is right */
	LACK_SIDE,     /* one was not seen */
	LACK_DOMAIN,   /* conflicting domain UUIDs */
	LACK_EVENTS,   /* some may be missing: figures.hole says why */
	LACK_END,      /* was not seen */
};

/* Strings that it points to are static, or the recordings'. */
struct account {
	const struct migration *migration;
	char uuid[UUID_TEXT], name[MT_TEXT]; /* the domain's; "" if it was not seen */
	int64_t real_ns; /* when it began by the source's wall clock, or the destination's; 0:
			    unknown */
	struct account_side side[2]; /* by enum role */
	enum outcome outcome;
	enum place_left left;
	struct guest_end guest_end; /* of the guest where it was, or was to run */
	enum told told;
	struct said said[SAID_MAX];
	size_t said_count;
	bool has_moved; /* the guest, to the destination */
	struct flavour flavour;
	struct figures figures; /* with each vCPU's blackout, and the parts of the standstill */
	/* The downtime and the time since the start; of one host alone its part of them. */
	struct quantity downtime_seen, elapsed_seen;
	struct passes passes; /* over the guest's RAM */
	/* Of one that completed, as it was to be made half-way; else as it ended. */
	struct forecast forecast;
	struct verdicts verdicts; /* on libvirt's numbers, */
	struct qemu_numbers qemu; /* and on its QEMU's */
	enum lack lack;
	struct left_over left_over[LEFT_OVERS_MAX];
	size_t left_over_count;
	struct found found[FINDINGS_MAX]; /* what there is to say of it */
	size_t found_count;
};

/* What an account is to be made of, besides the migration. {0}: what a report shows. */
struct account_request {
	/* By enum role: NULL are the numbers that were recorded. */
	const struct numbers *numbers[2];
	bool judges_all; /* not only what a report shows, but each field, be it another job's */
	int64_t tolerance_ns; /* of verdicts */
};

/* Makes the account. The migration, and its recordings, have to live as long. */
void account_make(const struct migration *migration, const struct account_request *request,
		  struct account *account);

/* Returns the source's side, or the destination's where that was not seen. */
const struct account_side *account_seen(const struct account *account);

/* Returns when the job started, by the source's clock, or its first event there; 0: not seen. */
int64_t account_start_ns(const struct account *account);

/* Returns whether both sides were seen. */
bool account_has_both(const struct account *account);

#endif
