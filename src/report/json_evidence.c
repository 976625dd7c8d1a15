/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was recorded and is not believed, and what the recordings lack, as JSON. */
#include "report/object.h"

#include "report/words.h"

/* Only where there is something of which nothing else of the report is made. */
static void disbelief_add(struct json_object *object, const struct account *account)
{
	struct json_object *pids = json_object_new_object(), *why = json_object_new_object();

	for (size_t i = 0; i < 2; i++) {
		const struct account_side *side = &account->side[i];

		if (side->impostor)
			json_object_object_add(pids, role_name((enum role)i),
					       json_object_new_int64(side->impostor));
		if (side->not_own)
			add_string(why, role_name((enum role)i), side->not_own);
	}
	if (json_object_object_length(pids))
		json_object_object_add(object, "not_believed", json_object_get(pids));
	if (json_object_object_length(why))
		json_object_object_add(object, "not_shown", json_object_get(why));
	json_object_put(pids);
	json_object_put(why);
}

/* Only where a recording lacks something. */
static void gaps_add(struct json_object *object, const struct account *account)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < 2; i++) {
		const struct account_side *side = &account->side[i];
		struct json_object *one;

		if (!side->gap_count)
			continue;
		one = json_object_new_object();
		add_string(one, "side", role_name((enum role)i));
		add_string(one, "why", side->gap.why);
		json_object_object_add(
			one, "from_real_ns",
			json_object_new_int64(side_real_ns(side->side, side->gap.from_ns)));
		json_object_object_add(one, "ns",
				       json_object_new_int64(side->gap.to_ns - side->gap.from_ns));
		json_object_object_add(one, "count", json_object_new_uint64(side->gap_count));
		json_object_array_add(array, one);
	}
	if (json_object_array_length(array))
		json_object_object_add(object, "gaps", json_object_get(array));
	json_object_put(array);
}

void evidence_add(struct json_object *object, const struct account *account)
{
	disbelief_add(object, account);
	gaps_add(object, account);
}
