/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks libvirt what it says of a domain's last job. */
#ifndef MIGTRACE_LIBVIRT_STATS_H
#define MIGTRACE_LIBVIRT_STATS_H

#include <stdbool.h>

struct json_object;
struct _virTypedParameter;

/*
 * Asks the daemon at the URI, read-only, for the job's statistics, and leaves them there. domain is
 * a name or a UUID. Takes as long as the daemon does: for the host's UUID some seconds, if it has
 * yet to look at its emulators. Returns a new object with "uuid", "hostuuid" if wanted, "libvirt"
 * (its version's number), "type" and "fields", or with "error" in words.
 */
struct json_object *job_ask(const char *uri, const char *domain, bool wants_host);

/* Returns libvirt's parameters as a new object of numbers and texts. */
struct json_object *job_fields(const struct _virTypedParameter *parameters, int count);

#endif
