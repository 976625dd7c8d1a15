/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For how long disks answered nothing: the truth inside each bound, and unknown where nothing was
 * seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/event/disk_name.h"
#include "core/figures/figures.h"
#include "core/side/watched.h"
#include "inside.h"
#include "simulation.h"

#define MS    INT64_C(1000000)
#define US    INT64_C(1000)
#define SEEDS 200
#define DISK  "virtio-disk0"

static struct scene scene;
static struct truth truth;
static struct guest_disks disks;

static struct mt_event *qemu(struct host *host, int64_t at, enum mt_kind kind, const char *disk)
{
	struct mt_event *event = scene_qemu(host, &truth, at, kind);

	event->text_len = (uint16_t)strlen(disk);
	memcpy(event->text, disk, event->text_len);
	return event;
}

/* What each QEMU does, and that its disk is watched before, and what has no name. */
static void guest_move(uint64_t seed)
{
	uint64_t rng = seed;
	int64_t ahead_ns = random_between(&rng, -7300 * MS, 7300 * MS);

	truth = scene_move(&scene, &rng, ahead_ns, random_between(&rng, -20000, 20000));
	for (int i = 0; i < 2; i++) {
		qemu(&scene.a, truth.run, MT_DISK_BEGIN, i ? "" : DISK);
		qemu(&scene.b, truth.prepared, MT_DISK_BEGIN, i ? "" : DISK);
	}
}

static struct mt_disk_seen *disk_end(struct host *host, int64_t at, const char *disk)
{
	struct mt_disk_seen *seen = &qemu(host, at, MT_DISK_END, disk)->disk;

	seen->is_whole = 1;
	return seen;
}

static uint64_t stamp(const struct host *host, int64_t at)
{
	return (uint64_t)host_clock(host, at);
}

static const struct migration *find(void)
{
	const struct migration *migration = scene_found(&scene, &truth);
	struct figures figures = figures_of(migration);

	disks = figures.disks;
	return migration;
}

static void truth_is_inside_each_bound(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct mt_disk_seen *seen;

		guest_move(seed);
		seen = disk_end(&scene.a, truth.performed + 10000 * MS, DISK); /* long after */
		seen->last_ns = stamp(&scene.a, truth.stopped - 300 * US);
		seen->in_flight = 3;
		seen->oldest_ns = stamp(&scene.a, truth.stopped - 200 * MS);
		seen->newest_ns = stamp(&scene.a, truth.stopped - 100 * US);
		seen = disk_end(&scene.b, truth.ran + 2100 * MS, DISK);
		seen->first_ns = stamp(&scene.b, truth.ran + 2000 * MS);
		find();
		assert_int_equal(disks.count, 1);
		assert_string_equal(disks.disk[0].device, DISK);
		assert_string_equal(disks.disk[0].name, "vda");
		assert_inside(seed, &disks.blackout,
			      truth.ran + 2000 * MS - (truth.stopped - 300 * US));
		assert_true(disks.disk[0].in_flight.known);
		assert_int_equal(disks.disk[0].in_flight.count, 3);
		assert_inside(seed, &disks.disk[0].longest, truth.ran - (truth.stopped - 200 * MS));
		assert_inside(seed, &disks.disk[0].shortest,
			      truth.ran - (truth.stopped - 100 * US));
		scene_free(&scene);
	}
}

/* Those that the guest makes before its disk answers any are told from none. */
static void an_idle_disk_is_no_zero(void **state)
{
	(void)state;
	guest_move(1);
	disk_end(&scene.a, truth.performed, DISK);
	disk_end(&scene.b, truth.finished, DISK);
	find();
	assert_string_equal(disks.blackout.why_unknown, "no requests");
	assert_string_equal(disks.disk[0].longest.why_unknown, "no request was in flight");
	scene_free(&scene);
	guest_move(1);
	disk_end(&scene.a, truth.performed, DISK)->last_ns = stamp(&scene.a, truth.stopped);
	disk_end(&scene.b, truth.finished, DISK);
	find();
	assert_string_equal(disks.blackout.why_unknown, "no requests since the guest started");
	scene_free(&scene);
	guest_move(1);
	disk_end(&scene.a, truth.performed, DISK)->last_ns = stamp(&scene.a, truth.stopped);
	disk_end(&scene.b, truth.finished, DISK)->waiting = 1;
	find();
	assert_string_equal(disks.blackout.why_unknown,
			    "no request was completed since the guest started, while it was "
			    "watched");
	scene_free(&scene);
	guest_move(1);
	disk_end(&scene.a, truth.performed, DISK);
	disk_end(&scene.b, truth.finished, DISK)->first_ns = stamp(&scene.b, truth.ran);
	find();
	assert_string_equal(disks.blackout.why_unknown,
			    "no requests while it was watched, before the guest stopped");
	scene_free(&scene);
}

/* The id of a disk's device was not where it was looked for: all may have been any disk's. */
static void requests_of_no_known_disk_are_any_disks(void **state)
{
	static const char why[] = "requests were made of a disk that could not be told";

	(void)state;
	guest_move(1);
	disk_end(&scene.a, truth.performed, DISK);
	disk_end(&scene.b, truth.finished, DISK);
	disk_end(&scene.a, truth.performed, "")->completed = 1;
	find();
	assert_int_equal(disks.count, 1);
	assert_string_equal(disks.blackout.why_unknown, why);
	assert_string_equal(disks.disk[0].in_flight.why_unknown, why);
	scene_free(&scene);
	guest_move(1);
	disk_end(&scene.a, truth.performed, DISK)->last_ns = stamp(&scene.a, truth.stopped);
	disk_end(&scene.b, truth.finished, DISK);
	disk_end(&scene.b, truth.finished, "")->completed = 1;
	find();
	assert_string_equal(disks.blackout.why_unknown, why);
	scene_free(&scene);
}

static void what_was_not_watched_is_unknown(void **state)
{
	(void)state;
	guest_move(1);
	find();
	assert_string_equal(disks.blackout.why_unknown,
			    "the source's recorder still watched, or had ended");
	assert_false(disks.disk[0].in_flight.known);
	scene_free(&scene);
	guest_move(1);
	disk_end(&scene.a, truth.stopped - MS, DISK)->last_ns = stamp(&scene.a, truth.run);
	disk_end(&scene.b, truth.finished, DISK)->first_ns = stamp(&scene.b, truth.ran);
	find();
	assert_string_equal(disks.blackout.why_unknown,
			    "it was not watched any more when the guest stopped");
	scene_free(&scene);
	guest_move(1);
	disk_end(&scene.a, truth.performed, DISK)->is_whole = 0;
	disk_end(&scene.b, truth.finished, DISK)->is_whole = 0;
	find();
	assert_string_equal(disks.blackout.why_unknown, "no requests");
	assert_string_equal(disks.disk[0].in_flight.why_unknown,
			    "the recorder ended before watching did");
	scene_free(&scene);
}

/* When they began was not seen of all that were in flight. */
static void waits_without_a_begin_are_unknown(void **state)
{
	(void)state;
	guest_move(1);
	disk_end(&scene.a, truth.performed, DISK)->in_flight = 2;
	disk_end(&scene.b, truth.finished, DISK);
	find();
	assert_int_equal(disks.disk[0].in_flight.count, 2);
	assert_string_equal(disks.disk[0].longest.why_unknown, "when they had begun was not seen");
	scene_free(&scene);
}

static void a_guest_without_a_disk_has_none(void **state)
{
	uint64_t rng = 1;

	(void)state;
	scene_init(&scene, 0, 0);
	truth = simulate_p2p(&scene.a, &scene.b, &rng, 1000 * MS, 7);
	find();
	assert_int_equal(disks.count, 0);
	assert_string_equal(disks.blackout.why_unknown, "no disk of the guest was watched");
	scene_free(&scene);
}

static void watching_is_waited_for(void **state)
{
	(void)state;
	guest_move(1);
	scene_snapshots(&scene, 10000 * MS);
	scene_correlate(&scene);
	assert_true(watched_is_open(scene.migrations.migration[0].source));
	scene_free(&scene);
	guest_move(1);
	assert_false(watched_is_open(find()->source));
	scene_free(&scene);
}

static void assert_name(const char *id, const char *wanted)
{
	char name[MT_DISK_ID];

	disk_name(id, strlen(id), name);
	assert_string_equal(name, wanted);
}

static void disks_have_the_names_that_people_know(void **state)
{
	(void)state;
	assert_name("virtio-disk0", "vda");
	assert_name("virtio-disk25", "vdz");
	assert_name("virtio-disk26", "vdaa");
	assert_name("virtio-disk701", "vdzz");
	assert_name("virtio-disk702", "vdaaa");
	assert_name("virtio-disk", "virtio-disk");
	assert_name("virtio-disk01", "virtio-disk01");
	assert_name("virtio-disk12345", "virtio-disk12345");
	assert_name("virtio-disk-1", "virtio-disk-1");
	assert_name("scsi0-0-0-1", "scsi0-0-0-1");
	assert_name("ua-data", "ua-data");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truth_is_inside_each_bound),
		cmocka_unit_test(an_idle_disk_is_no_zero),
		cmocka_unit_test(requests_of_no_known_disk_are_any_disks),
		cmocka_unit_test(what_was_not_watched_is_unknown),
		cmocka_unit_test(waits_without_a_begin_are_unknown),
		cmocka_unit_test(a_guest_without_a_disk_has_none),
		cmocka_unit_test(watching_is_waited_for),
		cmocka_unit_test(disks_have_the_names_that_people_know),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
