/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of a store's halves: a file of lines that are appended, and now and then made anew.
 */
#include "fleet/numbers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/diag.h"
#include "sandbox/user_file.h"

#define FOLDER	     "ship" /* in the store's */
#define FILE_NAME    "numbers"
#define FILE_NEW     "numbers.new"
#define LOCK_NAME    "lock"
#define HEAD	     "migtrace.numbers/1"
#define LINE_MAX_LEN (HALF_ID + 80)
#define SPARE_LINES  1000 /* of numbers that nobody needs, before the file is made anew */

struct numbered {
	char id[HALF_ID];
	int64_t number, bytes, end_ns;
	bool is_there; /* in the store, when it was last looked at */
};

/* In the order of their numbers. NULL: it has got another one since. */
struct slot {
	int64_t number;
	struct numbered *half;
};

struct numbers {
	int dir, lock;
	char *path; /* for people */
	char store[SENDER_TEXT];
	int64_t last;
	FILE *file;  /* to append to */
	void *by_id; /* a tree */
	struct slot *slots;
	size_t count, room, lines;
	/* while numbers are given: */
	int err;
	bool is_new;
};

static int id_compare(const void *a, const void *b)
{
	return strcmp(((const struct numbered *)a)->id, ((const struct numbered *)b)->id);
}

static int slot_compare(const void *key, const void *slot)
{
	int64_t number = *(const int64_t *)key, of = ((const struct slot *)slot)->number;

	return (number > of) - (number < of);
}

static struct slot *slot_find(const struct numbers *numbers, int64_t number)
{
	if (!numbers->count)
		return NULL;
	return bsearch(&number, numbers->slots, numbers->count, sizeof(*numbers->slots),
		       slot_compare);
}

static struct numbered *numbered_find(const struct numbers *numbers, const char *id)
{
	struct numbered key;
	void *found;

	snprintf(key.id, sizeof(key.id), "%s", id);
	found = tfind(&key, &numbers->by_id, id_compare);
	return found ? *(struct numbered **)found : NULL;
}

/* Returns that very half, not another one under its old id; NULL: it has no number. */
static struct numbered *numbered_same(const struct numbers *numbers, const struct half *half)
{
	struct numbered *known = numbered_find(numbers, half->id);

	return known && known->bytes == half->bytes && known->end_ns == half->end_ns ? known : NULL;
}

/* Returns the one with that id, new if need be; NULL without memory. */
static struct numbered *numbered_get(struct numbers *numbers, const char *id)
{
	struct numbered *half = numbered_find(numbers, id);
	struct slot *slot = half ? slot_find(numbers, half->number) : NULL;

	if (slot)
		slot->half = NULL;
	if (half)
		return half;
	half = calloc(1, sizeof(*half));
	if (!half)
		return NULL;
	snprintf(half->id, sizeof(half->id), "%s", id);
	if (tsearch(half, &numbers->by_id, id_compare))
		return half;
	free(half);
	return NULL;
}

static int slot_add(struct numbers *numbers, struct numbered *half)
{
	if (numbers->count == numbers->room) {
		size_t room = numbers->room ? 2 * numbers->room : 256;
		struct slot *slots = reallocarray(numbers->slots, room, sizeof(*slots));

		if (!slots)
			return -ENOMEM;
		numbers->slots = slots;
		numbers->room = room;
	}
	numbers->slots[numbers->count++] = (struct slot){half->number, half};
	return 0;
}

/* Notes the number of a half, which had another one before where it has changed. */
static int numbered_put(struct numbers *numbers, const char *id, const struct numbered *of)
{
	struct numbered *half;

	/* Numbers only rise: what does not is of no line of ours. */
	if (numbers->count && of->number <= numbers->slots[numbers->count - 1].number)
		return 0;
	half = numbered_get(numbers, id);
	if (!half)
		return -ENOMEM;
	half->number = of->number;
	half->bytes = of->bytes;
	half->end_ns = of->end_ns;
	half->is_there = of->is_there;
	if (numbers->last < of->number)
		numbers->last = of->number;
	return slot_add(numbers, half);
}

static int line_write(FILE *file, const struct numbered *half)
{
	return fprintf(file, "%" PRId64 "\t%s\t%" PRId64 "\t%" PRId64 "\n", half->number, half->id,
		       half->bytes, half->end_ns);
}

/* A line that was cut off, as by a loss of power, is none: its number was never given away. */
static int line_read(struct numbers *numbers, const char *line)
{
	struct numbered half = {.number = 0};
	int length = 0;

	numbers->lines++;
	if (sscanf(line, "%" SCNd64 "\t%63[^\t]\t%" SCNd64 "\t%" SCNd64 "%n", &half.number, half.id,
		   &half.bytes, &half.end_ns, &length) != 4 ||
	    line[length] != '\n' || half.number < 1 || !half_id_is_valid(half.id))
		return 0;
	return numbered_put(numbers, half.id, &half);
}

static bool head_read(struct numbers *numbers, const char *line)
{
	char head[32], end;

	return sscanf(line, "%31s %32[0-9a-f] %" SCNd64 "%c", head, numbers->store, &numbers->last,
		      &end) == 4 &&
	       !strcmp(head, HEAD) && strlen(numbers->store) == SENDER_TEXT - 1 && end == '\n' &&
	       numbers->last >= 0;
}

static int complain(const struct numbers *numbers, const char *why, int err)
{
	diag("%s/" FOLDER "/" FILE_NAME ": %s", numbers->path, why);
	return err;
}

static int file_read(struct numbers *numbers)
{
	int fd = user_file_openat(numbers->dir, FILE_NAME, O_RDONLY | O_NOFOLLOW), err = 0;
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char line[LINE_MAX_LEN];

	if (!file)
		return errno == ENOENT ? nonce_new(numbers->store)
				       : complain(numbers, strerror(errno), -errno);
	if (!fgets(line, sizeof(line), file) || !head_read(numbers, line))
		err = complain(numbers, "is not of this version of migtrace", -EPROTO);
	while (!err && fgets(line, sizeof(line), file))
		err = line_read(numbers, line);
	fclose(file);
	return err;
}

/* Those that are in no store any more are forgotten. */
static void numbers_prune(struct numbers *numbers)
{
	size_t kept = 0;

	for (size_t i = 0; i < numbers->count; i++) {
		struct numbered *half = numbers->slots[i].half;

		if (half && half->is_there) {
			numbers->slots[kept++] = numbers->slots[i];
		} else if (half) {
			tdelete(half, &numbers->by_id, id_compare);
			free(half);
		}
	}
	numbers->count = kept;
}

/* The file without what is in no store any more. Returns 0 or -errno. */
static int file_renew(struct numbers *numbers)
{
	int fd = user_file_openat(numbers->dir, FILE_NEW,
				  O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "a");

	if (!file)
		return -errno;
	numbers_prune(numbers);
	numbers->lines = numbers->count;
	fprintf(file, HEAD " %s %" PRId64 "\n", numbers->store, numbers->last);
	for (size_t i = 0; i < numbers->count; i++)
		line_write(file, numbers->slots[i].half);
	if (fflush(file) || fdatasync(fd) ||
	    renameat(numbers->dir, FILE_NEW, numbers->dir, FILE_NAME) || fsync(numbers->dir)) {
		int err = -errno;

		fclose(file);
		return err;
	}
	if (numbers->file)
		fclose(numbers->file);
	numbers->file = file;
	return 0;
}

static bool number_give(void *arg, const struct half *half)
{
	struct numbers *numbers = arg;
	struct numbered *known = numbered_same(numbers, half);
	struct numbered given = {.number = numbers->last + 1,
				 .bytes = half->bytes,
				 .end_ns = half->end_ns,
				 .is_there = true};

	if (known) {
		known->is_there = true;
		return true;
	}
	snprintf(given.id, sizeof(given.id), "%s", half->id);
	if (numbers->file)
		line_write(numbers->file, &given);
	numbers->lines++;
	numbers->is_new = true;
	numbers->err = numbered_put(numbers, half->id, &given);
	return !numbers->err;
}

/* A file that is not there yet, or has become long, is made anew with the numbers that were given.
 */
static int file_save(struct numbers *numbers)
{
	if (!numbers->file || numbers->lines > 2 * numbers->count + SPARE_LINES)
		return file_renew(numbers);
	if (!numbers->is_new)
		return 0;
	return fflush(numbers->file) || fdatasync(fileno(numbers->file)) ? -errno : 0;
}

int numbers_update(struct numbers *numbers, const struct store *store)
{
	int err;

	numbers->err = 0;
	numbers->is_new = false;
	for (size_t i = 0; i < numbers->count; i++)
		if (numbers->slots[i].half)
			numbers->slots[i].half->is_there = false;
	err = store_each(store, number_give, numbers);
	if (err)
		return err;
	err = numbers->err ?: file_save(numbers);
	return err ? complain(numbers, strerror(-err), err) : 0;
}

int64_t numbers_last(const struct numbers *numbers)
{
	return numbers->last;
}

const char *numbers_id(const struct numbers *numbers, int64_t number)
{
	const struct slot *slot = slot_find(numbers, number);

	return slot && slot->half ? slot->half->id : NULL;
}

int64_t numbers_of(const struct numbers *numbers, const struct half *half)
{
	const struct numbered *known = numbered_same(numbers, half);

	return known ? known->number : 0;
}

int numbers_restart(struct numbers *numbers)
{
	for (size_t i = 0; i < numbers->count; i++)
		if (numbers->slots[i].half)
			numbers->slots[i].half->is_there = false;
	numbers_prune(numbers);
	if (numbers->file)
		fclose(numbers->file);
	numbers->file = NULL;
	numbers->last = 0;
	return nonce_new(numbers->store);
}

const char *numbers_store(const struct numbers *numbers)
{
	return numbers->store;
}

/* Of a store that has no numbers there is nothing to be read. */
static int folder_open(struct numbers *numbers, bool writes)
{
	char *path;
	int err;

	if (asprintf(&path, "%s/" FOLDER, numbers->path) < 0)
		return -ENOMEM;
	err = writes ? user_folder_make(path) : 0;
	if (!err) {
		numbers->dir = user_file_open(path, O_DIRECTORY);
		err = numbers->dir < 0 ? -errno : 0;
	}
	free(path);
	if (!writes || err)
		return writes || err != -ENOENT ? err : 0;
	numbers->lock = user_file_openat(numbers->dir, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW);
	return numbers->lock < 0 || flock(numbers->lock, LOCK_EX | LOCK_NB) ? -errno : 0;
}

static struct numbers *numbers_begin(const char *store_path, bool writes)
{
	struct numbers *numbers = calloc(1, sizeof(*numbers));
	int err = numbers ? 0 : -ENOMEM;

	if (!err) {
		numbers->dir = numbers->lock = -1;
		numbers->path = strdup(store_path);
		err = numbers->path ? folder_open(numbers, writes) : -ENOMEM;
	}
	if (err)
		diag("%s/" FOLDER ": %s", store_path,
		     err == -EWOULDBLOCK ? "another migtrace ships this store" : strerror(-err));
	else if (numbers->dir >= 0)
		err = file_read(numbers);
	if (!err)
		return numbers;
	numbers_free(numbers);
	return NULL;
}

struct numbers *numbers_open(const char *store_path)
{
	return numbers_begin(store_path, true);
}

struct numbers *numbers_look(const char *store_path)
{
	return numbers_begin(store_path, false);
}

void numbers_free(struct numbers *numbers)
{
	if (!numbers)
		return;
	if (numbers->file)
		fclose(numbers->file);
	if (numbers->dir >= 0)
		close(numbers->dir);
	if (numbers->lock >= 0)
		close(numbers->lock);
	free(numbers->slots);
	tdestroy(numbers->by_id, free);
	free(numbers->path);
	free(numbers);
}
