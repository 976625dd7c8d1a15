/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether numbers that libvirt reports are of this migration, or of another job. */
#ifndef MIGTRACE_CORE_VERDICT_IDENTITY_H
#define MIGTRACE_CORE_VERDICT_IDENTITY_H

#include "core/figures/figures.h"
#include "core/match/migration.h"
#include "core/recording/reported.h"

/* By what does not depend on the hosts' clocks. */
enum identity {
	IDENTITY_UNKNOWN,
	IDENTITY_FITS,
	IDENTITY_OTHER,
};

enum identity reported_identity(const struct migration *migration, const struct figures *figures,
				enum role role, const struct reported *reported);

/* Returns whether they are of a job in the role's direction, or do not say of which. */
bool reported_is_of_role(const struct reported *reported, enum role role);

/* Returns whether libvirt reported the very same of an earlier job: then it means that one. */
bool reported_is_of_earlier(const struct reported *reported, const struct side *side);

/* Returns whether the side's job has completed as far as it can know, though the
 * migration has not. */
bool completed_on(const struct migration *migration, enum role role);

#endif
