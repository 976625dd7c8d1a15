/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCPU time that a guest lost while it ran, before its stop and after its start, by cause. */
#include "core/standstill/brownout.h"

#include <assert.h>

#include "core/side/qemu.h"
#include "core/side/spent.h"

/* What may be lacking of the sums: the clock is read more than once, and may be slewed. */
#define SLACK_NS    INT64_C(1000000)
#define SLACK_SHARE 100

static const char how[] = "the vCPU threads' times off their CPUs";
static_assert(MT_VCPU_ON_CPU < MT_VCPU_TIMES && MT_VCPU_HALTED < MT_VCPU_TIMES,
	      "they are none that is lost");

static int64_t added(int64_t sum, int64_t ns)
{
	return __builtin_add_overflow(sum, ns, &sum) ? INT64_MAX : sum;
}

/* The sums while they are made. */
struct sums {
	int64_t watched_ns, time_ns[MT_VCPU_TIMES], quota_ns;
	int64_t open_ns; /* that watched_ns and its parts differ by */
	bool has_quota, is_wrong;
};

static void sums_add(struct sums *sums, const struct mt_event *event)
{
	const struct mt_spent *spent = &event->spent;
	int64_t watched_ns = (int64_t)(event->ktime_ns - spent->begun_ns), parts_ns = 0, open_ns;

	for (int i = 0; i < MT_VCPU_TIMES; i++) {
		parts_ns = added(parts_ns, (int64_t)spent->time_ns[i]);
		sums->time_ns[i] = added(sums->time_ns[i], (int64_t)spent->time_ns[i]);
	}
	open_ns = watched_ns > parts_ns ? watched_ns - parts_ns : parts_ns - watched_ns;
	sums->is_wrong |=
		event->ktime_ns < spent->begun_ns || open_ns > watched_ns / SLACK_SHARE + SLACK_NS;
	sums->watched_ns = added(sums->watched_ns, watched_ns);
	sums->open_ns = added(sums->open_ns, open_ns);
	if (spent->quota_ns == UINT64_MAX)
		sums->has_quota = false;
	else
		sums->quota_ns = added(sums->quota_ns, (int64_t)spent->quota_ns);
}

static struct quantity about(int64_t ns, int64_t error_ns)
{
	struct quantity quantity = quantity_exact(ns, how);

	quantity.lo_ns = ns > error_ns ? ns - error_ns : 0;
	quantity.hi_ns = added(ns, error_ns);
	assert(quantity.lo_ns <= ns && ns <= quantity.hi_ns);
	return quantity;
}

/* Groups are throttled on several CPUs at once: that is as much as it can be. */
static struct quantity quota_of(const struct sums *sums)
{
	int64_t most_ns = sums->time_ns[MT_VCPU_RUNNABLE];
	struct quantity quota;

	if (!sums->has_quota)
		return quantity_unknown("the kernel has no quotas of CPU groups");
	quota = about(sums->quota_ns < most_ns ? sums->quota_ns : most_ns, 0);
	quota.lo_ns = 0;
	assert(quota.hi_ns >= 0 && quota.hi_ns <= most_ns);
	return quota;
}

static void spent_take(const struct sums *sums, struct spent *spent)
{
	int64_t lost_ns = 0;

	spent->watched = about(sums->watched_ns, 0);
	spent->quota = quota_of(sums);
	for (int i = 0; i < MT_VCPU_TIMES; i++) {
		spent->time[i] = about(sums->time_ns[i], sums->open_ns);
		if (i != MT_VCPU_ON_CPU && i != MT_VCPU_HALTED)
			lost_ns = added(lost_ns, sums->time_ns[i]);
	}
	spent->lost = about(lost_ns, sums->open_ns);
}

/* Before a guest was stopped for good it may have been for a while. */
static bool was_stopped_before(const struct side *source, const struct mt_event *last)
{
	struct qemu qemu = qemu_of(source);
	int64_t until_ns = source->src.sent.known ? source->src.sent.at.v : INT64_MAX;

	return source->src.sent.known &&
	       qemu_runs_first(&qemu, true, (int64_t)last->ktime_ns, until_ns);
}

static size_t vcpus_seen(const struct blackout *vcpus, enum role role)
{
	size_t count = 0;

	for (size_t i = 0; i < vcpus->count; i++)
		count +=
			role == ROLE_SOURCE ? vcpus->vcpu[i].is_stopped : vcpus->vcpu[i].is_started;
	assert(count <= vcpus->count);
	return count;
}

static const char *why_not(const struct side *side, const struct sums *sums,
			   const struct spent *spent, const struct mt_event *last, size_t seen)
{
	if (side_hole(side))
		return side_hole(side);
	if (!last)
		return "no vCPU was watched";
	if (spent->vcpus < seen)
		return "not all vCPUs were watched";
	if (sums->is_wrong)
		return "what was said of the vCPUs contradicts itself";
	if (side->role == ROLE_SOURCE && was_stopped_before(side, last))
		return "the guest was stopped before, and started again";
	return NULL;
}

static void spent_find(const struct side *side, const struct blackout *vcpus, struct spent *spent)
{
	const struct mt_event *event = NULL, *last = NULL;
	struct sums sums = {.has_quota = true};

	if (!side) {
		spent->why_unknown = "the side was not seen";
		return;
	}
	while ((event = spent_next(side, event))) {
		sums_add(&sums, event);
		spent->vcpus++;
		last = event;
	}
	spent->why_unknown = why_not(side, &sums, spent, last, vcpus_seen(vcpus, side->role));
	if (!spent->why_unknown)
		spent_take(&sums, spent);
}

static void spent_close(struct spent *spent)
{
	if (spent->why_unknown)
		spent->lost = quantity_unknown(spent->why_unknown);
}

void brownout_find(const struct migration *migration, const struct blackout *vcpus,
		   struct brownout *brownout)
{
	*brownout = (struct brownout){.before.vcpus = 0};
	spent_find(migration->source, vcpus, &brownout->before);
	spent_find(migration->destination, vcpus, &brownout->after);
	spent_close(&brownout->before);
	spent_close(&brownout->after);
}
