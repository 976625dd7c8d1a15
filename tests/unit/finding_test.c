/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each finding, when it applies and when not; what a report advises first, and what it names as the
 * cause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/account/cause.h"
#include "core/account/finding.h"
#include "simulation.h"

#define MS 1000000

static const struct migration nobodys = {0};

/* What a report tells to do first of all. */
static const struct finding nothing = {.advice = "nothing"};

static struct found found[FINDINGS_MAX];

/* Each finding that came of some test, and each that did not where it nearly did, by its code. */
static bool has_applied[FINDINGS_MAX], has_not[FINDINGS_MAX];

static size_t place_of(const char *name)
{
	const struct finding *finding;

	for (size_t i = 0; (finding = finding_at(i)); i++)
		if (!strcmp(finding->name, name))
			return i;
	fail_msg("%s is no finding", name);
	return 0;
}

static bool is_found(const struct account *account, const char *name)
{
	size_t count = findings_of(account, found);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(found[i].finding->name, name))
			return has_applied[place_of(name)] = true;
	has_not[place_of(name)] = true;
	return false;
}

/* Notes of each that says what to do whether it came. */
static void advice_note(const struct account *account)
{
	const struct finding *finding;

	for (size_t i = 0; (finding = finding_at(i)); i++)
		if (finding_is_advice(finding))
			is_found(account, finding->name);
}

static const struct finding *advice_of(const struct account *account, size_t rank)
{
	size_t count;

	advice_note(account);
	count = findings_of(account, found);
	for (size_t i = 0; i < count; i++)
		if (finding_is_advice(found[i].finding) && !rank--)
			return found[i].finding;
	return NULL;
}

static void advises(enum outcome outcome, enum place_left left, const char *text, bool is_urgent)
{
	struct account account = {.migration = &nobodys, .outcome = outcome, .left = left};
	const struct finding *advice = advice_of(&account, 0) ?: &nothing;
	bool is_alarm = advice != &nothing && advice->kind == FINDING_ALARM;

	if (strcmp(advice->advice, text) || is_alarm != is_urgent)
		fail_msg("outcome %d, left %d: %s", outcome, left, advice->advice);
	assert_true(is_urgent <= !!advice->command);
}

#define STOP_ONE     "stop it on one host at once, or its disk is destroyed"
#define START	     "see both hosts; resume it where it is paused, else start it"
#define RESUME	     "resume it, unless it is to stay paused"
#define RESUME_HERE  "resume it on the source, where nobody else will"
#define RECOVER	     "end it on neither host; resume the migration from the source"
#define SEE	     "see both hosts, where it runs"
#define REMOVE_CAUSE "remove the cause, then migrate again"

static bool is_alarm(enum place_left left)
{
	return left == LEFT_ON_BOTH || left == LEFT_NOWHERE || left == LEFT_PAUSED_ON_SOURCE ||
	       left == LEFT_BROKEN;
}

/* Of each outcome by each place: an alarm whatever the outcome, else what is left to do. */
static void each_outcome_and_place(void **state)
{
	static const char *const alarms[LEFTS] = {
		[LEFT_ON_BOTH] = STOP_ONE, [LEFT_NOWHERE] = START,
		[LEFT_PAUSED] = RESUME,	   [LEFT_PAUSED_ON_SOURCE] = RESUME_HERE,
		[LEFT_BROKEN] = RECOVER,   [LEFT_ENDED] = "nothing",
	};
	static const char *const texts[][LEFT_ON_DESTINATION + 1] = {
		[OUTCOME_UNKNOWN] = {SEE, "nothing", SEE},
		[OUTCOME_COMPLETED] = {"nothing", "nothing", "nothing"},
		[OUTCOME_FAILED] = {SEE, REMOVE_CAUSE, SEE},
		[OUTCOME_CANCELLED] = {SEE, "nothing", SEE},
		[OUTCOME_UNFINISHED] = {SEE, "nothing", SEE},
	};

	(void)state;
	for (int outcome = OUTCOME_UNKNOWN; outcome <= OUTCOME_UNFINISHED; outcome++)
		for (int left = LEFT_UNKNOWN; left < LEFTS; left++)
			advises((enum outcome)outcome, (enum place_left)left,
				alarms[left] ?: texts[outcome][left],
				is_alarm((enum place_left)left));
}

/* The UUID stands where it belongs, and an argument may follow it. */
static void commands_are_whole(void **state)
{
	struct account account = {.migration = &nobodys,
				  .outcome = OUTCOME_FAILED,
				  .left = LEFT_BROKEN,
				  .uuid = "u-1"};
	char text[COMMAND_TEXT];

	(void)state;
	command_format(advice_of(&account, 0)->command, account.uuid, text);
	assert_string_equal(text, "virsh migrate --postcopy --postcopy-resume u-1 DESTINATION");
	command_format("virsh list", account.uuid, text);
	assert_string_equal(text, "virsh list");
	command_format(NULL, account.uuid, text);
	assert_string_equal(text, "");
}

static void offline_guest_is_not_resumed(void **state)
{
	struct account account = {
		.migration = &nobodys, .outcome = OUTCOME_COMPLETED, .left = LEFT_PAUSED};

	(void)state;
	assert_string_equal(advice_of(&account, 0)->advice, RESUME);
	account.flavour.offline = ANSWER_YES;
	assert_null(advice_of(&account, 0));
}

/* Only what is of no use there is to be ended. */
static void left_over_is_to_be_ended(void **state)
{
	struct account account = {.migration = &nobodys,
				  .outcome = OUTCOME_COMPLETED,
				  .left = LEFT_ON_DESTINATION,
				  .left_over = {{.role = ROLE_SOURCE}},
				  .left_over_count = 1};

	(void)state;
	assert_false(is_found(&account, "left-over-source"));
	account.left_over[0].is_useless = true;
	assert_true(is_found(&account, "left-over-source"));
	assert_false(is_found(&account, "left-over-destination"));
	account.left_over[0].role = ROLE_DESTINATION;
	assert_true(is_found(&account, "left-over-destination"));
}

static void one_side_is_not_enough(void **state)
{
	struct account account = {
		.migration = &nobodys, .outcome = OUTCOME_COMPLETED, .lack = LACK_SIDE};

	(void)state;
	assert_string_equal(advice_of(&account, 0)->advice,
			    "record on both hosts: one alone knows only its part");
	account.outcome = OUTCOME_UNFINISHED;
	assert_string_equal(advice_of(&account, 0)->advice, SEE);
}

/* Only where a number is off by it, and it is not less than libvirt's rounding. */
static void skew_asks_for_synchronised_clocks(void **state)
{
	struct account account = {
		.migration = &nobodys,
		.outcome = OUTCOME_COMPLETED,
		.left = LEFT_ON_DESTINATION,
		.verdicts = {.verdict = {{.kind = VERDICT_SKEWED}},
			     .count = 1,
			     .skew_ns = opt_of(50000000)},
	};

	(void)state;
	assert_string_equal(advice_of(&account, 0)->advice,
			    "synchronise the hosts' clocks, or distrust libvirt's downtime");
	account.verdicts.skew_ns.v = 999999;
	assert_null(advice_of(&account, 0));
	account.verdicts.skew_ns.v = 50000000;
	account.verdicts.verdict[0].kind = VERDICT_AGREES;
	assert_null(advice_of(&account, 0));
	account.verdicts.verdict[0].kind = VERDICT_PARTIAL;
	assert_non_null(advice_of(&account, 0));
	account.verdicts.verdict[0].kind = VERDICT_MISSING;
	assert_non_null(advice_of(&account, 0));
}

static void causes_are(const struct account *account, const char *expected)
{
	char text[CAUSE_TEXT];

	cause_of_end(account, text);
	assert_string_equal(text, expected);
}

static struct host host;
static struct sides sides;

#define SAID(event, data)                                                                          \
	"{\"timestamp\": {\"seconds\": 1746240028, \"microseconds\": 540071}, "                    \
	"\"event\": \"" event "\", \"data\": {" data "}}"

/* Of a side that makes that call, and whose QEMU said so, or NULL, and ended by that signal; 0: it
 * did not. */
static struct side *side_make(enum mt_kind call, const char *said, uint32_t signal)
{
	static const uint8_t domain[MT_UUID] = {7};
	const enum mt_kind sign = call == MT_PREPARE ? MT_QEMU_PONG : MT_QEMU_PING;
	struct mt_event *event;

	sides_free(&sides);
	host_init(&host, "b", 100, 0, 0);
	host_snapshot(&host, 0, 0);
	host_event(&host, domain, 1000 * (int64_t)MS, call, MT_ENTER);
	host_event(&host, domain, 1010 * (int64_t)MS, sign, MT_ENTER)->tgid = 777;
	if (said) {
		event = host_event(&host, domain, 1020 * (int64_t)MS, MT_MONITOR_EVENT, MT_ENTER);
		event->text_len = (uint16_t)snprintf(event->text, MT_TEXT, "%s", said);
	}
	if (signal) {
		event = host_event(&host, domain, 1030 * (int64_t)MS, MT_EXIT, MT_ENTER);
		event->tgid = 777;
		event->exit.signal = signal;
	}
	host_event(&host, domain, 1040 * (int64_t)MS, call, MT_RETURN);
	host_snapshot(&host, 10000 * (int64_t)MS, 0);
	assert_int_equal(sides_find(&host.recording, &sides), 0);
	assert_int_equal(sides.count, 1);
	sides.side[0].ending = (struct ending){ENDING_NONE, 0, false};
	return &sides.side[0];
}

static struct side *destination_make(uint32_t signal, bool by_libvirt)
{
	const char *said = SAID("SHUTDOWN", "\"guest\": false, \"reason\": \"host-signal\"");

	return side_make(MT_PREPARE, by_libvirt ? said : NULL, signal);
}

/* The other causes are those of recordings in tests/replay. */
static void qemu_that_ended_is_the_cause(void **state)
{
	struct side *side = destination_make(0, false);
	const struct migration migration = {.destination = side};
	struct account account = {.migration = &migration,
				  .outcome = OUTCOME_FAILED,
				  .guest_end.by = ENDED_BY_NOBODY};

	(void)state;
	side->ending = (struct ending){ENDING_QEMU_GONE, 0, true};
	causes_are(&account, "the destination's QEMU ended");
	assert_true(is_found(&account, "destination-qemu-ended"));
	side->ending.is_sure = false;
	causes_are(&account, "");
	assert_false(is_found(&account, "destination-qemu-ended"));
	side->ending.is_sure = true;
	account.outcome = OUTCOME_COMPLETED;
	causes_are(&account, "");
}

static void who_ended_the_guest_is_the_cause(void **state)
{
	static const struct {
		struct guest_end end;
		const char *cause;
	} ends[] = {
		{{ENDED_BY_CLIENT, "destroy", 0, 1},
		 "a client ended the guest, through libvirt: destroy"},
		{{ENDED_BY_GUEST, "panic", 0, 1}, "the guest ended itself: panic"},
		{{ENDED_BY_KERNEL, "OOM killer", 9, 1},
		 "the kernel's OOM killer ended the guest's QEMU"},
		{{ENDED_BY_SIGNAL, "SIGSEGV", 11, 1}, "the guest's QEMU crashed: SIGSEGV"},
		{{ENDED_BY_SIGNAL, "SIGKILL", 9, 1}, "the guest's QEMU was killed: SIGKILL"},
		{{ENDED_BY_SIGNAL, NULL, 40, 1}, "the guest's QEMU was killed: signal 40"},
		{{ENDED_BY_QEMU, NULL, 1, 1}, "the guest's QEMU ended itself, with status 1"},
		{{ENDED_BY_UNKNOWN, NULL, 0, 0}, "the guest's QEMU ended"},
	};
	const struct migration migration = {0};
	struct account account = {.migration = &migration, .outcome = OUTCOME_FAILED};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		account.guest_end = ends[i].end;
		causes_are(&account, ends[i].cause);
	}
}

/* QEMU's own words before libvirt's, which come first. */
static void what_they_said_is_the_cause_where_nothing_was_seen(void **state)
{
	const struct side source = {.role = ROLE_SOURCE};
	const struct migration migration = {.source = &source};
	struct account account = {
		.migration = &migration,
		.outcome = OUTCOME_FAILED,
		.guest_end.by = ENDED_BY_NOBODY,
		.said = {{ROLE_SOURCE, false, "libvirt's", 9}, {ROLE_SOURCE, true, "QEMU's", 6}},
		.said_count = 1};

	(void)state;
	causes_are(&account, "libvirt's");
	account.said_count = 2;
	causes_are(&account, "QEMU's");
}

/* A downtime of 300 ms with one part of 200, whose threads did so in it. */
struct one {
	struct account account;
};

static struct part part_of(const char *name, int64_t ms)
{
	return (struct part){
		.name = name,
		.place = PLACE_SOURCE,
		.duration = quantity_exact(ms * MS, ""),
		.is_downtime = true,
	};
}

static void one_make(struct one *one, const char *name)
{
	*one = (struct one){
		.account = {.migration = &nobodys,
			    .outcome = OUTCOME_COMPLETED,
			    .left = LEFT_ON_DESTINATION,
			    .figures.downtime = quantity_exact(300 * MS, ""),
			    .downtime_seen = quantity_exact(300 * MS, ""),
			    .figures.breakdown = {.count = 1}},
	};
	one->account.figures.breakdown.part[0] = part_of(name, 200);
}

/* It slept there for so long, and was on a CPU else. */
static void sleeps(struct one *one, const char *in, int64_t ms)
{
	struct work *work = &one->account.figures.breakdown.part[0].work;

	*work = (struct work){
		.is_recorded = true,
		.on_cpu = quantity_exact((200 - ms) * MS, ""),
		.runnable = quantity_exact(0, ""),
		.throttled = quantity_exact(0, ""),
		.slept = {{.thread = "one", .duration = quantity_exact(ms * MS, "")}},
		.slept_count = 1,
	};
	snprintf(work->slept[0].in, SLEPT_PLACE, "%s", in);
}

static void wants_cpu(struct one *one, int64_t ms, int64_t throttled_ms)
{
	sleeps(one, "x", 0);
	one->account.figures.breakdown.part[0].work.runnable = quantity_exact(ms * MS, "");
	one->account.figures.breakdown.part[0].work.throttled =
		(struct quantity){true, throttled_ms * MS, 0, ms * MS, "", NULL};
}

static void finds(struct one *one, const char *name)
{
	if (!is_found(&one->account, name))
		fail_msg("%s is not found", name);
	assert_ptr_equal(found[0].part, &one->account.figures.breakdown.part[0]);
	if (strcmp(found[0].finding->name, name))
		fail_msg("%s goes before %s", found[0].finding->name, name);
}

static void lacks(struct one *one, const char *name)
{
	if (is_found(&one->account, name))
		fail_msg("%s is found", name);
}

static const struct {
	const char *finding, *part, *in, *other; /* other: where it sleeps of another cause */
} sleepers[] = {
	{"process-stopped", "QMP", "do_signal_stop", "x"},
	{"process-stopped", "block flush", "do_signal_stop", "ptrace_stop"},
	{"process-traced", "libvirt", "ptrace_stop", "x"},
	{"process-frozen", "last RAM", "do_freezer_trap", "x"},
	{"paging", "device state", "do_swap_page", "x"},
	{"slow-disk", "block flush", "futex_do_wait", "do_signal_stop"},
	{"slow-disk", "block drain", "blkdev_issue_flush", "ptrace_stop"},
	{"slow-disk-destination", "block activate", "do_sys_poll", "do_signal_stop"},
	{"slow-names", "libvirt, cookie and host name", "do_sys_poll", "futex_do_wait"},
	{"slow-stream", "stream's end, flush", "sk_stream_wait_memory", "do_signal_stop"},
	{"slow-start", "libvirt, lock and network", "futex_do_wait", "do_signal_stop"},
};

static void threads_that_sleep(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sleepers) / sizeof(sleepers[0]); i++) {
		struct one one;

		one_make(&one, sleepers[i].part);
		sleeps(&one, sleepers[i].in, 100);
		finds(&one, sleepers[i].finding);
		assert_int_equal(found[0].share.est_ns, 100 * MS);
		sleeps(&one, sleepers[i].in, 99);
		lacks(&one, sleepers[i].finding);
		sleeps(&one, sleepers[i].other, 200);
		lacks(&one, sleepers[i].finding);
		one_make(&one, sleepers[i].part);
		lacks(&one, sleepers[i].finding);
	}
}

/* Whatever the call's thread did meanwhile: it held the lock. */
static void calls_that_hold_a_lock(void **state)
{
	struct work *work;
	struct one one;

	(void)state;
	one_make(&one, "dispatch and domain lock");
	sleeps(&one, "ptrace_stop", 200);
	work = &one.account.figures.breakdown.part[0].work;
	lacks(&one, "lock-held");
	work->held[0].duration = quantity_exact(60 * MS, "");
	work->held[1].duration = quantity_exact(39 * MS, "");
	work->held_count = 2;
	lacks(&one, "lock-held");
	work->held[1].duration = quantity_exact(40 * MS, "");
	finds(&one, "lock-held");
	assert_int_equal(found[0].share.est_ns, 100 * MS);
	lacks(&one, "process-traced");
}

/* By what goes on alone: but nothing is said of threads that were not watched. */
static void threads_that_work(void **state)
{
	static const char *const workers[][2] = {
		{"last-ram", "last RAM"},
		{"slow-load", "wait for destination to load"},
		{"slow-load", "wait for QEMU to load"},
		{"device-state", "device state"},
		{"busy-qemu", "QMP"},
		{"slow-vcpus", "vCPU wake-up"},
		{"slow-vcpus", "start notifiers"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(workers) / sizeof(workers[0]); i++) {
		struct one one;

		one_make(&one, workers[i][1]);
		sleeps(&one, "x", 0);
		finds(&one, workers[i][0]);
		wants_cpu(&one, 99, 0);
		finds(&one, workers[i][0]);
		assert_int_equal(found[0].share.est_ns, 101 * MS);
		wants_cpu(&one, 101, 0);
		one.account.figures.breakdown.part[0].work.throttled = quantity_unknown("old");
		lacks(&one, workers[i][0]);
		one_make(&one, workers[i][1]);
		lacks(&one, workers[i][0]);
	}
}

static void parts_that_say_it_all(void **state)
{
	static const char *const parts[][2] = {
		{"slow-call", "Finish call in transit"},
		{"slow-client", "client, calls in transit"},
		{"busy-libvirt", "worker queue and domain lock"},
		{"busy-libvirt", "dispatch and domain lock"},
		{"suspended", "stopped before the switchover"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct one one;

		one_make(&one, parts[i][1]);
		finds(&one, parts[i][0]);
		one.account.figures.breakdown.part[0].name = "cookie, then the call";
		lacks(&one, parts[i][0]);
	}
}

static void threads_without_a_cpu(void **state)
{
	struct one one;

	(void)state;
	one_make(&one, "QMP");
	wants_cpu(&one, 100, 49);
	finds(&one, "no-cpu");
	lacks(&one, "cpu-quota");
	wants_cpu(&one, 100, 50);
	finds(&one, "cpu-quota");
	lacks(&one, "no-cpu");
	wants_cpu(&one, 99, 99);
	lacks(&one, "cpu-quota");
	wants_cpu(&one, 200, 200);
	one.account.figures.breakdown.part[0].work.throttled = quantity_unknown("old");
	lacks(&one, "cpu-quota");
	lacks(&one, "no-cpu");
}

/* 50 ms, and a fifth of the downtime, or of the blackout where that is longer. */
static void little_time_is_not_worth_a_word(void **state)
{
	struct one one;

	(void)state;
	one_make(&one, "Finish call in transit");
	one.account.figures.breakdown.part[0].duration = quantity_between(49 * MS, 90 * MS, "");
	lacks(&one, "slow-call");
	one.account.figures.breakdown.part[0].duration = quantity_between(60 * MS, 90 * MS, "");
	finds(&one, "slow-call");
	one.account.figures.blackout = quantity_exact(301 * MS, "");
	lacks(&one, "slow-call");
	one.account.figures.blackout = quantity_unknown("");
	one.account.downtime_seen = quantity_unknown("");
	lacks(&one, "slow-call");
}

/* Several parts of one cause are one finding, and the cause of most goes first. */
static void parts_are_added_up(void **state)
{
	struct breakdown *breakdown;
	struct one one;

	(void)state;
	one_make(&one, "Finish call in transit");
	breakdown = &one.account.figures.breakdown;
	breakdown->part[0] = part_of("Finish call in transit", 70);
	breakdown->part[1] = part_of("worker queue and domain lock", 60);
	breakdown->part[2] = part_of("worker queue and domain lock", 61);
	breakdown->count = 3;
	assert_int_equal(findings_of(&one.account, found), 2);
	assert_string_equal(found[0].finding->name, "busy-libvirt");
	assert_int_equal(found[0].share.est_ns, 121 * MS);
	assert_ptr_equal(found[0].part, &breakdown->part[2]);
	assert_string_equal(found[1].finding->name, "slow-call");
}

static void last_ram_by_qemus_limit(void **state)
{
	struct one one;

	(void)state;
	one_make(&one, "last RAM");
	one.account.figures.breakdown.part[0].duration = quantity_exact(301 * MS, "");
	sleeps(&one, "sk_stream_wait_memory", 200);
	one.account.figures.expected.limit = opt_of(300);
	finds(&one, "last-ram");
	lacks(&one, "raised-limit");
	lacks(&one, "slow-send");
	one.account.figures.mss = 1199;
	finds(&one, "small-segments");
	lacks(&one, "last-ram");
	one.account.figures.mss = 1200;
	lacks(&one, "small-segments");
	finds(&one, "last-ram");
	one.account.figures.expected.limit = opt_of(8000);
	finds(&one, "raised-limit");
	lacks(&one, "last-ram");
	one.account.figures.breakdown.part[0].duration = quantity_exact(900 * MS, "");
	sleeps(&one, "sk_stream_wait_memory", 890);
	one.account.figures.expected.limit = opt_of(719);
	finds(&one, "slow-send");
	one.account.figures.expected.limit = opt_of(720);
	finds(&one, "raised-limit");
	one.account.figures.breakdown.part[0].duration = quantity_exact(301 * MS, "");
	sleeps(&one, "sk_stream_wait_memory", 200);
	one.account.figures.expected.limit = opt_of(240);
	finds(&one, "last-ram");
	one.account.figures.expected.limit = opt_of(239);
	finds(&one, "slow-send");
	one.account.flavour.postcopy = ANSWER_YES;
	lacks(&one, "slow-send");
	one.account.figures.expected.limit = opt_of(INT64_MAX);
	finds(&one, "raised-limit");
	one.account.figures.expected.limit = opt_of(INT64_MIN);
	one.account.flavour.postcopy = ANSWER_NO;
	finds(&one, "slow-send");
}

static void nothing_explains_it(void **state)
{
	struct one one;

	(void)state;
	one_make(&one, "libvirt");
	lacks(&one, "unattributed");
	one.account.figures.downtime = quantity_exact(301 * MS, "");
	assert_true(is_found(&one.account, "unattributed"));
	assert_int_equal(found[0].share.est_ns, 301 * MS);
	one.account.figures.expected.limit = opt_of(302);
	lacks(&one, "unattributed");
	one.account.figures.expected.limit = opt_of(1);
	one.account.figures.breakdown.part[0].name = "Finish call in transit";
	lacks(&one, "unattributed");
	one.account.figures.breakdown.count = 0;
	lacks(&one, "unattributed");
}

static void time_that_is_no_downtime(void **state)
{
	static const int64_t begins_ns = 5000 * (int64_t)MS;
	struct mt_event first = {.ktime_ns = (uint64_t)begins_ns}, last = first;
	struct mt_event reply = {.rpc.call_len = 256 * 1024 - 1};
	struct side source = {.role = ROLE_SOURCE, .is_p2p = true};
	struct side destination = {.role = ROLE_DESTINATION};
	struct account account = {.migration = &nobodys, .outcome = OUTCOME_COMPLETED};

	(void)state;
	account.elapsed_seen = quantity_exact(15000 * (int64_t)MS, "");
	account.side[ROLE_SOURCE].side = &source;
	source.phase[PHASE_PERFORM].began = &first;
	source.phase[PHASE_PREPARE].began = &last;
	last.ktime_ns = first.ktime_ns + 2999 * (uint64_t)MS;
	assert_false(is_found(&account, "slow-begin"));
	last.ktime_ns = first.ktime_ns + 3000 * (uint64_t)MS;
	assert_true(is_found(&account, "slow-begin"));
	assert_int_equal(found[0].share.est_ns, 3000 * (int64_t)MS);
	account.elapsed_seen = quantity_exact(15005 * (int64_t)MS, "");
	assert_false(is_found(&account, "slow-begin"));
	account.side[ROLE_SOURCE].side = NULL;
	account.side[ROLE_DESTINATION].side = &destination;
	destination.phase[PHASE_PREPARE].began = &first;
	assert_false(is_found(&account, "slow-prepare"));
	destination.phase[PHASE_PREPARE].ended = &last;
	destination.phase[PHASE_PREPARE].evidence = EVIDENCE_RETURN;
	account.elapsed_seen = quantity_exact(4000 * (int64_t)MS, "");
	assert_true(is_found(&account, "slow-prepare"));
	assert_false(is_found(&account, "long-description"));
	destination.phase[PHASE_PREPARE].reply = &reply;
	assert_false(is_found(&account, "long-description"));
	reply.rpc.call_len++;
	assert_false(is_found(&account, "slow-prepare"));
	assert_true(is_found(&account, "long-description"));
	assert_int_equal(found[0].share.est_ns, 3000 * (int64_t)MS);
	last.ktime_ns = first.ktime_ns + 999 * (uint64_t)MS;
	assert_false(is_found(&account, "long-description"));
}

static void cookie_that_is_long(void **state)
{
	struct mt_event cookie = {.cookie.len = 256 * 1024};
	struct side destination = {.role = ROLE_DESTINATION, .cookie = &cookie};
	struct one one;

	(void)state;
	one_make(&one, "libvirt, cookie and host name");
	sleeps(&one, "x", 100);
	lacks(&one, "long-cookie");
	one.account.side[ROLE_DESTINATION].side = &destination;
	finds(&one, "long-cookie");
	cookie.cookie.len--;
	lacks(&one, "long-cookie");
}

static void pages_that_were_waited_for(void **state)
{
	struct account account = {.migration = &nobodys, .outcome = OUTCOME_COMPLETED};

	(void)state;
	account.figures.stalls = (struct stalls){true, 9, 299 * MS, 100 * MS, NULL};
	assert_false(is_found(&account, "postcopy-stalls"));
	account.figures.stalls.total_ns = 300 * MS;
	assert_true(is_found(&account, "postcopy-stalls"));
	assert_int_equal(found[0].share.lo_ns, 100 * MS);
	assert_int_equal(found[0].share.hi_ns, 300 * MS);
	account.left = LEFT_BROKEN;
	assert_false(is_found(&account, "postcopy-stalls"));
	account.left = LEFT_ON_DESTINATION;
	account.figures.recovery.part = RECOVERY_BROKE;
	assert_false(is_found(&account, "postcopy-stalls"));
}

/* Where the downtime is within QEMU's limit, what took long besides goes first. */
static void long_downtime_goes_first(void **state)
{
	struct one one;

	(void)state;
	one_make(&one, "Finish call in transit");
	one.account.figures.stalls = (struct stalls){true, 9, 400 * MS, 100 * MS, NULL};
	assert_int_equal(findings_of(&one.account, found), 2);
	assert_string_equal(found[0].finding->name, "postcopy-stalls");
	one.account.figures.downtime = quantity_exact(301 * MS, "");
	assert_int_equal(findings_of(&one.account, found), 2);
	assert_string_equal(found[0].finding->name, "slow-call");
}

static void who_ended_the_guest_is_found(void **state)
{
	static const struct {
		struct guest_end end;
		const char *name;
	} ends[] = {
		{{ENDED_BY_CLIENT, "destroy", 0, 1}, "guest-ended"},
		{{ENDED_BY_GUEST, "panic", 0, 1}, "guest-shut-down"},
		{{ENDED_BY_KERNEL, "OOM killer", 9, 1}, "out-of-memory"},
		{{ENDED_BY_SIGNAL, "SIGSEGV", 11, 1}, "qemu-crashed"},
		{{ENDED_BY_SIGNAL, "SIGKILL", 9, 1}, "qemu-killed"},
	};
	struct account account = {.migration = &nobodys, .outcome = OUTCOME_FAILED};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		account.guest_end = ends[i].end;
		assert_true(is_found(&account, ends[i].name));
		assert_string_equal(finding_of_failure(&account)->name, ends[i].name);
		account.outcome = OUTCOME_COMPLETED;
		assert_false(is_found(&account, ends[i].name));
		account.outcome = OUTCOME_FAILED;
	}
}

static void daemons_that_ended_are_found(void **state)
{
	struct side source = {.role = ROLE_SOURCE}, *destination = destination_make(0, false);
	const struct migration migration = {.source = &source, .destination = destination};
	struct account account = {.migration = &migration,
				  .outcome = OUTCOME_FAILED,
				  .guest_end.by = ENDED_BY_NOBODY};

	(void)state;
	source.ending = (struct ending){ENDING_DAEMON_GONE, 0, false};
	assert_false(is_found(&account, "source-daemon-ended"));
	source.ending.is_sure = true;
	assert_true(is_found(&account, "source-daemon-ended"));
	destination->ending = (struct ending){ENDING_DAEMON_GONE, 0, true};
	assert_false(is_found(&account, "destination-daemon-ended"));
	source.ending.is_sure = false;
	assert_true(is_found(&account, "destination-daemon-ended"));
	source.phase[PHASE_PREPARE].result = PHASE_FAILED;
	assert_true(is_found(&account, "refused"));
	source.phase[PHASE_PREPARE].result = PHASE_WORKED;
	assert_false(is_found(&account, "refused"));
}

/* libvirt's SIGTERM, and the signal of a program's own fault, which libvirt does not send. */
static void destinations_qemu_that_ended_is_found(void **state)
{
	struct migration migration = {0};
	struct account account = {.migration = &migration,
				  .outcome = OUTCOME_FAILED,
				  .guest_end.by = ENDED_BY_NOBODY};

	(void)state;
	migration.destination = destination_make(15, true);
	assert_true(is_found(&account, "caller-gone"));
	migration.destination = destination_make(11, false);
	assert_true(is_found(&account, "destination-qemu-ended"));
	assert_false(is_found(&account, "caller-gone"));
	migration.destination = destination_make(9, false);
	assert_false(is_found(&account, "destination-qemu-ended"));
	sides_free(&sides);
}

static void guest_that_panicked_is_found(void **state)
{
	struct migration migration = {0};
	struct account account = {.migration = &migration,
				  .outcome = OUTCOME_COMPLETED,
				  .left = LEFT_ON_DESTINATION,
				  .guest_end.by = ENDED_BY_NOBODY};

	(void)state;
	migration.source = side_make(MT_PERFORM, NULL, 0);
	assert_false(is_found(&account, "panicked"));
	migration.source =
		side_make(MT_PERFORM, SAID("GUEST_PANICKED", "\"action\": \"pause\""), 0);
	assert_true(is_found(&account, "panicked"));
	account.left = LEFT_ENDED;
	assert_false(is_found(&account, "panicked"));
	sides_free(&sides);
}

static void passes_without_end_are_found(void **state)
{
	struct account account = {.migration = &nobodys,
				  .outcome = OUTCOME_CANCELLED,
				  .left = LEFT_ON_SOURCE,
				  .forecast.at_ns = 9 * INT64_C(1000000000),
				  .passes = {.count = 1}};

	(void)state;
	assert_true(is_found(&account, "no-convergence"));
	account.forecast.completes = true;
	assert_false(is_found(&account, "no-convergence"));
	account.forecast.completes = false;
	account.forecast.why_unknown = "too little was sent as yet";
	assert_false(is_found(&account, "no-convergence"));
	account.forecast.why_unknown = NULL;
	account.outcome = OUTCOME_COMPLETED;
	assert_false(is_found(&account, "no-convergence"));
}

/* That nothing came may be that nothing was sent: something has to have been on its way. */
static void late_networks_are_found(void **state)
{
	struct account account = {.migration = &nobodys, .outcome = OUTCOME_COMPLETED};
	struct network *network = &account.figures.network;

	(void)state;
	account.figures.downtime = quantity_between(90 * MS, 100 * MS, "test");
	network->in = quantity_between(600 * MS, 610 * MS, "test");
	network->out = quantity_unknown("no traffic");
	network->count = 1;
	assert_false(is_found(&account, "late-network"));
	network->interface[0].late = (struct counted){true, 1, NULL};
	assert_true(is_found(&account, "late-network"));
	assert_int_equal(found[0].share.lo_ns, 500 * MS);
	assert_int_equal(found[0].share.hi_ns, 520 * MS);
	network->in.lo_ns--;
	assert_false(is_found(&account, "late-network"));
	network->in.lo_ns++;
	network->interface[0].late.count = 0;
	network->out = quantity_between(95 * MS, 101 * MS, "test");
	assert_false(is_found(&account, "late-network"));
	network->out.hi_ns = 100 * MS;
	assert_true(is_found(&account, "late-network"));
	account.figures.downtime = quantity_unknown("test");
	assert_false(is_found(&account, "late-network"));
}

static void a_guest_that_was_slowed_down_is_found(void **state)
{
	struct account account = {.migration = &nobodys, .outcome = OUTCOME_COMPLETED};
	struct spent *before = &account.figures.brownout.before;

	(void)state;
	before->vcpus = 2;
	before->watched = quantity_exact(30 * INT64_C(1000000000), "");
	before->lost = quantity_exact(6 * INT64_C(1000000000), "");
	assert_true(is_found(&account, "brownout"));
	before->watched.hi_ns += 5;
	assert_false(is_found(&account, "brownout"));
	before->watched.hi_ns = 0;
	before->lost.lo_ns--;
	assert_false(is_found(&account, "brownout"));
	before->lost = quantity_unknown("no vCPU was watched");
	assert_false(is_found(&account, "brownout"));
}

static void clients_that_left_are_found(void **state)
{
	struct account account = {.migration = &nobodys, .outcome = OUTCOME_COMPLETED};

	(void)state;
	assert_false(is_found(&account, "client-gone"));
	account.told = TOLD_UNCONFIRMED;
	assert_true(is_found(&account, "client-gone"));
}

/* A finding that no test has tried both ways fails here. */
static void each_row_was_tried(void **state)
{
	const struct finding *finding;

	(void)state;
	for (size_t i = 0; (finding = finding_at(i)); i++)
		if (!(has_applied[i] && has_not[i]))
			fail_msg("%s: applied %d, did not %d", finding->name, has_applied[i],
				 has_not[i]);
}

static bool is_sentence(const char *text)
{
	return text && strlen(text) > 10 && strlen(text) < 200;
}

/* Codes are numbers in order, names are no one else's, and all is said of each. */
static void codes_are_unique(void **state)
{
	const struct finding *finding;
	char code[16];
	size_t i;

	(void)state;
	for (i = 0; (finding = finding_at(i)); i++) {
		snprintf(code, sizeof(code), "MT%03zu", i + 1);
		assert_string_equal(finding->code, code);
		assert_int_equal(place_of(finding->name), i);
		assert_true(is_sentence(finding->text) && is_sentence(finding->seen) &&
			    is_sentence(finding->is_not) && is_sentence(finding->advice));
		assert_non_null(finding_kind_name(finding->kind));
	}
	assert_in_range(i, 20, FINDINGS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_outcome_and_place),
		cmocka_unit_test(offline_guest_is_not_resumed),
		cmocka_unit_test(left_over_is_to_be_ended),
		cmocka_unit_test(one_side_is_not_enough),
		cmocka_unit_test(skew_asks_for_synchronised_clocks),
		cmocka_unit_test(commands_are_whole),
		cmocka_unit_test(qemu_that_ended_is_the_cause),
		cmocka_unit_test(who_ended_the_guest_is_the_cause),
		cmocka_unit_test(what_they_said_is_the_cause_where_nothing_was_seen),
		cmocka_unit_test(threads_that_sleep),
		cmocka_unit_test(calls_that_hold_a_lock),
		cmocka_unit_test(threads_that_work),
		cmocka_unit_test(parts_that_say_it_all),
		cmocka_unit_test(threads_without_a_cpu),
		cmocka_unit_test(little_time_is_not_worth_a_word),
		cmocka_unit_test(parts_are_added_up),
		cmocka_unit_test(last_ram_by_qemus_limit),
		cmocka_unit_test(nothing_explains_it),
		cmocka_unit_test(time_that_is_no_downtime),
		cmocka_unit_test(cookie_that_is_long),
		cmocka_unit_test(pages_that_were_waited_for),
		cmocka_unit_test(long_downtime_goes_first),
		cmocka_unit_test(who_ended_the_guest_is_found),
		cmocka_unit_test(daemons_that_ended_are_found),
		cmocka_unit_test(destinations_qemu_that_ended_is_found),
		cmocka_unit_test(guest_that_panicked_is_found),
		cmocka_unit_test(passes_without_end_are_found),
		cmocka_unit_test(late_networks_are_found),
		cmocka_unit_test(a_guest_that_was_slowed_down_is_found),
		cmocka_unit_test(clients_that_left_are_found),
		cmocka_unit_test(codes_are_unique),
		cmocka_unit_test(each_row_was_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
