/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report as one JSON object on one line, schema migtrace.migration/1. */
#include "report/object.h"

#include <string.h>

#include "base/json_line.h"
#include "base/text.h"
#include "report/words.h"

#define MIGRATION_SCHEMA "migtrace.migration/1"

void add_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value ? text_json(value, strlen(value)) : NULL);
}

void add_opt(struct json_object *object, const char *key, const struct opt_i64 *number)
{
	json_object_object_add(object, key,
			       number->known ? json_object_new_int64(number->v) : NULL);
}

struct json_object *quantity_json(const struct quantity *quantity)
{
	struct json_object *object = json_object_new_object();

	if (!quantity->known) {
		add_string(object, "unknown", quantity->why_unknown);
		return object;
	}
	json_object_object_add(object, "est_ns", json_object_new_int64(quantity->est_ns));
	json_object_object_add(object, "lo_ns", json_object_new_int64(quantity->lo_ns));
	json_object_object_add(object, "hi_ns", json_object_new_int64(quantity->hi_ns));
	add_string(object, "how", quantity->how);
	return object;
}

static struct json_object *domain_json(const struct account *account)
{
	struct json_object *object = json_object_new_object();

	add_string(object, "uuid", account->uuid);
	add_string(object, "name", account->name[0] ? account->name : NULL);
	return object;
}

static struct json_object *side_json(const struct account_side *side)
{
	struct json_object *object;

	if (!side->side)
		return NULL;
	object = json_object_new_object();
	add_string(object, "host", side->host);
	add_string(object, "hostuuid", side->hostuuid[0] ? side->hostuuid : NULL);
	return object;
}

static struct json_object *answer_json(enum tristate answer)
{
	return answer == ANSWER_UNKNOWN ? NULL : json_object_new_boolean(answer == ANSWER_YES);
}

static struct json_object *flavour_json(const struct flavour *flavour)
{
	struct json_object *object = json_object_new_object();

	add_string(object, "control", control_name(flavour->control));
	json_object_object_add(object, "postcopy", answer_json(flavour->postcopy));
	json_object_object_add(object, "recovery", answer_json(flavour->recovery));
	json_object_object_add(object, "offline", answer_json(flavour->offline));
	json_object_object_add(object, "tunnelled", answer_json(flavour->tunnelled));
	return object;
}

/* How much faster the destination's clock is, parts per 10^9; null where nothing bounds it. */
static struct json_object *drift_json(const struct clocks *clocks)
{
	struct json_object *object;

	if (clocks->verdict != CLOCK_BOUNDED)
		return NULL;
	object = json_object_new_object();
	json_object_object_add(object, "lo_ppb", json_object_new_int64(clocks->drift_lo_ppb));
	json_object_object_add(object, "hi_ppb", json_object_new_int64(clocks->drift_hi_ppb));
	return object;
}

static struct json_object *clock_json(const struct clocks *clocks)
{
	struct json_object *object = json_object_new_object(), *from = json_object_new_array();
	const char *names[CLOCK_SOURCES];
	size_t count = clock_sources(clocks, names);

	json_object_object_add(object, "offset", quantity_json(&clocks->offset));
	json_object_object_add(object, "consistent",
			       json_object_new_boolean(clocks->verdict != CLOCK_INCONSISTENT));
	for (size_t i = 0; i < count; i++)
		json_object_array_add(from, json_object_new_string(names[i]));
	json_object_object_add(object, "from", from);
	json_object_object_add(object, "drift", drift_json(clocks));
	json_object_object_add(object, "messages",
			       json_object_new_int64((int64_t)clocks->messages));
	return object;
}

static struct json_object *verdicts_json(const struct verdicts *verdicts)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < verdicts->count; i++) {
		const struct verdict *verdict = &verdicts->verdict[i];
		struct json_object *one = json_object_new_object();

		add_string(one, "side", role_name(verdict->role));
		add_string(one, "field", reported_name(verdict->field));
		json_object_object_add(one, "reported_ms",
				       verdict->is_there ? json_object_new_int64(verdict->ms)
							 : NULL);
		add_string(one, "verdict", verdict_name(verdict->kind));
		add_string(one, "explanation", verdict->explanation);
		json_object_array_add(array, one);
	}
	return array;
}

static struct json_object *part_json(const struct part *part)
{
	struct json_object *object = json_object_new_object();
	char name[PART_TEXT];

	part_name(part, name);
	add_string(object, "name", name);
	add_string(object, "side", place_name(part->place));
	json_object_object_add(object, "duration", quantity_json(&part->duration));
	work_add(object, &part->work);
	return object;
}

/* Most parts are of both; each list adds up to its own figure. */
static struct json_object *breakdown_json(const struct breakdown *breakdown, bool is_of_blackout)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < breakdown->count; i++) {
		const struct part *part = &breakdown->part[i];

		if (is_of_blackout ? part->is_blackout : part->is_downtime)
			json_object_array_add(array, part_json(part));
	}
	return array;
}

static void devices_add(struct json_object *array, const struct account_side *side)
{
	for (size_t i = 0; i < side->device_count; i++) {
		const struct device *device = &side->device[i];
		struct json_object *object = json_object_new_object();

		add_string(object, "side", role_name(side->side->role));
		add_string(object, "name", device->name);
		json_object_object_add(object, "instance", json_object_new_int(device->instance));
		json_object_object_add(object, "at_ns", json_object_new_int64(device->at_ns));
		json_object_object_add(object, "ns", json_object_new_int64(device->ns));
		json_object_array_add(array, object);
	}
}

static struct json_object *devices_json(const struct account *account)
{
	struct json_object *array = json_object_new_array();

	devices_add(array, &account->side[ROLE_SOURCE]);
	devices_add(array, &account->side[ROLE_DESTINATION]);
	return array;
}

/* Of each vCPU, and in which way it was seen. */
static struct json_object *vcpus_json(const struct blackout *vcpus)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < vcpus->count; i++) {
		struct json_object *object = json_object_new_object();

		json_object_object_add(object, "index", json_object_new_int(vcpus->vcpu[i].index));
		json_object_object_add(object, "blackout", quantity_json(&vcpus->vcpu[i].blackout));
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *overlap_json(const struct overlap *overlap)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "load", quantity_json(&overlap->load));
	json_object_object_add(object, "load_alone", quantity_json(&overlap->alone));
	json_object_object_add(object, "load_while_saving", quantity_json(&overlap->both));
	return object;
}

/* null where it was not paused before. */
static struct json_object *paused_json(const struct paused *paused)
{
	struct json_object *object;

	if (!paused->applies)
		return NULL;
	object = json_object_new_object();
	json_object_object_add(object, "whole", quantity_json(&paused->whole));
	json_object_object_add(object, "migration", quantity_json(&paused->job));
	return object;
}

static struct json_object *expected_json(const struct expected *expected)
{
	struct json_object *object = json_object_new_object();

	add_opt(object, "downtime_limit_ms", &expected->limit);
	json_object_object_add(object, "downtime_limit_changes",
			       json_object_new_uint64(expected->limit_changes));
	add_opt(object, "expected_downtime_ms", &expected->downtime);
	add_opt(object, "qemu_downtime_ms", &expected->said);
	return object;
}

static struct json_object *reported_json(const struct reported *reported)
{
	struct json_object *object;

	if (!reported->is_given)
		return NULL;
	object = json_object_new_object();
	for (int i = 0; i < REPORTED_FIGURES; i++)
		if (reported->ms[i].known)
			json_object_object_add(object, reported_name((enum reported_field)i),
					       json_object_new_int64(reported->ms[i].v));
	return object;
}

static void figures_add(struct json_object *object, const struct figures *figures)
{
	for (size_t i = 0; i < FIGURES; i++)
		json_object_object_add(object, figure_name(i),
				       quantity_json(figure_get(figures, (enum figure)i)));
}

static struct json_object *stalls_json(const struct stalls *stalls)
{
	struct json_object *object = json_object_new_object();

	if (!stalls->known) {
		add_string(object, "unknown", stalls->why_unknown);
		return object;
	}
	json_object_object_add(object, "count", json_object_new_uint64(stalls->count));
	json_object_object_add(object, "total_ns", json_object_new_int64(stalls->total_ns));
	json_object_object_add(object, "longest_ns", json_object_new_int64(stalls->longest_ns));
	return object;
}

/* What its recorder could not probe; null where the side was not seen. */
static struct json_object *missing_json(const struct side *side)
{
	struct json_object *array;

	if (!side)
		return NULL;
	array = json_object_new_array();
	for (size_t i = 0; i < side->recording->missing_count; i++) {
		const char *name = side->recording->missing[i].name;

		json_object_array_add(array, text_json(name, strlen(name)));
	}
	return array;
}

static struct json_object *missing_both_json(const struct account *account)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "source", missing_json(account->side[ROLE_SOURCE].side));
	json_object_object_add(object, "destination",
			       missing_json(account->side[ROLE_DESTINATION].side));
	return object;
}

static struct json_object *overhead_json(const struct report *report)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "hits",
			       report->has_hits ? json_object_new_uint64(report->hits) : NULL);
	json_object_object_add(object, "ns", NULL); /* not measured */
	return object;
}

static struct json_object *reported_both_json(const struct account *account)
{
	struct json_object *object = json_object_new_object();

	for (int role = ROLE_SOURCE; role <= ROLE_DESTINATION; role++)
		json_object_object_add(object, role_name((enum role)role),
				       reported_json(&account->side[role].numbers.reported));
	return object;
}

/* What it was, where, and by which clocks. */
static void identity_add(struct json_object *object, const struct account *account)
{
	json_object_object_add(object, "domain", domain_json(account));
	add_string(object, "outcome", outcome_name(account->outcome));
	add_string(object, "left_on", left_name(account->left));
	answer_add(object, account);
	add_string(object, "matched", account->migration->matched);
	if (account->real_ns)
		json_object_object_add(object, "started_real_ns",
				       json_object_new_int64(account->real_ns));
	json_object_object_add(object, "flavour", flavour_json(&account->flavour));
	json_object_object_add(object, "source", side_json(&account->side[ROLE_SOURCE]));
	json_object_object_add(object, "destination", side_json(&account->side[ROLE_DESTINATION]));
	json_object_object_add(object, "clock", clock_json(&account->figures.clocks));
}

/* How long everything took, and the parts of it. */
static void times_add(struct json_object *object, const struct account *account)
{
	const struct figures *figures = &account->figures;

	figures_add(object, figures);
	json_object_object_add(object, "stalls", stalls_json(&figures->stalls));
	json_object_object_add(object, "breakdown", breakdown_json(&figures->breakdown, false));
	json_object_object_add(object, "blackout_breakdown",
			       breakdown_json(&figures->breakdown, true));
	json_object_object_add(object, "vcpus", vcpus_json(&figures->vcpus));
	json_object_object_add(object, "devices", devices_json(account));
	json_object_object_add(object, "overlap", overlap_json(&figures->overlap));
	json_object_object_add(object, "network", network_json(&figures->network));
	json_object_object_add(object, "disk", disks_json(&figures->disks));
	json_object_object_add(object, "brownout", brownout_json(account));
	json_object_object_add(object, "announced", quantity_json(&figures->announced));
	json_object_object_add(object, "paused", paused_json(&figures->paused));
	json_object_object_add(object, "recovery", recovery_json(&figures->recovery));
	json_object_object_add(object, "expected", expected_json(&figures->expected));
	if (figures->mss)
		json_object_object_add(object, "mss", json_object_new_uint64(figures->mss));
	passes_add(object, account);
}

struct json_object *report_object(const struct report *report)
{
	const struct account *account = report->account;
	struct json_object *object = json_object_new_object();

	add_string(object, "schema", MIGRATION_SCHEMA);
	identity_add(object, account);
	times_add(object, account);
	json_object_object_add(object, "reported", reported_both_json(account));
	json_object_object_add(object, "verdicts", verdicts_json(&account->verdicts));
	json_object_object_add(object, "lost_events",
			       json_object_new_uint64(account->figures.lost_events));
	json_object_object_add(object, "not_probed", missing_both_json(account));
	json_object_object_add(object, "overhead", overhead_json(report));
	evidence_add(object, account);
	return object;
}

int report_json(FILE *out, const struct report *report)
{
	return json_line_write(out, report_object(report));
}
