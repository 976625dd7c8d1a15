/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes what the tracer says: events, processes that have ended, files that are probed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "probe/host/resident.h"
#include "record/message.h"
#include "record/reply.h"
#include "record/write.h"
#include "recorder/state.h"

const struct process *recorder_process(struct recorder *recorder, uint32_t pid)
{
	bool is_new;
	const struct process *process = processes_find(recorder->processes, pid, &is_new);

	if (is_new) {
		struct daemon daemon = prober_identify(recorder->prober, (pid_t)pid);

		recorder_check(recorder, record_write_daemon(recorder->out, &daemon));
	}
	return process;
}

/* Compares the UUID that a QEMU has with what libvirt told it; or takes that, if
 * QEMU's is hidden. */
static void guest_check(const struct process *process, struct mt_event *event)
{
	static const uint8_t none[MT_UUID];

	if (!process->has_uuid)
		return;
	if (!memcmp(event->uuid, none, MT_UUID))
		memcpy(event->uuid, process->uuid, MT_UUID);
	else
		event->uuid_check =
			memcmp(event->uuid, process->uuid, MT_UUID) ? MT_DISAGREES : MT_AGREES;
}

/* What QEMU's own word for its new state is: of those that have no table of them, none. */
static void state_name(const struct recorder *recorder, struct mt_event *event)
{
	uint16_t target = event->migration_state.target;
	uint32_t state = (uint32_t)event->migration_state.new;
	const struct enum_names *names;

	if (event->kind != MT_QEMU_MIGRATION_STATE || target > MT_TARGETS_MAX)
		return;
	names = recorder->states[target];
	if (!names || state >= names->count)
		return;
	event->text_len = (uint16_t)strlen(names->name[state]);
	memcpy(event->text, names->name[state], event->text_len);
}

/* Of what the kernel has no name for there is an address in its place, which is nobody's business.
 */
void where_close(struct mt_event *event)
{
	const char *address = memmem(event->text, event->text_len, "0x", 2);

	if (event->kind != MT_SCHED || !address)
		return;
	event->text_len = (uint16_t)(address - event->text);
	while (event->text_len && event->text[event->text_len - 1] == ' ')
		event->text_len--;
	memset(event->text + event->text_len, 0, MT_TEXT - event->text_len);
}

/* Of a reply to a question for numbers, which may say why QEMU's migration failed, too. */
static void recorder_info(struct recorder *recorder, const struct mt_event *reply, const char *text)
{
	struct mt_event info, error;

	if (reply_info(reply, text, &info, &error))
		return;
	recorder_check(recorder, record_write_event(recorder->out, &info));
	if (error.kind == MT_ERROR)
		recorder_check(recorder, record_write_event(recorder->out, &error));
}

/* 0: it was not seen. */
static void stamp(const struct recorder *recorder, __u64 *ns)
{
	if (*ns)
		*ns = (__u64)recorder_stamp(recorder, (int64_t)*ns);
}

static void recorder_event(void *context, const struct mt_event *event, const char *text)
{
	struct recorder *recorder = context;
	struct mt_event stamped = *event;

	if (event->kind == MT_EXEC) {
		rescan_started(&recorder->rescan, (int64_t)event->ktime_ns);
		return;
	}
	if (event->kind == MT_EXIT) /* it may have been the last that had its files */
		rescan_started(&recorder->rescan, (int64_t)event->ktime_ns);
	if (event->kind == MT_EXIT && !processes_know(recorder->processes, event->tgid))
		return;
	state_name(recorder, &stamped);
	watch_arm(recorder, &stamped); /* before all that takes time */
	vcpus_arm(recorder, &stamped);
	sched_event(recorder, event);
	guest_check(recorder_process(recorder, event->tgid), &stamped);
	stamp(recorder, &stamped.ktime_ns);
	stamp(recorder, &stamped.earlier_ns);
	if (stamped.kind == MT_RPC_SERVER_SEND || stamped.kind == MT_RPC_PROXY_SEND)
		stamp(recorder, &stamped.rpc.dispatched_ns);
	if (stamped.kind == MT_HOLDER)
		stamp(recorder, &stamped.holder.dispatched_ns);
	if (stamped.kind == MT_QEMU_RAM && stamped.ram.pass == 1)
		stamped.ram.resident_bytes = resident_bytes((pid_t)event->tgid);
	if (stamped.kind == MT_ERROR)
		stamped.text_len = (uint16_t)message_clean(text ?: "", stamped.text);
	where_close(&stamped);
	recorder_check(recorder, record_write_event(recorder->out, &stamped));
	watch_event(recorder, &stamped);
	vcpus_event(recorder, event, &stamped);
	loader_event(recorder, event, &stamped);
	if (stamped.kind == MT_MONITOR_REPLY && text)
		recorder_info(recorder, &stamped, text);
	if (recorder->listeners && stamped.kind == MT_PERFORM) /* of one that no scan has seen */
		listeners_add(recorder->listeners, (pid_t)event->tgid, time_now_ns());
	if (recorder->asks)
		asks_event(recorder->asks, &stamped);
	schedule_event(&recorder->schedule, time_now_ns());
}

void recorder_consume(struct recorder *recorder)
{
	int count = tracer_consume(recorder->tracer, recorder_event, recorder);

	if (count < 0)
		recorder_check(recorder, count);
}

/* What has ended is named no more: its pid may be another's. All that it gave is written before. */
void recorder_forget(struct recorder *recorder)
{
	uint32_t pid;

	while ((pid = processes_ended(recorder->processes))) {
		recorder_consume(recorder);
		processes_forget(recorder->processes, pid);
		recorder_check(recorder,
			       record_write_gone(recorder->out, pid, recorder_now(recorder)));
		schedule_event(&recorder->schedule, time_now_ns());
	}
}

static int target_write(FILE *out, const struct target *target)
{
	const struct points *points = &target->points;
	struct record_missing missing[ROWS_FOUND_MAX];
	struct record_target line = {.file = target->name,
				     .build_id = target->build_id,
				     .probes = target->probed,
				     .missing = missing};

	for (size_t i = 0; i < points->finding_count; i++) {
		const struct row_found *finding = &points->finding[i];
		bool is_there = points_has(points, i);

		if (!is_there || finding->lacks_return)
			missing[line.missing_count++] = (struct record_missing){
				.name = finding->name,
				.why = is_there ? POINTS_NO_RETURN : finding->why,
				.is_return = is_there,
			};
	}
	return record_write_target(out, &line);
}

/* The number may have been another build's. */
static void states_keep(struct recorder *recorder, const struct target *target)
{
	struct enum_names **states = &recorder->states[target->number];

	free(*states);
	*states = target->states.count ? malloc(sizeof(**states)) : NULL;
	if (*states)
		**states = target->states;
}

void recorder_target(struct recorder *recorder, const struct target *target)
{
	recorder_check(recorder, target_write(recorder->out, target));
	if (target->number <= MT_TARGETS_MAX)
		states_keep(recorder, target);
}
