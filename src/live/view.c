/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `live` shows: migrations when they begin, while they run and when they are over. */
#include "live/view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <json-c/json.h>

#include "base/json_line.h"
#include "core/figures/condition.h"
#include "record/text.h"
#include "report/duration.h"
#include "report/report.h"
#include "report/words.h"

#define ROW	    512 /* bytes of a line */
#define LINE_WIDTH  79
#define NAME_WIDTH  16
#define BAR_MAX	    20
#define BAR_MIN	    4
#define NUMBERS	    48 /* columns that they take at most, but for huge ones: the bar is steady */
#define DRAW_NS	    INT64_C(200000000)
#define TELL_NS	    INT64_C(1000000000) /* between two lines of one side in a pipe */
#define FIGURES_MAX 65536		/* of which the median is taken: the last ones */

struct view {
	FILE *out, *text; /* text: what out can show */
	struct terminal terminal;
	bool is_json;
	bool is_changed; /* since it was drawn */
	int64_t drawn_ns;
	size_t drawn;	 /* lines on the terminal that are drawn over, */
	int widths[256]; /* and how wide they are */
	/* When a side was told of last, by its number: in a pipe there are not too many lines. */
	struct {
		uint64_t number;
		int64_t ns;
	} told[256];
	size_t counts[OUTCOME_UNFINISHED + 1];
	int64_t *downtimes; /* a ring */
	size_t downtime_count;
	struct quantity worst;
	char worst_name[MT_TEXT];
	bool are_parts; /* of one host */
	size_t verdicts, wrong;
};

static const char *const colours[OUTCOME_UNFINISHED + 1] = {
	[OUTCOME_COMPLETED] = "\033[32m",
	[OUTCOME_FAILED] = "\033[31m",
	[OUTCOME_CANCELLED] = "\033[33m",
};

struct view *view_new(FILE *out, bool is_json)
{
	struct view *view = calloc(1, sizeof(*view));

	if (!view)
		return NULL;
	view->out = out;
	view->text = text_open(out);
	view->terminal = terminal_of(out);
	view->terminal.has_cursor &= !is_json;
	view->is_json = is_json;
	view->downtimes = malloc(FIGURES_MAX * sizeof(*view->downtimes));
	if (view->downtimes)
		return view;
	free(view);
	return NULL;
}

/* Appends what is safe on a terminal, up to so many columns, of a text from another host. */
static void row_add_safe(char *row, const char *text, int columns)
{
	size_t used = strlen(row);
	int taken = 0;

	for (size_t size; *text && taken < columns; text += size, taken++) {
		bool is_shown = text_step(text, &size);
		size_t shown = is_shown ? size : 1;

		if (used + shown >= ROW)
			break;
		memcpy(row + used, is_shown ? text : "?", shown);
		used += shown;
	}
	row[used] = '\0';
}

static void row_add(char *row, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void row_add(char *row, const char *format, ...)
{
	size_t used = strlen(row);
	va_list args;

	va_start(args, format);
	vsnprintf(row + used, ROW - used, format, args);
	va_end(args);
}

static void row_pad(char *row, int columns)
{
	row_add(row, "%*s", columns > text_columns(row) ? columns - text_columns(row) : 0, "");
}

/* The time of day, and whose row it is. */
static void row_begin(char *row, int64_t real_ns, const char *name, const char *uuid)
{
	time_t seconds = real_ns / 1000000000;
	struct tm tm;

	row[0] = '\0';
	if (localtime_r(&seconds, &tm))
		row_add(row, "%02d:%02d:%02d  ", tm.tm_hour, tm.tm_min, tm.tm_sec);
	row_add_safe(row, name[0] ? name : uuid, NAME_WIDTH);
	row_pad(row, 10 + NAME_WIDTH + 1);
}

static void row_begin_going(char *row, int64_t real_ns, const struct going *going)
{
	char uuid[UUID_TEXT];

	uuid_text(going->uuid, uuid);
	row_begin(row, real_ns, going->name, uuid);
}

void view_clear(struct view *view)
{
	int columns, rows, lines = 0;

	if (!view->drawn)
		return;
	terminal_size(view->out, &columns, &rows);
	/* What was drawn on a wider terminal takes more lines now. */
	for (size_t i = 0; i < view->drawn; i++)
		lines += view->widths[i] > columns ? (view->widths[i] + columns - 1) / columns : 1;
	fprintf(view->text, "\033[%dA\r\033[J", lines < rows ? lines : rows - 1);
	fflush(view->text);
	view->drawn = 0;
	view->is_changed = true;
}

static void row_print(struct view *view, const char *row)
{
	view_clear(view);
	fprintf(view->text, "%s\n", row);
	fflush(view->text);
}

void view_say(struct view *view, const char *format, ...)
{
	char row[ROW];
	va_list args;

	if (view->is_json)
		return;
	va_start(args, format);
	vsnprintf(row, sizeof(row), format, args);
	va_end(args);
	row_print(view, row);
}

static void json_print(struct view *view, struct json_object *object)
{
	json_line_write(view->out, object);
}

static void add_number(struct json_object *object, const char *key,
		       const struct progress_number *number)
{
	json_object_object_add(object, key,
			       number->known ? json_object_new_uint64(number->value) : NULL);
}

static void going_json(struct view *view, const struct going *going, const char *state,
		       int64_t real_ns)
{
	struct json_object *object = json_object_new_object();
	char uuid[UUID_TEXT];

	uuid_text(going->uuid, uuid);
	json_object_object_add(object, "schema", json_object_new_string("migtrace.progress/1"));
	json_object_object_add(object, "state", json_object_new_string(state));
	json_object_object_add(object, "real_ns", json_object_new_int64(real_ns));
	json_object_object_add(object, "uuid", json_object_new_string(uuid));
	json_object_object_add(object, "name",
			       going->name[0] ? text_json(going->name, strlen(going->name)) : NULL);
	json_object_object_add(object, "side", json_object_new_string(role_name(going->job.role)));
	json_object_object_add(object, "host", text_json(going->recording->host, HOST_NAME));
	json_object_object_add(object, "peer",
			       going->peer[0] ? text_json(going->peer, strlen(going->peer)) : NULL);
	add_number(object, "pass", &going->pass);
	add_number(object, "remaining_bytes", &going->remaining);
	add_number(object, "total_bytes", &going->total);
	add_number(object, "kbit_per_s", &going->kbit_per_s);
	add_number(object, "expected_downtime_ms", &going->expected_ms);
	json_print(view, object);
}

static void row_add_way(char *row, const struct going *going)
{
	bool is_out = going->job.role == ROLE_SOURCE;

	row_add(row, "%s", is_out ? "out" : "in");
	if (going->peer[0])
		row_add(row, " %s ", is_out ? "to" : "from");
	row_add_safe(row, going->peer, 40);
}

void view_begun(struct view *view, const struct going *going, int64_t real_ns)
{
	char row[ROW];

	if (view->is_json) {
		going_json(view, going, "begun", real_ns);
		return;
	}
	row_begin_going(row, real_ns, going);
	row_add_way(row, going);
	row_print(view, row);
}

static void row_add_bytes(char *row, uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes / 1024;
	size_t unit = 0;

	while (value >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	row_add(row, "%.*f %s", value < 10, value, units[unit]);
}

static void row_add_numbers(char *row, const struct going *going)
{
	bool any = going->pass.known;

	if (going->pass.known)
		row_add(row, "pass %" PRIu64, going->pass.value);
	if (going->remaining.known) {
		row_add(row, "%s", any ? ", " : "");
		row_add_bytes(row, going->remaining.value);
		row_add(row, " left");
		any = true;
	}
	if (going->kbit_per_s.known) {
		row_add(row, "%s", any ? ", " : "");
		row_add_bytes(row, going->kbit_per_s.value * 125);
		row_add(row, "/s");
		any = true;
	}
	if (going->expected_ms.known)
		row_add(row, "%s%" PRIu64 " ms expected", any ? ", " : "",
			going->expected_ms.value);
}

/* Returns whether the side was not told of for long enough; it is now, then. */
static bool is_due(struct view *view, uint64_t number, int64_t ns)
{
	size_t at = number % (sizeof(view->told) / sizeof(view->told[0]));

	if (view->told[at].number == number && ns - view->told[at].ns < TELL_NS)
		return false;
	view->told[at].number = number;
	view->told[at].ns = ns;
	return true;
}

void view_news(struct view *view, const struct going *going, int64_t real_ns)
{
	char row[ROW], numbers[ROW] = "";

	view->is_changed = true;
	row_add_numbers(numbers, going);
	if (view->terminal.has_cursor || !numbers[0] || !is_due(view, going->number, real_ns))
		return;
	if (view->is_json) {
		going_json(view, going, "running", real_ns);
		return;
	}
	row_begin_going(row, real_ns, going);
	row_add(row, "%s", numbers);
	row_print(view, row);
}

/* How much of the memory has crossed, as far as QEMU's own numbers go. */
static void row_add_bar(char *row, const struct going *going, int width)
{
	uint64_t total = going->total.value, left = going->remaining.value;
	int steps = 0;

	if (going->total.known && going->remaining.known && total && left <= total)
		steps = (int)((double)(total - left) / (double)total * width);
	row_add(row, "[");
	for (int i = 0; i < width; i++)
		row_add(row, "%s", i < steps ? "█" : " ");
	row_add(row, "] ");
}

/* Two sides of one domain are one line: the source's, which knows more. */
static bool is_shown(const struct progress *progress, const struct going *going)
{
	return going->is_told &&
	       (going->job.role == ROLE_SOURCE || !progress_other(progress, going));
}

size_t view_shown(const struct progress *progress)
{
	size_t shown = 0;

	for (size_t i = 0; i < progress->count; i++)
		shown += is_shown(progress, progress->going[i]);
	return shown;
}

/* The bar has the room that is left by all that is told. */
static void going_draw(struct view *view, const struct going *going, int64_t now_ns, int columns)
{
	char row[ROW] = "", cut[ROW] = "", numbers[ROW] = "";
	int width;

	row_add_safe(row, going->name[0] ? going->name : "?", NAME_WIDTH);
	row_pad(row, NAME_WIDTH + 1);
	if (columns >= 100) {
		row_add_way(row, going);
		row_pad(row, NAME_WIDTH + 1 + 24);
	}
	row_add(numbers, "%" PRId64 " s  ", (now_ns - going->begun_ns) / 1000000000);
	row_pad(numbers, 6);
	row_add_numbers(numbers, going);
	width = text_columns(numbers) < 6 + NUMBERS ? 6 + NUMBERS : text_columns(numbers);
	width = columns - 1 - text_columns(row) - width - 3;
	if (width >= BAR_MIN)
		row_add_bar(row, going, width < BAR_MAX ? width : BAR_MAX);
	row_add(row, "%s", numbers);
	row_add_safe(cut, row, columns - 1);
	view->widths[view->drawn++] = text_columns(cut);
	fprintf(view->text, "%s\n", cut);
}

/* Draws as many as have room, and says how many more there are. */
static void all_draw(struct view *view, const struct progress *progress, int64_t now_ns)
{
	size_t shown = 0, more = 0, room;
	int columns, rows;

	terminal_size(view->out, &columns, &rows);
	room = rows > 4 ? (size_t)rows - 3 : 1;
	if (room > sizeof(view->widths) / sizeof(view->widths[0]) - 1)
		room = sizeof(view->widths) / sizeof(view->widths[0]) - 1;
	for (size_t i = 0; i < progress->count; i++) {
		if (!is_shown(progress, progress->going[i]))
			continue;
		if (shown < room)
			going_draw(view, progress->going[i], now_ns, columns);
		else
			more++;
		shown++;
	}
	if (more) {
		fprintf(view->text, "and %zu more\n", more);
		view->widths[view->drawn++] = 16;
	}
}

int view_draw(struct view *view, const struct progress *progress, int64_t now_ns)
{
	int64_t left_ns = view->drawn_ns + DRAW_NS - now_ns;

	if (!view->terminal.has_cursor || (!progress->count && !view->drawn))
		return -1;
	if (!view->is_changed && now_ns - view->drawn_ns < 5 * DRAW_NS)
		return (int)((view->drawn_ns + 5 * DRAW_NS - now_ns) / 1000000) + 1;
	if (left_ns > 0)
		return (int)(left_ns / 1000000) + 1;
	view_clear(view);
	all_draw(view, progress, now_ns);
	fflush(view->text);
	view->drawn_ns = now_ns;
	view->is_changed = false;
	return progress->count ? (int)(5 * DRAW_NS / 1000000) : -1;
}

static void row_add_duration(char *row, const char *before, const struct quantity *quantity)
{
	char text[DURATION_TEXT];

	duration_format(quantity, text, sizeof(text));
	row_add(row, "%s%s", before, text);
}

/* What one host knows of it for sure: its parts of the figures. */
static void row_add_side(char *row, const struct account *account)
{
	const struct side *side = account_seen(account)->side;
	bool is_source = side->role == ROLE_SOURCE;
	struct quantity part =
		figures_part(&account->figures, is_source ? PLACE_SOURCE : PLACE_DESTINATION);

	if (part.known)
		row_add_duration(row, "downtime here ", &part);
	else
		row_add(row, "downtime unknown");
	if (is_source && side->start.known && side->sent.known && !account->figures.hole) {
		struct quantity elapsed = quantity_exact(side->sent.ns - side->start.ns, "");

		row_add_duration(row, ", elapsed here ", &elapsed);
	}
}

static void row_add_left(char *row, enum place_left left)
{
	static const char *const texts[] = {
		[LEFT_ON_SOURCE] = ", runs on the source",
		[LEFT_ON_BOTH] = ", RUNS ON BOTH HOSTS",
		[LEFT_NOWHERE] = ", RUNS ON NEITHER HOST",
		[LEFT_PAUSED] = ", left paused",
	};

	if ((size_t)left < sizeof(texts) / sizeof(texts[0]) && texts[left])
		row_add(row, "%s", texts[left]);
}

static void row_add_gone(char *row, const struct side *side)
{
	if (side->gone.known)
		row_add(row, ", libvirt of the %s ended before", role_name(side->role));
}

static void row_add_result(char *row, const struct account *account)
{
	const struct figures *figures = &account->figures;

	if (account->outcome != OUTCOME_COMPLETED) {
		row_add(row, "%s", outcome_name(account->outcome));
		row_add_gone(row, account_seen(account)->side);
		row_add_left(row, account->left);
		if (figures->downtime.known)
			row_add_duration(row, ", stood still ", &figures->downtime);
	} else if (!account_has_both(account)) {
		row_add_side(row, account);
	} else {
		row_add_duration(row, "downtime ", &figures->downtime);
		row_add_duration(row, ", elapsed ", &figures->elapsed);
		if (account->left != LEFT_ON_SOURCE)
			row_add_left(row, account->left);
	}
}

void view_result(struct view *view, const struct account *account, int64_t real_ns)
{
	const char *colour = view->terminal.has_colour ? colours[account->outcome] : NULL;
	char row[ROW], result[ROW] = "";

	if (view->is_json) {
		report_json(view->out, &(struct report){.account = account});
		return;
	}
	row_begin(row, real_ns, account->name, account->uuid);
	row_add_result(result, account);
	row_add(row, "%s%s%s", colour ? colour : "", result, colour ? "\033[0m" : "");
	row_print(view, row);
}

/* The downtime, or of one host its part of it. */
static struct quantity downtime_of(const struct account *account)
{
	bool is_source = account_seen(account)->side->role == ROLE_SOURCE;

	if (account_has_both(account) || account->outcome != OUTCOME_COMPLETED)
		return account->figures.downtime;
	return figures_part(&account->figures, is_source ? PLACE_SOURCE : PLACE_DESTINATION);
}

void view_count(struct view *view, const struct account *account)
{
	struct quantity downtime = downtime_of(account);
	const struct verdicts *verdicts = &account->verdicts;

	view->counts[account->outcome]++;
	for (size_t i = 0; i < verdicts->count; i++)
		view->wrong += verdicts->verdict[i].kind != VERDICT_AGREES;
	view->verdicts += verdicts->count;
	if (!downtime.known)
		return;
	view->are_parts |= !account_has_both(account);
	view->downtimes[view->downtime_count++ % FIGURES_MAX] = downtime.est_ns;
	if (!view->worst.known || downtime.est_ns > view->worst.est_ns) {
		view->worst = downtime;
		memcpy(view->worst_name, account->name, sizeof(view->worst_name));
	}
}

static int by_ns(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static size_t total_of(const struct view *view)
{
	size_t total = 0;

	for (size_t i = 0; i < sizeof(view->counts) / sizeof(view->counts[0]); i++)
		total += view->counts[i];
	return total;
}

static void summary_json(struct view *view, uint64_t lost, size_t going, size_t count)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "schema", json_object_new_string("migtrace.summary/1"));
	json_object_object_add(object, "migrations", json_object_new_uint64(total_of(view)));
	for (int i = 0; i <= OUTCOME_UNFINISHED; i++)
		json_object_object_add(object, outcome_name((enum outcome)i),
				       json_object_new_uint64(view->counts[i]));
	json_object_object_add(object, "going_on", json_object_new_uint64(going));
	json_object_object_add(object, "downtimes", json_object_new_uint64(count));
	if (count) {
		json_object_object_add(object, "median_ns",
				       json_object_new_int64(view->downtimes[(count - 1) / 2]));
		json_object_object_add(
			object, "p95_ns",
			json_object_new_int64(view->downtimes[(count * 95 + 99) / 100 - 1]));
		json_object_object_add(object, "worst_ns",
				       json_object_new_int64(view->worst.est_ns));
	}
	json_object_object_add(object, "of_one_host", json_object_new_boolean(view->are_parts));
	json_object_object_add(object, "lost_events", json_object_new_uint64(lost));
	json_print(view, object);
}

static void row_add_counts(const struct view *view, char *row)
{
	size_t total = total_of(view);
	const char *before = ": ";

	row_add(row, "%zu migration%s", total, total == 1 ? "" : "s");
	for (int i = 0; i <= OUTCOME_UNFINISHED; i++) {
		if (!view->counts[i])
			continue;
		row_add(row, "%s%zu %s", before, view->counts[i], outcome_name((enum outcome)i));
		before = ", ";
	}
}

static void row_add_downtimes(const struct view *view, char *row, size_t count)
{
	struct quantity median = quantity_exact(view->downtimes[(count - 1) / 2], "");
	struct quantity p95 = quantity_exact(view->downtimes[(count * 95 + 99) / 100 - 1], "");
	int room;

	row_add(row, "downtime%s: ", view->are_parts ? " here" : "");
	row_add_duration(row, "median ", &median);
	row_add_duration(row, ", p95 ", &p95);
	row_add_duration(row, ", worst ", &view->worst);
	room = LINE_WIDTH - text_columns(row) - 3;
	if (view->worst_name[0] && room > 0) {
		row_add(row, " (");
		row_add_safe(row, view->worst_name, room < NAME_WIDTH ? room : NAME_WIDTH);
		row_add(row, ")");
	}
}

void view_summary(struct view *view, uint64_t lost, size_t going)
{
	size_t count = view->downtime_count < FIGURES_MAX ? view->downtime_count : FIGURES_MAX;
	char row[ROW] = "";

	qsort(view->downtimes, count, sizeof(*view->downtimes), by_ns);
	if (view->is_json) {
		summary_json(view, lost, going, count);
		return;
	}
	row_add_counts(view, row);
	if (going)
		row_add(row, "; %zu going on", going);
	row_add(row, "; %" PRIu64 " events lost", lost);
	row_print(view, row);
	if (count) {
		row[0] = '\0';
		row_add_downtimes(view, row, count);
		row_print(view, row);
	}
	if (view->verdicts)
		view_say(view, "libvirt's numbers: %zu, of which %zu do not agree", view->verdicts,
			 view->wrong);
}

bool view_is_lost(const struct view *view)
{
	return ferror(view->out);
}

void view_end(struct view *view)
{
	if (!view)
		return;
	view_clear(view);
	text_close(view->text, view->out);
	free(view->downtimes);
	free(view);
}
