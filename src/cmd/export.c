/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace export: halves of a store, as one recording to hand over. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/diag.h"
#include "cmd/commands.h"
#include "cmd/halves.h"
#include "record/anonymous.h"
#include "record/unpack.h"
#include "sandbox/confine.h"
#include "sandbox/output_file.h"

#define COPY_BYTES 65536

/* Where halves go. */
struct handover {
	const struct store *store;
	FILE *out;
	struct anonymous *anonymous; /* NULL: as they are, */
	gzFile packed;		     /* else packed anew */
};

/* Parts that were packed stand behind each other as they are: together they are one. */
static int half_pass(struct handover *handover, int fd)
{
	char bytes[COPY_BYTES];
	ssize_t got;

	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		if (fwrite(bytes, 1, (size_t)got, handover->out) != (size_t)got)
			return -errno;
	return got < 0 ? -errno : 0;
}

static int packed_put(struct handover *handover, const char *text, size_t len)
{
	return gzwrite(handover->packed, text, (unsigned int)len) == (int)len ? 0 : -(errno ?: EIO);
}

static int line_rename(void *arg, const char *line, size_t len)
{
	struct handover *handover = arg;
	const char *text = anonymous_line(handover->anonymous, line, len);

	if (!text)
		return -ENOMEM;
	return *text ? packed_put(handover, text, strlen(text)) ?: packed_put(handover, "\n", 1)
		     : 0;
}

static int half_copy(struct handover *handover, const char *id)
{
	int fd = store_half_open(handover->store, id), err;

	if (fd < 0)
		err = -errno;
	else
		err = handover->anonymous ? unpack_file(fd, line_rename, handover)
					  : half_pass(handover, fd);
	if (err)
		diag("%s: %s", id, err == -EBADMSG ? "damaged or cut short" : strerror(-err));
	if (fd >= 0)
		close(fd);
	return err;
}

static int handover_begin(struct handover *handover, bool is_anonymous)
{
	if (!is_anonymous)
		return 0;
	handover->anonymous = anonymous_new();
	handover->packed = gzdopen(dup(fileno(handover->out)), "w");
	return handover->anonymous && handover->packed ? 0 : -ENOMEM;
}

static int handover_end(struct handover *handover)
{
	int err = fflush(handover->out) ? -errno : 0;

	anonymous_free(handover->anonymous);
	if (handover->packed && gzclose(handover->packed) != Z_OK && !err)
		err = -(errno ?: EIO);
	return err;
}

static enum status halves_copy(struct handover *handover, char *const *ids, size_t count)
{
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		if (!half_id_is_valid(ids[i])) {
			diag("%s: not a migration's id; see migtrace list", ids[i]);
			return STATUS_USAGE;
		}
		err = half_copy(handover, ids[i]);
	}
	return err ? STATUS_FAILURE : STATUS_OK;
}

/* For another host's last. */
static enum status around_copy(struct handover *handover, const struct export_options *options)
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
	if (halves_around(handover->store, &halves))
		return STATUS_FAILURE;
	for (size_t i = 0; i < halves.count; i++)
		ids[i] = halves.id[i];
	if (!halves.count)
		diag("no half of that migration in this host's store");
	return halves.count ? halves_copy(handover, ids, halves.count) : STATUS_INCOMPLETE;
}

static enum status halves_export(struct handover *handover, const struct options *options)
{
	const struct export_options *export = &options->export;
	enum status status = STATUS_FAILURE;
	int err = handover_begin(handover, export->is_anonymous), ended;

	if (!err)
		status = export->overlaps
				 ? around_copy(handover, export)
				 : halves_copy(handover, options->files, options->file_count);
	ended = handover_end(handover);
	err = ended ? ended : err;
	if (err && status != STATUS_FAILURE)
		diag("cannot write: %s", strerror(-err));
	return err ? STATUS_FAILURE : status;
}

enum status cmd_export(const struct options *options)
{
	const struct export_options *export = &options->export;
	enum status status = STATUS_FAILURE;
	FILE *out = stdout;
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
	if (out)
		status = halves_export(&(struct handover){.store = store, .out = out}, options);
	if (out && out != stdout && fclose(out))
		status = STATUS_FAILURE;
	store_free(store);
	return status;
}
