/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace schema: the JSON Schema of what migtrace writes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "cmd/commands.h"
#include "schema/schema.h"

static enum status name_complain(const char *name)
{
	struct json_object *names = schema_names();
	const char *before = "";

	fprintf(stderr, "migtrace: %s: no schema; one of ", name);
	json_object_object_foreach(names, one, nothing)
	{
		(void)nothing;
		fprintf(stderr, "%s%s", before, one);
		before = ", ";
	}
	fprintf(stderr, "\n");
	json_object_put(names);
	return STATUS_USAGE;
}

static enum status print(struct json_object *document)
{
	const int flags =
		JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE;

	if (printf("%s\n", json_object_to_json_string_ext(document, flags)) >= 0 && !fflush(stdout))
		return STATUS_OK;
	fprintf(stderr, "migtrace: cannot write the schema: %s\n", strerror(errno));
	return STATUS_FAILURE;
}

enum status cmd_schema(const struct options *options)
{
	const char *name = options->file_count ? options->files[0] : NULL;
	struct json_object *document;
	enum status status;

	if (options->file_count > 1) {
		fprintf(stderr, "migtrace: schema takes one name, or none\n");
		return STATUS_USAGE;
	}
	document = schema_document(name);
	if (!document)
		return name_complain(name);
	status = print(document);
	json_object_put(document);
	return status;
}
