/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes a store's index anew where it was lost or is damaged: by the halves' files. */
#include "keep/mend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "core/match/correlator.h"
#include "keep/row.h"
#include "record/read.h"
#include "record/unpack.h"

#define BYTES_MAX	(32u << 20) /* of one half's events */
#define SIDE_EVENTS_MAX 65536

/* A half of the new index: its line, and by what it is put in order. */
struct entry {
	char id[HALF_ID];
	char *line;
	int64_t end_ns;
};

struct entries {
	struct entry *entry;
	size_t count, room;
};

struct mend {
	struct store *store;
	struct entries known;	/* halves of the index, by their ids */
	struct entries missing; /* files that are not in it: without a line, until it was read */
	size_t next, read;
	int err; /* of what is told of each half */
};

static struct entry *entry_add(struct entries *entries, const char *id)
{
	if (entries->count == entries->room) {
		size_t room = entries->room ? 2 * entries->room : 64;
		struct entry *more = reallocarray(entries->entry, room, sizeof(*more));

		if (!more)
			return NULL;
		entries->entry = more;
		entries->room = room;
	}
	entries->entry[entries->count] = (struct entry){.line = NULL};
	strcpy(entries->entry[entries->count].id, id); /* of a length that was checked */
	return &entries->entry[entries->count++];
}

static void entries_free(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		free(entries->entry[i].line);
	free(entries->entry);
	*entries = (struct entries){.entry = NULL};
}

static void entry_fill(struct entry *entry, const struct half *half)
{
	size_t size;
	FILE *out = open_memstream(&entry->line, &size);
	bool is_whole = out && !half_write(out, half);

	entry->end_ns = half->end_ns;
	if (out && fclose(out))
		is_whole = false;
	if (is_whole)
		return;
	free(entry->line);
	entry->line = NULL;
}

static bool known_note(void *arg, const struct half *half)
{
	struct mend *mend = arg;
	struct entry *entry = entry_add(&mend->known, half->id);

	if (entry)
		entry_fill(entry, half);
	if (!entry || !entry->line)
		mend->err = -ENOMEM;
	return !mend->err;
}

static int by_id(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static int by_end(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->end_ns != y->end_ns ? (x->end_ns < y->end_ns ? -1 : 1) : by_id(a, b);
}

/* What is in the index now. */
static int known_read(struct mend *mend)
{
	int err;

	entries_free(&mend->known);
	err = store_each(mend->store, known_note, mend) ?: mend->err;
	if (mend->known.count)
		qsort(mend->known.entry, mend->known.count, sizeof(struct entry), by_id);
	return err;
}

static bool missing_note(void *arg, const char *id)
{
	struct mend *mend = arg;
	struct entry sought = {.line = NULL};

	strcpy(sought.id, id);
	if (mend->known.count &&
	    bsearch(&sought, mend->known.entry, mend->known.count, sizeof(struct entry), by_id))
		return true;
	if (!entry_add(&mend->missing, id))
		mend->err = -ENOMEM;
	return !mend->err;
}

struct mend *mend_new(struct store *store)
{
	struct mend *mend = store_is_whole(store) ? NULL : calloc(1, sizeof(*mend));
	int err;

	if (!mend)
		return NULL;
	mend->store = store;
	err = known_read(mend) ?: store_each_file(store, missing_note, mend) ?: mend->err;
	if (!err)
		return mend;
	diag("the index cannot be mended: %s", strerror(-err));
	mend_free(mend);
	return NULL;
}

/* A half's file as it is read. */
struct half_read_back {
	struct entry *entry;
	struct correlator *correlator;
	struct reader *reader;
	int64_t bytes;
};

/* Of what the file has, the side is meant that its id was made of. */
static void side_take(struct half_read_back *back, const struct account *account, enum role role)
{
	struct half_row row;
	char begin[HALF_ID];
	int len;

	half_row_make(&row, account, role);
	len = half_id_begin(&row.half, begin);
	if (back->entry->line || !len || strncmp(back->entry->id, begin, (size_t)len) != 0)
		return;
	row.half.id = back->entry->id;
	row.half.bytes = back->bytes;
	entry_fill(back->entry, &row.half);
}

static void migrations_take(void *arg, const struct migration *migrations, size_t count)
{
	struct account account;

	for (size_t i = 0; i < count; i++) {
		account_make(&migrations[i], &(struct account_request){0}, &account);
		for (int role = ROLE_SOURCE; role <= ROLE_DESTINATION; role++)
			if (account.side[role].side)
				side_take(arg, &account, (enum role)role);
	}
}

static int recording_begin(struct half_read_back *back)
{
	struct recording *recording = correlator_add(back->correlator, back->entry->id);

	if (back->reader)
		back->reader = reader_next(back->reader, recording);
	else
		back->reader = recording ? reader_open(recording) : NULL;
	return back->reader ? 0 : -ENOMEM;
}

static int line_read(void *arg, const char *line, size_t len)
{
	struct half_read_back *back = arg;
	int err = reader_line(back->reader, line, len);

	if (err == READER_OTHER)
		err = recording_begin(back) ?: reader_line(back->reader, line, len);
	return err ?: correlator_shed(back->correlator);
}

static int half_file_read(struct half_read_back *back, int fd)
{
	struct stat st;
	int err = fstat(fd, &st) ? -errno : 0;

	back->bytes = err ? 0 : st.st_size;
	back->correlator = correlator_new(BYTES_MAX, SIDE_EVENTS_MAX, migrations_take, back);
	if (!err)
		err = back->correlator ? recording_begin(back) : -ENOMEM;
	if (!err)
		err = unpack_file(fd, line_read, back);
	reader_close(back->reader);
	if (!err)
		err = correlator_end(back->correlator);
	correlator_free(back->correlator);
	return err;
}

static void missing_read(struct mend *mend, struct entry *entry)
{
	struct half_read_back back = {.entry = entry};
	int fd = store_half_open(mend->store, entry->id);
	int err = fd < 0 ? -errno : half_file_read(&back, fd);

	if (fd >= 0)
		close(fd);
	if (!entry->line)
		diag("%s: not put into the index: %s", entry->id,
		     err == -EBADMSG || err == -EPROTO ? "damaged"
		     : err			       ? strerror(-err)
						       : "there is no such half in it");
	mend->read += entry->line != NULL;
}

/* Returns whether the half has a file. */
static bool has_file(const struct mend *mend, const char *id)
{
	int fd = store_half_open(mend->store, id);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno != ENOENT;
}

/* Moves the halves to those of the index, in the order in which they ended. */
static int entries_join(struct mend *mend)
{
	for (size_t i = 0; i < mend->missing.count; i++) {
		struct entry *from = &mend->missing.entry[i], *to;

		if (!from->line)
			continue;
		to = entry_add(&mend->known, from->id);
		if (!to)
			return -ENOMEM;
		*to = *from;
		from->line = NULL;
	}
	if (mend->known.count)
		qsort(mend->known.entry, mend->known.count, sizeof(struct entry), by_end);
	return 0;
}

/* The index may have got more halves meanwhile. */
static int index_write(struct mend *mend)
{
	int err = known_read(mend) ?: entries_join(mend);
	FILE *index = err ? NULL : store_index_begin(mend->store);
	size_t gone = 0;

	if (!index)
		return err ?: -errno;
	for (size_t i = 0; i < mend->known.count; i++)
		if (has_file(mend, mend->known.entry[i].id))
			fputs(mend->known.entry[i].line, index);
		else
			gone++;
	err = store_index_end(mend->store, index, ferror(index) ? -EIO : 0);
	if (!err)
		diag("the index was made anew: %zu halves, %zu of them by their files; %zu left "
		     "out that have none",
		     mend->known.count - gone, mend->read, gone);
	return err;
}

bool mend_step(struct mend *mend)
{
	int err;

	if (mend->next < mend->missing.count) {
		missing_read(mend, &mend->missing.entry[mend->next++]);
		return true;
	}
	err = index_write(mend);
	if (err)
		diag("the index cannot be mended: %s", strerror(-err));
	return false;
}

void mend_free(struct mend *mend)
{
	if (!mend)
		return;
	entries_free(&mend->known);
	entries_free(&mend->missing);
	free(mend);
}
