/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace collect: takes what hosts ship, or what their stores have, or makes their keys. */
#include "collect/collect.h"

#include "base/diag.h"
#include "cmd/commands.h"

static const char *usage_wrong(const struct options *options)
{
	const struct collect_options *given = &options->collect;

	if (given->is_init && given->is_replay)
		return "collect: --init or --replay";
	if (given->is_init)
		return options->file_count ? NULL : "collect --init: which hosts?";
	if (given->is_replay)
		return options->file_count ? NULL : "collect --replay: which stores?";
	return options->file_count ? "collect takes hosts with --init alone, stores with --replay"
				   : NULL;
}

enum status cmd_collect(const struct options *options)
{
	const struct collect_options *given = &options->collect;
	const struct collect_settings settings = {
		.server = {.listen = given->listen ?: COLLECT_LISTEN,
			   .certificate = given->certificate,
			   .certificate_key = given->certificate_key},
		.bus = {.broker = {.servers = given->nats.servers,
				   .ca = given->nats.ca,
				   .certificate = given->nats.certificate,
				   .certificate_key = given->nats.certificate_key,
				   .credentials = given->nats.credentials},
			.stream = given->nats.stream,
			.replicas = given->nats.replicas},
		.data = given->data,
		.database = given->database,
		.traces = given->traces,
		.expire_ms = given->expire_ms,
		.age_ms = given->age_ms,
	};

	if (usage_wrong(options)) {
		diag("%s", usage_wrong(options));
		return STATUS_USAGE;
	}
	if (given->is_init)
		return collect_init(&settings, options->files, options->file_count);
	if (given->is_replay)
		return collect_replay(&settings, options->files, options->file_count);
	return collect(&settings);
}
