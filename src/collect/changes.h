/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is usual of migrations that were found, and when that changed. */
#ifndef MIGTRACE_COLLECT_CHANGES_H
#define MIGTRACE_COLLECT_CHANGES_H

#include <json-c/json.h>

#include "collect/database.h"
#include "core/figures/series.h"

#define CHANGES_MOST SERIES_MAX /* of the last ones */

/*
 * Returns what there is to say of the completed migrations that MIGRATIONS_SERIES finds by the
 * values, as a document, the caller's; NULL with a line on stderr.
 */
struct json_object *changes_json(struct database *database, const struct value *values,
				 size_t count);

#endif
