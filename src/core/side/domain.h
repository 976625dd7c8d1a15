/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All events of a side's domain on its host, also of other processes, before the side and after it.
 */
#ifndef MIGTRACE_CORE_SIDE_DOMAIN_H
#define MIGTRACE_CORE_SIDE_DOMAIN_H

#include "core/side/side.h"

/* Compares two pointers to events, as of qsort(): by domain, then by time. */
int domain_compare(const void *a, const void *b);

/* Returns the recording's events in that order, to be freed; NULL where there is no memory. */
const struct mt_event **domains_sort(const struct recording *recording);

/* Returns those of one domain in them. */
struct domain domain_of(const struct mt_event *const *sorted, size_t count,
			const uint8_t uuid[MT_UUID]);

/* Returns the first event of the side's domain that is not before that one, of any domain; or NULL.
 */
const struct mt_event *domain_from(const struct side *side, const struct mt_event *first);

/* Returns its first one behind that one, or NULL. */
const struct mt_event *domain_next(const struct side *side, const struct mt_event *after);

/* Returns its last one before that one, of all for NULL; or NULL. */
const struct mt_event *domain_previous(const struct side *side, const struct mt_event *before);

#endif
