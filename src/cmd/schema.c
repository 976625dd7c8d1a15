/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace schema: the JSON Schema of what migtrace writes. */
#include <stdio.h>

#include "base/diag.h"
#include "base/json.h"
#include "cmd/commands.h"
#include "schema/schema.h"

static enum status name_warn(const char *name)
{
	struct json_object *names = schema_names();
	char list[512] = "";
	size_t used = 0;

	json_object_object_foreach(names, one, nothing)
	{
		(void)nothing;
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
						 used ? ", " : "", one);
	}
	diag("%s: no schema; one of %s", name, list);
	json_object_put(names);
	return STATUS_USAGE;
}

enum status cmd_schema(const struct options *options)
{
	const char *name = options->file_count ? options->files[0] : NULL;
	const int flags =
		JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE;
	struct json_object *document;

	if (options->file_count > 1) {
		diag("schema takes one name, or none");
		return STATUS_USAGE;
	}
	document = schema_document(name);
	if (!document)
		return name_warn(name);
	printf("%s\n", json_object_to_json_string_ext(document, flags));
	json_object_put(document);
	return STATUS_OK;
}
