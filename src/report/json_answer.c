/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened, why, and what to do, in JSON: the first lines of the text. */
#include "report/object.h"

#include "base/text.h"
#include "core/account/cause.h"
#include "report/answer.h"
#include "report/words.h"

/* null where it did not end, or was not to be there any more. */
static struct json_object *ended_json(const struct guest_end *end)
{
	struct json_object *object;

	if (end->by == ENDED_BY_NOBODY)
		return NULL;
	object = json_object_new_object();
	add_string(object, "who", ended_by_name(end->by));
	add_string(object, "how", end->how);
	json_object_object_add(object, "number", json_object_new_int(end->number));
	return object;
}

static struct json_object *errors_json(const struct account *account)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < account->said_count; i++) {
		const struct said *said = &account->said[i];
		struct json_object *object = json_object_new_object();

		add_string(object, "side", role_name(said->role));
		add_string(object, "from", said->is_qemus ? "qemu" : "libvirt");
		json_object_object_add(object, "text", text_json(said->text, said->len));
		json_object_array_add(list, object);
	}
	return list;
}

/* The command is whole. */
static void add_command(struct json_object *object, const char *command,
			const struct account *account)
{
	char text[COMMAND_TEXT];

	command_format(command, account->uuid, text);
	add_string(object, "command", text[0] ? text : NULL);
}

static struct json_object *left_over_json(const struct account *account)
{
	struct json_object *list = json_object_new_array();
	const struct left_over *left = account->left_over;

	for (size_t i = 0; i < account->left_over_count; i++) {
		struct json_object *object = json_object_new_object();
		const struct account_side *side = &account->side[left[i].role];

		add_string(object, "side", role_name(left[i].role));
		add_string(object, "host", side->host);
		add_string(object, "what", left[i].what);
		json_object_object_add(object, "since_ns",
				       left[i].real_ns ? json_object_new_int64(left[i].real_ns)
						       : NULL);
		add_command(object, left[i].command, account);
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *advice_json(const struct account *account)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < account->found_count; i++) {
		const struct finding *finding = account->found[i].finding;
		struct json_object *object;

		if (!finding_is_advice(finding))
			continue;
		object = json_object_new_object();
		add_string(object, "code", finding->name);
		add_string(object, "text", finding->advice);
		add_command(object, finding->command, account);
		json_object_object_add(object, "urgent",
				       json_object_new_boolean(finding->kind == FINDING_ALARM));
		json_object_array_add(list, object);
	}
	return list;
}

/* Of which part, and how much it explains: null where it is about no time. */
static void add_share(struct json_object *object, const struct found *found)
{
	char name[PART_TEXT];

	if (found->part)
		part_name(found->part, name);
	add_string(object, "part", found->part ? name : NULL);
	add_string(object, "side", found->part ? place_name(found->part->place) : NULL);
	json_object_object_add(object, "share",
			       found->share.known ? quantity_json(&found->share) : NULL);
}

static struct json_object *findings_json(const struct account *account)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < account->found_count; i++) {
		const struct found *found = &account->found[i];
		struct json_object *object = json_object_new_object();

		add_string(object, "code", found->finding->code);
		add_string(object, "name", found->finding->name);
		add_share(object, found);
		add_string(object, "text", found->finding->text);
		add_string(object, "advice", found->finding->advice);
		add_command(object, found->finding->command, account);
		json_object_array_add(list, object);
	}
	return list;
}

void answer_add(struct json_object *object, const struct account *account)
{
	char cause[CAUSE_TEXT];

	cause_of_end(account, cause);
	add_string(object, "guest", guest_text(account));
	add_string(object, "told", told_name(account->told));
	add_string(object, "cause", cause[0] ? cause : NULL);
	json_object_object_add(object, "ended_by", ended_json(&account->guest_end));
	json_object_object_add(object, "errors", errors_json(account));
	json_object_object_add(object, "left_over", left_over_json(account));
	json_object_object_add(object, "advice", advice_json(account));
	json_object_object_add(object, "findings", findings_json(account));
}
