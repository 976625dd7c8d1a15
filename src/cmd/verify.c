/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace verify: whether what libvirt says of the migrations in recordings is right. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include "base/diag.h"
#include "base/json.h"
#include "base/signals.h"
#include "base/time.h"
#include "cmd/commands.h"
#include "cmd/follow.h"
#include "cmd/reading.h"
#include "cmd/status.h"
#include "core/match/correlator.h"
#include "libvirt/ask.h"
#include "report/verify.h"
#include "report/words.h"
#include "sandbox/confine.h"

/* A program that only reads recordings is linked without it: it is NULL there. */
#pragma weak ask_now

#define POLL_MS 100

/* What is judged, and how far that has come. */
struct verifier {
	const struct verify_options *options;
	const struct verify_format *format;
	struct correlator *correlator;
	struct verify_counts counts;
	enum status status;
	/* What libvirt says now, for --connect. */
	uuid_t uuid;
	char hostuuid[UUID_TEXT];
	struct reported connected;
	bool has_connected;
	size_t matched; /* migrations that it was compared with */
};

static void status_raise(struct verifier *verifier, enum status status)
{
	verifier->status = status_worse(verifier->status, status);
}

static bool is_wanted(const struct verifier *verifier, const struct migration *migration)
{
	if (verifier->has_connected)
		return !memcmp(verifier->uuid, migration_uuid(migration), MT_UUID);
	return reading_wants(&verifier->options->reading, migration);
}

/* Numbers that somebody says to be of this migration have to look like it. Returns whether so. */
static bool are_of_it(const struct verifier *verifier, const struct account *account)
{
	for (size_t i = 0; i < 2; i++) {
		if (account->side[i].identity != IDENTITY_OTHER)
			continue;
		if (!verifier->has_connected)
			diag("%s: the %s's statistics are of another job", account->uuid,
			     role_name((enum role)i));
		return false;
	}
	return true;
}

static bool side_is_of_host(const struct side *side, const char *hostuuid)
{
	return side && (!hostuuid[0] || !side_hostuuid(side)[0] ||
			!strcasecmp(side_hostuuid(side), hostuuid));
}

/* Puts what libvirt says now on the side that it can be of. Returns whether there is
 * such a side. */
static bool connected_get(const struct verifier *verifier, const struct migration *migration,
			  struct numbers given[2], struct account_request *request)
{
	bool is_source = verifier->connected.operation == JOB_OPERATION_OUTGOING;
	size_t role = is_source ? ROLE_SOURCE : ROLE_DESTINATION;

	given[role] = (struct numbers){.reported = verifier->connected};
	given[!role] = (struct numbers){.silent = "not asked"};
	request->numbers[0] = &given[0];
	request->numbers[1] = &given[1];
	return side_is_of_host(is_source ? migration->source : migration->destination,
			       verifier->hostuuid);
}

static void verdicts_count(struct verifier *verifier, const struct verdicts *verdicts)
{
	for (size_t i = 0; i < verdicts->count; i++) {
		verifier->counts.verdicts[verdicts->verdict[i].kind]++;
		if (verdict_is_wrong(verdicts->verdict[i].kind))
			status_raise(verifier, STATUS_WRONG);
	}
	verifier->counts.judged += verdicts->count > 0;
}

/* One that completed, and of which libvirt said nothing at all, cannot be judged. */
static void silence_print(struct verifier *verifier, const struct account *account)
{
	const char *silent = account->side[ROLE_SOURCE].numbers.silent
				     ?: account->side[ROLE_DESTINATION].numbers.silent;

	if (account->verdicts.count || account->outcome != OUTCOME_COMPLETED)
		return;
	/* The report names the migration: its UUID has no room in the line. */
	diag("not judged: %s", silent ? silent : "its figures are not known");
	status_raise(verifier, STATUS_INCOMPLETE);
}

static void account_verify(struct verifier *verifier, const struct account *account)
{
	status_raise(verifier, report_status(account));
	verdicts_count(verifier, &account->verdicts);
	silence_print(verifier, account);
	if (verifier->format->migration(stdout, account))
		status_raise(verifier, STATUS_FAILURE);
}

static void connected_verify(struct verifier *verifier, const struct migration *migration)
{
	struct numbers given[2];
	struct account_request request = {.judges_all = true,
					  .tolerance_ns = verifier->options->tolerance_ns};
	struct account account;

	if (!connected_get(verifier, migration, given, &request))
		return;
	account_make(migration, &request, &account);
	if (!are_of_it(verifier, &account))
		return;
	verifier->matched++;
	verifier->counts.migrations++;
	account_verify(verifier, &account);
}

static void migration_verify(struct verifier *verifier, const struct migration *migration)
{
	const struct verify_options *options = verifier->options;
	struct numbers given[2];
	struct account_request request = {.judges_all = true,
					  .tolerance_ns = options->tolerance_ns};
	struct account account;

	if (reading_numbers(&options->reading, given, &request)) {
		status_raise(verifier, STATUS_FAILURE);
		return;
	}
	account_make(migration, &request, &account);
	verifier->counts.migrations++;
	if (reading_has_numbers(&options->reading) && !are_of_it(verifier, &account))
		status_raise(verifier, STATUS_INCOMPLETE);
	else
		account_verify(verifier, &account);
}

/* What libvirt says now is of the last job that fits, so the last comes first. */
static void migrations_verify(void *arg, const struct migration *migrations, size_t count)
{
	struct verifier *verifier = arg;

	for (size_t i = 0; i < count; i++) {
		const struct migration *migration =
			&migrations[verifier->has_connected ? count - 1 - i : i];

		if (!is_wanted(verifier, migration))
			continue;
		if (!verifier->has_connected)
			migration_verify(verifier, migration);
		else if (!verifier->matched)
			connected_verify(verifier, migration);
	}
}

/* Judges each migration when it is over, until the recorders end or somebody wants it to. */
static int watch(struct verifier *verifier, struct follow *follow, int signals)
{
	struct pollfd fd = {.fd = signals, .events = POLLIN};
	int more = follow_begin(follow, verifier->correlator);

	while (more >= 0 && !follow_has_ended(follow)) {
		bool any = false;

		while ((more = follow_line(follow, true, time_now_ns())) > 0) {
			any = true;
			if (correlator_shed(verifier->correlator))
				return -ENOMEM;
		}
		if (more >= 0 && any && correlator_settle(verifier->correlator, time_now_ns()) < 0)
			return -ENOMEM;
		if (poll(&fd, 1, POLL_MS) > 0)
			break;
	}
	return more < 0 ? more : 0;
}

/* Returns whether libvirt answered; says why on stderr if not. Nothing was read until then. */
static bool connect_ask(struct verifier *verifier, const char *domain)
{
	struct json_object *answer = ask_now(verifier->options->connect, domain), *value, *fields;
	bool is_there = json_object_object_get_ex(answer, "fields", &fields) &&
			json_object_object_get_ex(answer, "uuid", &value) &&
			!uuid_parse(json_object_get_string(value), verifier->uuid);
	struct reported *reported = &verifier->connected;

	if (json_object_object_get_ex(answer, "error", &value))
		diag("%s: %s: %s", verifier->options->connect, domain,
		     json_object_get_string(value));
	if (json_object_object_get_ex(answer, "hostuuid", &value))
		snprintf(verifier->hostuuid, UUID_TEXT, "%s", json_object_get_string(value));
	if (is_there) {
		json_object_object_foreach(fields, name, number)
		{
			if (json_object_is_type(number, json_type_int) &&
			    json_object_get_int64(number) >= 0)
				reported_take(reported, name, json_object_get_uint64(number));
		}
		json_object_object_get_ex(answer, "type", &value);
		reported->type = json_object_get_int64(value);
		json_object_object_get_ex(answer, "libvirt", &value);
		reported->version = json_object_get_uint64(value);
		reported->is_given = verifier->has_connected = true;
	}
	json_object_put(answer);
	return is_there;
}

/* Returns whether it is of a job that can be in recordings; says on stderr what it is if not. */
static bool connected_is_migration(struct verifier *verifier, const char *domain)
{
	const struct reported *reported = &verifier->connected;

	if (reported->type == JOB_COMPLETED && (reported->operation == JOB_OPERATION_INCOMING ||
						reported->operation == JOB_OPERATION_OUTGOING))
		return true;
	diag("%s: %s: %s", verifier->options->connect, domain,
	     reported->type == JOB_COMPLETED ? "its last job was no migration"
					     : "libvirt has no numbers of a completed job");
	return false;
}

static void verifier_end(struct verifier *verifier)
{
	if (verifier->has_connected && !verifier->matched) {
		diag("libvirt's statistics match no migration in these recordings");
		status_raise(verifier, STATUS_INCOMPLETE);
	} else if (!verifier->counts.migrations && verifier->status == STATUS_OK) {
		reading_warn_none(&verifier->options->reading);
		status_raise(verifier, STATUS_INCOMPLETE);
	}
	if (verifier->format->end(stdout, &verifier->counts))
		status_raise(verifier, STATUS_FAILURE);
}

static int verify_files(struct verifier *verifier, struct follow *follow)
{
	int signals = verifier->options->watches ? signals_open() : -1;
	int err = verifier->format->begin(stdout) ? -EIO : 0;

	if (!err)
		err = verifier->options->watches ? watch(verifier, follow, signals)
						 : follow_all(follow, verifier->correlator);
	if (!err)
		err = correlator_end(verifier->correlator);
	if (err == -ENOMEM)
		diag("out of memory");
	if (!err)
		verifier_end(verifier);
	if (signals >= 0)
		close(signals);
	return err;
}

/* Returns what is wrong with the usage, or NULL. */
static const char *usage_wrong(const struct options *options)
{
	if (!report_formats[options->verify.reading.format].verify)
		return "verify has the formats text, json and junit; report has more";
	if (options->verify.connect && !ask_now)
		return "--connect: this build only reads recordings: install the package migtrace";
	if (options->verify.connect && options->file_count < 2)
		return "verify --connect URI takes a DOMAIN and recordings of its migration";
	if (!options->file_count)
		return "verify: no recording given";
	if (options->verify.watches &&
	    (options->verify.connect || reading_has_numbers(&options->verify.reading)))
		return "--watch takes libvirt's numbers from the recordings";
	return NULL;
}

enum status cmd_verify(const struct options *options)
{
	struct verifier verifier = {.options = &options->verify};
	size_t skip = options->verify.connect ? 1 : 0;
	struct follow *follow;
	int err = -ENOMEM;

	if (usage_wrong(options)) {
		diag("%s", usage_wrong(options));
		return STATUS_USAGE;
	}
	verifier.format = report_formats[options->verify.reading.format].verify;
	if (skip && !connect_ask(&verifier, options->files[0]))
		return STATUS_FAILURE;
	follow = follow_open(options->files + skip, options->file_count - skip,
			     options->verify.reading.store);
	if (!follow)
		return STATUS_FAILURE;
	confine(CONFINE_READER);
	if (skip && !connected_is_migration(&verifier, options->files[0])) {
		follow_close(follow);
		return STATUS_INCOMPLETE;
	}
	verifier.correlator =
		correlator_new(READING_BYTES, READING_SIDE_EVENTS, migrations_verify, &verifier);
	if (verifier.correlator)
		err = verify_files(&verifier, follow);
	follow_close(follow);
	correlator_free(verifier.correlator);
	return err ? STATUS_FAILURE : verifier.status;
}
