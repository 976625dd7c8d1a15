/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks libvirt what it says of a domain's last job. */
#include "libvirt/stats.h"

#include <stdio.h>
#include <string.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <uuid/uuid.h>

#include "base/json.h"
#include "core/recording/recording.h"
#include "base/text.h"

static void error_ignore(void *arg, virErrorPtr error)
{
	(void)arg, (void)error; /* it is in the answer */
}

static void add_text(struct json_object *answer, const char *key, const char *text)
{
	char safe[TEXT_UTF8_MAX(JOB_ERROR - 1)];
	size_t len = strlen(text);

	text_to_utf8(safe, text, len < (JOB_ERROR - 1) / 3 ? len : (JOB_ERROR - 1) / 3);
	json_object_object_add(answer, key, json_object_new_string(safe));
}

static void add_error(struct json_object *answer, const char *what)
{
	const char *why = virGetLastErrorMessage();

	add_text(answer, "error", why && *why ? why : what);
}

/* Numbers of any width; texts as they are. */
static void add_field(struct json_object *fields, const virTypedParameter *parameter)
{
	struct json_object *value = NULL;

	switch (parameter->type) {
	case VIR_TYPED_PARAM_INT:
		value = json_object_new_int64(parameter->value.i);
		break;
	case VIR_TYPED_PARAM_UINT:
		value = json_object_new_int64(parameter->value.ui);
		break;
	case VIR_TYPED_PARAM_LLONG:
		value = json_object_new_int64(parameter->value.l);
		break;
	case VIR_TYPED_PARAM_ULLONG:
		value = json_object_new_uint64(parameter->value.ul);
		break;
	case VIR_TYPED_PARAM_BOOLEAN:
		value = json_object_new_boolean(parameter->value.b);
		break;
	case VIR_TYPED_PARAM_STRING:
		add_text(fields, parameter->field, parameter->value.s);
		return;
	default:
		return;
	}
	json_object_object_add(fields, parameter->field, value);
}

struct json_object *job_fields(const struct _virTypedParameter *parameters, int count)
{
	struct json_object *fields = json_object_new_object();

	for (int i = 0; i < count; i++)
		add_field(fields, &parameters[i]);
	return fields;
}

static void ask_stats(virDomainPtr domain, struct json_object *answer)
{
	virTypedParameterPtr parameters = NULL;
	int type, count = 0;

	if (virDomainGetJobStats(domain, &type, &parameters, &count,
				 VIR_DOMAIN_JOB_STATS_COMPLETED |
					 VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED)) {
		add_error(answer, "no statistics");
		return;
	}
	json_object_object_add(answer, "type", json_object_new_int(type));
	json_object_object_add(answer, "fields", job_fields(parameters, count));
	virTypedParamsFree(parameters, count);
}

/* libvirt's UUID of the host is the first in what it can do. */
static void ask_host(virConnectPtr connection, struct json_object *answer)
{
	char *capabilities = virConnectGetCapabilities(connection);
	const char *at = capabilities ? strstr(capabilities, "<uuid>") : NULL;
	char text[UUID_TEXT];
	uuid_t uuid;

	if (at && sscanf(at, "<uuid>%36[0-9a-fA-F-]<", text) == 1 && !uuid_parse(text, uuid))
		add_text(answer, "hostuuid", text);
	free(capabilities);
}

static virDomainPtr domain_find(virConnectPtr connection, const char *name)
{
	uuid_t uuid;

	return uuid_parse(name, uuid) ? virDomainLookupByName(connection, name)
				      : virDomainLookupByUUIDString(connection, name);
}

static void ask_domain(virConnectPtr connection, const char *name, struct json_object *answer)
{
	virDomainPtr domain = domain_find(connection, name);
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (!domain) {
		add_error(answer, "no such domain");
		return;
	}
	if (!virDomainGetUUIDString(domain, uuid))
		json_object_object_add(answer, "uuid", json_object_new_string(uuid));
	ask_stats(domain, answer);
	virDomainFree(domain);
}

struct json_object *job_ask(const char *uri, const char *domain, bool wants_host)
{
	struct json_object *answer = json_object_new_object();
	virConnectPtr connection;
	unsigned long version = 0;

	virSetErrorFunc(NULL, error_ignore);
	connection = virConnectOpenReadOnly(uri);
	if (!connection) {
		add_error(answer, "no connection");
		return answer;
	}
	virConnectGetLibVersion(connection, &version);
	json_object_object_add(answer, "libvirt", json_object_new_uint64(version));
	ask_domain(connection, domain, answer);
	if (wants_host)
		ask_host(connection, answer);
	virConnectClose(connection);
	return answer;
}
