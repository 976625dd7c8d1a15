/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace export: halves of a store, as one recording to hand over. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "cmd/commands.h"
#include "cmd/halves.h"
#include "sandbox/confine.h"
#include "sandbox/output_file.h"

#define COPY_BYTES 65536

/* Parts that were packed stand behind each other as they are: together they are one. */
static int half_copy(const struct store *store, const char *id, FILE *out)
{
	char bytes[COPY_BYTES];
	int fd = store_half_open(store, id);
	ssize_t got = fd < 0 ? -1 : 1;

	while (got > 0) {
		got = read(fd, bytes, sizeof(bytes));
		if (got > 0 && fwrite(bytes, 1, (size_t)got, out) != (size_t)got)
			got = -1;
	}
	if (got < 0)
		diag("%s: %s", id, strerror(errno));
	if (fd >= 0)
		close(fd);
	return got < 0 ? -EIO : 0;
}

static enum status halves_copy(const struct store *store, char *const *ids, size_t count, FILE *out)
{
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		if (!half_id_is_valid(ids[i])) {
			diag("%s: not a migration's id; see migtrace list", ids[i]);
			return STATUS_USAGE;
		}
		err = half_copy(store, ids[i], out);
	}
	return err || fflush(out) ? STATUS_FAILURE : STATUS_OK;
}

/* For another host's last. */
static enum status around_copy(const struct store *store, const struct export_options *options,
			       FILE *out)
{
	struct halves halves = {.count = 0};
	int64_t from, to;
	char *ids[HALVES_MAX];

	if (!options->reading.uuid ||
	    sscanf(options->overlaps, "%" SCNd64 ",%" SCNd64, &from, &to) != 2 || from < 0 ||
	    to < from || to > INT32_MAX * INT64_C(2)) {
		diag("--overlaps takes two instants, and --uuid");
		return STATUS_USAGE;
	}
	strcpy(halves.uuid, options->reading.uuid); /* which is one */
	halves.begin_ns = from * 1000000000;
	halves.end_ns = to * 1000000000;
	if (halves_around(store, &halves))
		return STATUS_FAILURE;
	for (size_t i = 0; i < halves.count; i++)
		ids[i] = halves.id[i];
	if (!halves.count)
		diag("no half of that migration in this host's store");
	return halves.count ? halves_copy(store, ids, halves.count, out) : STATUS_INCOMPLETE;
}

enum status cmd_export(const struct options *options)
{
	const struct export_options *export = &options->export;
	FILE *out = stdout;
	enum status status;
	struct store *store;

	if (!options->file_count && !export->overlaps) {
		diag("export: no migration given; see migtrace list");
		return STATUS_USAGE;
	}
	store = store_open(export->reading.store ?: STORE_PATH);
	if (!store)
		return STATUS_FAILURE;
	if (export->out)
		out = output_file_open(export->out, OUTPUT_NEW);
	confine(CONFINE_READER);
	if (!out)
		status = STATUS_FAILURE;
	else if (export->overlaps)
		status = around_copy(store, export, out);
	else
		status = halves_copy(store, options->files, options->file_count, out);
	if (out && out != stdout && fclose(out))
		status = STATUS_FAILURE;
	store_free(store);
	return status;
}
