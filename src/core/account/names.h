/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the domain and the hosts of a migration are called. */
#ifndef MIGTRACE_CORE_ACCOUNT_NAMES_H
#define MIGTRACE_CORE_ACCOUNT_NAMES_H

#include <stddef.h>

#include "core/match/migration.h"

/* Returns the host's name as its daemon has it, or as the recorder had it. */
const char *side_host(const struct side *side);

/* Returns libvirt's UUID of the host, "" if not known. */
const char *side_hostuuid(const struct side *side);

/*
 * Copies what the side itself knows of the other host: a destination the name that the source's
 * cookie has, a source the address of its first connection. "" where it knows nothing.
 */
void side_peer(const struct side *side, char *peer, size_t size);

/* Copies the domain's name to name, "" if it was not seen. */
void migration_name(const struct migration *migration, char *name, size_t size);

#endif
