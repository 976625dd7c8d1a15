/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of migration it was, as far as its events show it. */
#ifndef MIGTRACE_CORE_MATCH_FLAVOUR_H
#define MIGTRACE_CORE_MATCH_FLAVOUR_H

#include "core/event/tristate.h"
#include "core/match/migration.h"

enum control {
	CONTROL_UNKNOWN,
	CONTROL_P2P,	/* the source's daemon calls the destination's */
	CONTROL_DIRECT, /* a client calls both */
};

#define STATUS_POSTCOPY "postcopy-active"

/* Returns whether the side's libvirt has heard of that status of QEMU's; side: NULL has not. */
bool side_had_status(const struct side *side, const char *status);

enum control migration_control(const struct migration *migration);

/* A guest that does not run is migrated offline: only its definition moves. */
enum tristate migration_is_offline(const struct migration *migration);
enum tristate migration_is_tunnelled(const struct migration *migration);
enum tristate migration_is_postcopy(const struct migration *migration);
/* A post-copy migration that was broken goes on: the guest has been moved before. */
enum tristate migration_is_recovery(const struct migration *migration);

#endif
