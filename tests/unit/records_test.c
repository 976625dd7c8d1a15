// SPDX-License-Identifier: GPL-2.0-or-later
/* What the writer writes the reader reads: random records of every kind, any bytes
 * in their names. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "simulation.h"
#include "base/version.h"
#include "core/clock/clock.h"
#include "core/event/qmp.h"
#include "core/event/steps.h"
#include "core/recording/store.h"
#include "record/get.h"
#include "record/kinds.h"
#include "record/read.h"
#include "base/text.h"
#include "record/write.h"
#include "probe/find/points.h"
#include "probe/host/daemons.h"

#define SEEDS	   3000
#define AMOUNT_MAX (UINT64_C(1) << 53)

/* Where records are written, and read. */
struct trip {
	struct recording recording;
	struct reader *reader;
	char *text;
	size_t size;
	FILE *out;
	uint64_t rng;
};

static void trip_read(struct trip *trip)
{
	assert_int_equal(fflush(trip->out), 0);
	trip->text[trip->size] = '\0'; /* of what was written since the last time */
	for (char *at = trip->text, *end; (end = strchr(at, '\n')); at = end + 1) {
		assert_in_range(end - at, 1, RECORD_LINE_MAX - 2);
		assert_true(text_is_utf8(at, (size_t)(end - at)));
		assert_int_equal(reader_line(trip->reader, at, (size_t)(end - at)), 0);
	}
	rewind(trip->out);
}

static void trip_begin(struct trip *trip, uint64_t seed)
{
	*trip = (struct trip){.rng = seed, .recording = {.name = "trip"}};
	trip->out = open_memstream(&trip->text, &trip->size);
	trip->reader = reader_open(&trip->recording);
	assert_non_null(trip->out);
	assert_non_null(trip->reader);
	assert_int_equal(record_write_header(trip->out, false, true), 0);
	trip_read(trip);
}

static void trip_end(struct trip *trip)
{
	reader_close(trip->reader);
	recording_free(&trip->recording);
	fclose(trip->out);
	free(trip->text);
}

/* Of any size: as many bits as not. */
static uint64_t number(struct trip *trip, uint64_t most)
{
	uint64_t value = random_next(&trip->rng) >> random_next(&trip->rng) % 64;

	return random_next(&trip->rng) % 16 ? value % (most ? most : 1) : most;
}

/* Any bytes but NUL: often such that are escaped, or look as if they were. */
static size_t bytes(struct trip *trip, char *to, size_t most)
{
	static const char *const pieces[] = {"\\x41", "\\x5c",	      "\\", "\xc3\xa9",
					     "\xff",  "\xe2\x80\xae", "\n", "\""};
	size_t len = number(trip, most);

	for (size_t i = 0; i < len; i++)
		to[i] = (char)(1 + random_next(&trip->rng) % 255);
	for (size_t i = 0; i < len / 8; i++) {
		const char *piece = pieces[random_next(&trip->rng) % 8];
		size_t at = random_next(&trip->rng) % len, size = strlen(piece);

		memcpy(to + at, piece, size < len - at ? size : len - at);
	}
	return len;
}

static void store(const struct field *field, struct mt_event *event, uint64_t value)
{
	memcpy((char *)event + field->offset, &value, field->size); /* little-endian, as BPF's */
}

static uint64_t most_of(const struct field *field)
{
	return field->size >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * field->size)) - 1;
}

static void field_fill(struct trip *trip, const struct field *field, struct mt_event *event)
{
	char *at = (char *)event + field->offset;
	uint64_t most = most_of(field), amount = most < AMOUNT_MAX ? most - 1 : AMOUNT_MAX;

	switch (field->type) {
	case FIELD_UUID:
	case FIELD_ADDRESS:
		for (size_t i = 0; i < 16; i++)
			at[i] = (char)random_next(&trip->rng);
		break;
	case FIELD_ETHERNET:
		for (size_t i = 0; i < MT_ETHERNET; i++)
			at[i] = (char)random_next(&trip->rng);
		break;
	case FIELD_COMM:
		bytes(trip, at, field->size - 1u);
		break;
	case FIELD_TEXT:
	case FIELD_NAME:
		event->text_len = (uint16_t)bytes(trip, at, field->size);
		break;
	case FIELD_COMMAND:
		store(field, event, number(trip, 1));
		break;
	case FIELD_STEP:
		store(field, event, 1 + random_next(&trip->rng) % (MT_STEPS - 1));
		break;
	case FIELD_CALL:
		store(field, event, 1 + random_next(&trip->rng) % (MT_CALLS - 1));
		break;
	case FIELD_BOOL:
		store(field, event, random_next(&trip->rng) % 2);
		break;
	case FIELD_CHECK:
		store(field, event, random_next(&trip->rng) % 3);
		break;
	case FIELD_INT:
		store(field, event, (uint64_t)(int64_t)(int32_t)number(trip, UINT32_MAX));
		break;
	case FIELD_STAMP:
	case FIELD_TIME:
		store(field, event, number(trip, CLOCK_NS_MAX));
		break;
	case FIELD_MAYBE:
		store(field, event,
		      random_next(&trip->rng) % 4 ? number(trip, amount) : UINT64_MAX);
		break;
	case FIELD_AMOUNT:
		store(field, event, number(trip, amount));
		break;
	case FIELD_TCP:
	case FIELD_UINT:
	case FIELD_HASH:
		store(field, event, number(trip, most));
		break;
	}
}

static struct mt_event event_of(struct trip *trip, uint16_t kind, uint8_t edge)
{
	struct mt_event event = {.kind = kind, .edge = edge};
	size_t count;
	const struct field *fields = event_fields(&count);

	for (size_t i = 0; i < count; i++)
		if (field_applies(&fields[i], &event))
			field_fill(trip, &fields[i], &event);
	return event;
}

static void event_check(struct trip *trip, const struct mt_event *event)
{
	const struct mt_event *got;
	size_t before = trip->recording.event_count;

	assert_int_equal(record_write_event(trip->out, event), 0);
	trip_read(trip);
	got = reader_event(trip->reader);
	if (got && trip->recording.event_count == before + 1 && !memcmp(got, event, sizeof(*event)))
		return;
	fail_msg("seed %" PRIu64 ": not read as it was written: %s", trip->rng, trip->text);
}

static void events_of_any_kind(void **state)
{
	size_t checked = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint16_t kind = (uint16_t)(seed % MT_KINDS);
		struct trip trip;

		if (!event_kind_name(kind))
			continue;
		trip_begin(&trip, seed);
		for (uint8_t edge = MT_ENTER; edge <= MT_RETURN; edge++) {
			struct mt_event event = event_of(&trip, kind, edge);

			event_check(&trip, &event);
			assert_int_equal(trip.recording.gap_count, 0);
			checked++;
		}
		trip_end(&trip);
	}
	print_message("# %zu events were read as they were written\n", checked);
}

/* More than any clock or counter shows: as much as can be, and nothing around it is sure. */
static void amounts_are_clamped_and_marked(void **state)
{
	struct mt_event event = {.kind = MT_QEMU_MIGRATION_STATE, .ktime_ns = 1000};
	const struct mt_migration_state *read;
	struct trip trip;

	(void)state;
	trip_begin(&trip, 1);
	event.migration_state.stalls = UINT64_MAX;
	event.migration_state.stalled_ns = UINT64_MAX;
	event.migration_state.longest_stall_ns = UINT64_MAX;
	assert_int_equal(record_write_event(trip.out, &event), 0);
	trip_read(&trip);
	assert_int_equal(trip.recording.event_count, 1);
	read = &trip.recording.events[0].migration_state;
	assert_int_equal(read->stalls, AMOUNT_MAX);
	assert_int_equal(read->stalled_ns, AMOUNT_MAX);
	assert_int_equal(read->longest_stall_ns, AMOUNT_MAX);
	assert_string_equal(recording_hole(&trip.recording, event.uuid, 900, 1100),
			    "a number in the recording is out of range");
	assert_null(recording_hole(&trip.recording, event.uuid, 1001, 1100));
	event.uuid[0] = 1;
	assert_null(recording_hole(&trip.recording, event.uuid, 900, 1100));
	trip_end(&trip);
}

static void names_of_any_bytes(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct daemon daemon = {.pid = (uint32_t)seed};
		const struct daemon *got;
		struct trip trip;

		trip_begin(&trip, seed);
		bytes(&trip, daemon.host, HOST_NAME - 1);
		assert_int_equal(record_write_daemon(trip.out, &daemon), 0);
		trip_read(&trip);
		got = recording_daemon(&trip.recording, (uint32_t)seed, 0);
		assert_non_null(got);
		assert_memory_equal(got->host, daemon.host, HOST_NAME);
		trip_end(&trip);
	}
}

/* None of its probes is there, and the reasons are as long as they can be, of the widest bytes. */
static void a_file_without_any_probe(void **state)
{
	static char names[ROWS_FOUND_MAX][PROBE_NAME], why[RESOLVE_TEXT_SIZE];
	struct record_missing missing[ROWS_FOUND_MAX];
	char file[DAEMON_FILE_NAME] = "";
	struct record_target target = {file, "", 0, missing, ROWS_FOUND_MAX};
	struct trip trip;

	(void)state;
	memset(file, 0xff, sizeof(file) - 1);
	memset(why, 0xff, sizeof(why) - 1);
	for (size_t i = 0; i < ROWS_FOUND_MAX; i++) {
		snprintf(names[i], PROBE_NAME, "%0*zu", PROBE_NAME - 1, i);
		missing[i] = (struct record_missing){names[i], why, false};
	}
	trip_begin(&trip, 1);
	assert_int_equal(record_write_target(trip.out, &target), 0);
	trip_read(&trip);
	assert_int_equal(trip.recording.missing_count, ROWS_FOUND_MAX);
	assert_true(recording_misses(&trip.recording, names[ROWS_FOUND_MAX - 1]));
	trip_end(&trip);
}

/* The probe of a function's return alone has a name of its own. */
static void a_file_without_the_probe_of_a_return(void **state)
{
	const struct record_missing missing = {"qemuMigrationDstFinish", "no", true};
	const struct record_target target = {"driver", "", 1, &missing, 1};
	struct trip trip;

	(void)state;
	trip_begin(&trip, 1);
	assert_int_equal(record_write_target(trip.out, &target), 0);
	trip_read(&trip);
	assert_true(recording_misses(&trip.recording, "qemuMigrationDstFinish (return)"));
	assert_false(recording_misses(&trip.recording, "qemuMigrationDstFinish"));
	trip_end(&trip);
}

static void records_of_the_other_kinds(void **state)
{
	struct clock_snapshot clock = {1, CLOCK_NS_MAX, INT64_C(4000000000000000000), CLOCK_NS_MAX,
				       7};
	struct exchange exchange = {"peer", 1, 2, CLOCK_NS_MAX, CLOCK_NS_MAX};
	struct record_counts counts = {.hits = AMOUNT_MAX, .lost = 7, .unreadable = AMOUNT_MAX};
	struct job_stats job = {.end_ns = 5, .pid = UINT32_MAX};
	struct json_object *answer = json_object_new_object();
	struct daemon daemon = {.pid = 9};
	struct trip trip;

	(void)state;
	json_object_object_add(answer, "error", text_json("\xff\n", 2));
	trip_begin(&trip, 1);
	assert_int_equal(record_write_daemon(trip.out, &daemon), 0);
	assert_int_equal(record_write_gone(trip.out, 9, CLOCK_NS_MAX), 0);
	assert_int_equal(record_write_snapshot(trip.out, &clock), 0);
	assert_int_equal(record_write_exchange(trip.out, &exchange), 0);
	assert_int_equal(record_write_job_stats(trip.out, &job, answer), 0);
	assert_int_equal(record_write_end(trip.out, &counts), 0);
	trip_read(&trip);
	assert_int_equal(trip.recording.daemons[0].gone_ns, CLOCK_NS_MAX);
	assert_memory_equal(&trip.recording.snapshots[0], &clock, sizeof(clock));
	assert_memory_equal(&trip.recording.exchanges[0].t1_ns, &exchange.t1_ns,
			    4 * sizeof(int64_t));
	assert_string_equal(trip.recording.job_stats[0].error, "\xff\n");
	assert_int_equal(trip.recording.job_stats[0].pid, UINT32_MAX);
	assert_int_equal(trip.recording.hits, AMOUNT_MAX);
	assert_true(reader_has_ended(trip.reader));
	assert_int_equal(trip.recording.gap_count, 0);
	trip_end(&trip);
}

/* A recording says which migtrace wrote it; older ones do not, and a newer one may say it
 * otherwise. */
static void header_names_the_tool(void **state)
{
	static const char *const others[] = {
		"{\"kind\":\"header\",\"schema\":\"migtrace.record/1\",\"host\":\"a\"}",
		"{\"kind\":\"header\",\"schema\":\"migtrace.record/"
		"1\",\"tool\":null,\"host\":\"a\"}",
	};
	struct json_object *header, *tool;
	struct trip trip;

	(void)state;
	trip_begin(&trip, 1);
	header = json_tokener_parse(trip.text);
	assert_true(json_object_object_get_ex(header, "tool", &tool));
	assert_string_equal(json_object_get_string(tool), version_text());
	assert_int_equal(strncmp(version_text(), "migtrace " MIGTRACE_VERSION,
				 strlen("migtrace " MIGTRACE_VERSION)),
			 0);
	json_object_put(header);
	trip_end(&trip);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct recording recording = {.name = "other"};
		struct reader *reader = reader_open(&recording);

		assert_non_null(reader);
		assert_int_equal(reader_line(reader, others[i], strlen(others[i])), 0);
		assert_string_equal(recording.host, "a");
		reader_close(reader);
		recording_free(&recording);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_of_any_kind),
		cmocka_unit_test(amounts_are_clamped_and_marked),
		cmocka_unit_test(names_of_any_bytes),
		cmocka_unit_test(a_file_without_any_probe),
		cmocka_unit_test(a_file_without_the_probe_of_a_return),
		cmocka_unit_test(records_of_the_other_kinds),
		cmocka_unit_test(header_names_the_tool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
