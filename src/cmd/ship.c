/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace ship: sends what a store keeps to a collector. */
#include "ship/ship.h"

#include "base/diag.h"
#include "cmd/commands.h"

static const char *usage_wrong(const struct options *options)
{
	if (options->file_count)
		return "ship takes no arguments";
	if (!options->ship.url)
		return "ship: --to says where the collector is";
	return options->ship.key ? NULL : "ship: --key says which key is this host's";
}

enum status cmd_ship(const struct options *options)
{
	const struct ship_options *given = &options->ship;
	const struct ship_settings settings = {
		.sink = {.url = given->url,
			 .ca = given->ca,
			 .certificate = given->certificate,
			 .certificate_key = given->certificate_key,
			 .credentials = given->credentials},
		.store = given->store,
		.key = given->key,
		.host = given->host,
		.is_once = given->is_once,
	};

	if (!usage_wrong(options))
		return ship(&settings);
	diag("%s", usage_wrong(options));
	return STATUS_USAGE;
}
