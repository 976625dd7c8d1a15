/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a trace says of a migration, of a host and of a span: as attributes. */
#ifndef MIGTRACE_REPORT_OTLP_ATTRIBUTES_H
#define MIGTRACE_REPORT_OTLP_ATTRIBUTES_H

#include "base/json.h"
#include "core/picture/timeline.h"

/* All return a new list. Of a migration: what it was, and its figures with their bounds. */
struct json_object *migration_attributes(const struct account *account,
					 const struct timeline *timeline, enum role axis);

/* Of a host whose recording is shown. */
struct json_object *host_attributes(const struct account_side *side);

/* Of a span or an instant, on an axis that begins at zero_ns of the wall clock. */
struct json_object *span_attributes(const struct timeline_span *span, int64_t zero_ns);

/* Returns whose span it is: of a part who had its turn, and of what is both hosts' the source. */
enum role span_role(const struct timeline_span *span);

#endif
