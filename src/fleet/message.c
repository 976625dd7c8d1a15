/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hosts and collectors say to each other: signed, checked, bounded. */
#include "fleet/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "base/json_line.h"

#define SCHEMA	   "migtrace.message/1"
#define SCHEMA_ANY "migtrace.message/"
#define MAC_LINE   (SHA256_TEXT - 1) /* behind the head's line, and ended by one */

static const char *const kind_names[MESSAGE_KINDS] = {
	[MESSAGE_HALF] = "half",
	[MESSAGE_GONE] = "gone",
	[MESSAGE_ASK] = "ask",
	[MESSAGE_STATE] = "state",
};

const char *message_fault_name(enum message_fault fault)
{
	static const char *const names[MESSAGE_FAULTS] = {
		[MESSAGE_OK] = "ok",
		[MESSAGE_OVERSIZED] = "oversized",
		[MESSAGE_MALFORMED] = "malformed",
		[MESSAGE_OTHER_VERSION] = "other_version",
		[MESSAGE_UNSIGNED] = "unsigned",
		[MESSAGE_DAMAGED] = "damaged",
		[MESSAGE_FOREIGN] = "foreign",
	};

	return names[fault];
}

const char *message_kind_name(enum message_kind kind)
{
	return kind_names[kind];
}

static void text_put(struct json_object *head, const char *key, const char *text)
{
	json_object_object_add(head, key, json_object_new_string(text));
}

static struct json_object *ranges_json(const struct message *message)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < message->missing_count; i++) {
		struct json_object *pair = json_object_new_array();

		json_object_array_add(pair, json_object_new_int64(message->missing[i].first));
		json_object_array_add(pair, json_object_new_int64(message->missing[i].last));
		json_object_array_add(array, pair);
	}
	return array;
}

static struct json_object *head_json(const struct message *message)
{
	struct json_object *head = json_object_new_object();
	char sha256[SHA256_TEXT];

	text_put(head, "schema", SCHEMA);
	text_put(head, "kind", kind_names[message->kind]);
	text_put(head, "host", message->host);
	text_put(head, "store", message->store);
	text_put(head, "nonce", message->nonce);
	json_object_object_add(head, "number", json_object_new_int64(message->number));
	if (message->kind == MESSAGE_HALF) {
		sha256_text(message->body, message->size, sha256);
		text_put(head, "id", message->id);
		text_put(head, "sha256", sha256);
	}
	if (message->kind == MESSAGE_STATE)
		json_object_object_add(head, "missing", ranges_json(message));
	return head;
}

int message_write(const struct message *message, const struct key *key, char **bytes, size_t *size)
{
	struct json_object *head = head_json(message);
	const char *line = head ? json_line(head) : NULL;
	size_t length = line ? strlen(line) : 0;
	char mac[SHA256_TEXT];

	*bytes = line ? malloc(length + 1 + MAC_LINE + sizeof("\n") + message->size) : NULL;
	if (*bytes) {
		key_sign(key, line, length, mac);
		*size = (size_t)sprintf(*bytes, "%s\n%s\n", line, mac);
		if (message->size)
			memcpy(*bytes + *size, message->body, message->size);
		*size += message->size;
	}
	json_object_put(head);
	return *bytes ? 0 : -ENOMEM;
}

bool message_host_is_valid(const char *host)
{
	size_t length = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_.");

	return length && length < HOST_NAME && !host[length] && host[0] != '.' && host[0] != '-';
}

/* Of the id's UUID there are eight digits, between the second and the third part: see
 * half_id_begin(). FNV-1a spreads them. */
unsigned int message_partition(const char *id)
{
	const char *digits = strchr(id, '-');
	uint32_t hash = UINT32_C(2166136261);

	for (digits = digits ? digits + 1 : ""; *digits && *digits != '-'; digits++)
		hash = (hash ^ (uint8_t)*digits) * UINT32_C(16777619);
	return hash % PARTITIONS;
}

/* Returns whether there is a text of that length at most; room counts the closing NUL. */
static bool text_get(struct json_object *head, const char *key, char *text, size_t room)
{
	struct json_object *value;

	if (!json_object_object_get_ex(head, key, &value) ||
	    !json_object_is_type(value, json_type_string) ||
	    (size_t)json_object_get_string_len(value) >= room ||
	    strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
		return false;
	strcpy(text, json_object_get_string(value));
	return true;
}

static bool number_get(struct json_object *value, int64_t *number)
{
	if (!json_object_is_type(value, json_type_int))
		return false;
	*number = json_object_get_int64(value);
	return *number >= 0 && *number < INT64_MAX;
}

static bool hex_is_valid(const char *text, size_t length)
{
	return strlen(text) == length && strspn(text, "0123456789abcdef") == length;
}

static bool ranges_get(struct json_object *head, struct message *message)
{
	struct json_object *array;

	if (!json_object_object_get_ex(head, "missing", &array) ||
	    !json_object_is_type(array, json_type_array) ||
	    json_object_array_length(array) > RANGES_MAX)
		return false;
	message->missing_count = json_object_array_length(array);
	for (size_t i = 0; i < message->missing_count; i++) {
		struct json_object *pair = json_object_array_get_idx(array, i);
		struct range *range = &message->missing[i];

		if (!json_object_is_type(pair, json_type_array) ||
		    json_object_array_length(pair) != 2 ||
		    !number_get(json_object_array_get_idx(pair, 0), &range->first) ||
		    !number_get(json_object_array_get_idx(pair, 1), &range->last) ||
		    range->first < 1 || range->last < range->first)
			return false;
	}
	return true;
}

static bool kind_get(struct json_object *head, enum message_kind *kind)
{
	char name[16];

	if (!text_get(head, "kind", name, sizeof(name)))
		return false;
	for (*kind = 0; *kind < MESSAGE_KINDS; ++*kind)
		if (!strcmp(name, kind_names[*kind]))
			return true;
	return false;
}

static bool half_get(struct json_object *head, struct message *message)
{
	return text_get(head, "id", message->id, sizeof(message->id)) &&
	       half_id_is_valid(message->id) &&
	       text_get(head, "sha256", message->sha256, sizeof(message->sha256)) &&
	       hex_is_valid(message->sha256, SHA256_TEXT - 1) && message->number >= 1;
}

static bool fields_get(struct json_object *head, struct message *message)
{
	struct json_object *number;

	if (!kind_get(head, &message->kind) ||
	    !text_get(head, "host", message->host, sizeof(message->host)) ||
	    !message_host_is_valid(message->host) ||
	    !text_get(head, "store", message->store, sizeof(message->store)) ||
	    !hex_is_valid(message->store, SENDER_TEXT - 1) ||
	    !text_get(head, "nonce", message->nonce, sizeof(message->nonce)) ||
	    !hex_is_valid(message->nonce, NONCE_TEXT - 1) ||
	    !json_object_object_get_ex(head, "number", &number) ||
	    !number_get(number, &message->number))
		return false;
	if (message->kind == MESSAGE_HALF)
		return half_get(head, message);
	if (message->size)
		return false;
	return message->kind != MESSAGE_STATE || ranges_get(head, message);
}

static enum message_fault head_read(const char *line, size_t length, struct message *message)
{
	struct json_tokener *tokener = json_tokener_new_ex(4);
	struct json_object *head = NULL;
	enum message_fault fault = MESSAGE_MALFORMED;
	char schema[64];

	if (tokener) {
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
		head = json_tokener_parse_ex(tokener, line, (int)length);
	}
	if (json_object_is_type(head, json_type_object) &&
	    text_get(head, "schema", schema, sizeof(schema))) {
		if (!strcmp(schema, SCHEMA))
			fault = fields_get(head, message) ? MESSAGE_OK : MESSAGE_MALFORMED;
		else if (!strncmp(schema, SCHEMA_ANY, strlen(SCHEMA_ANY)))
			fault = MESSAGE_OTHER_VERSION;
	}
	json_object_put(head);
	if (tokener)
		json_tokener_free(tokener);
	return fault;
}

/* In a time that does not depend on where they differ. */
static bool are_equal(const char *a, const char *b, size_t length)
{
	unsigned char differs = 0;

	for (size_t i = 0; i < length; i++)
		differs |= (unsigned char)(a[i] ^ b[i]);
	return !differs;
}

enum message_fault message_read(const void *bytes, size_t size, message_key_fn *key_get, void *arg,
				struct message *message)
{
	const char *line = size ? bytes : "";
	const char *end = memchr(line, '\n', size < MESSAGE_HEAD_MAX ? size : MESSAGE_HEAD_MAX);
	size_t length = end ? (size_t)(end - line) : 0, head = length + 1 + MAC_LINE + 1;
	char mac[SHA256_TEXT], sha256[SHA256_TEXT];
	enum message_fault fault;
	struct key key;

	*message = (struct message){0};
	if (size > MESSAGE_MAX)
		return MESSAGE_OVERSIZED;
	if (!end || size < head || line[head - 1] != '\n')
		return MESSAGE_MALFORMED;
	message->body = line + head;
	message->size = size - head;
	if (message->size > MESSAGE_BODY_MAX)
		return MESSAGE_OVERSIZED;
	fault = head_read(line, length, message);
	if (fault)
		return fault;
	key_get(arg, message->host, &key);
	key_sign(&key, line, length, mac);
	if (!are_equal(mac, end + 1, MAC_LINE))
		return MESSAGE_UNSIGNED;
	if (message->kind != MESSAGE_HALF)
		return MESSAGE_OK;
	sha256_text(message->body, message->size, sha256);
	return strcmp(sha256, message->sha256) ? MESSAGE_DAMAGED : MESSAGE_OK;
}
