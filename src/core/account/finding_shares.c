/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much time those findings explain that are of no part of the downtime. */
#include "core/account/finding_shares.h"

#include <assert.h>

#define MS	   1000000
#define STALLS_NS  ((int64_t)300 * MS)	/* QEMU's default downtime-limit */
#define ELAPSED_NS ((int64_t)3000 * MS) /* to start a QEMU may take a second or two */
#define LONG_NS	   ((int64_t)1000 * MS)
#define NETWORK_NS ((int64_t)500 * MS)
#define SHARES	   5 /* less than a fifth of the whole is not worth a finding */

/* The span from one event to the other, if it is worth a word in all that the migration took. */
static struct quantity span_of_elapsed(const struct account *account, const struct mt_event *from,
				       const struct mt_event *to, int64_t least_ns)
{
	const struct quantity *elapsed = &account->elapsed_seen;
	int64_t ns = event_ns(to) - event_ns(from);

	if (!from || !to || ns < least_ns || !elapsed->known || ns < elapsed->hi_ns / SHARES)
		return quantity_unknown("it is not long");
	assert(ns >= least_ns);
	return quantity_exact(ns, "one clock");
}

/* Until it has connected to the other one, and has asked that what it can do. */
struct quantity share_of_begin(const struct account *account)
{
	const struct side *source = account->side[ROLE_SOURCE].side;

	if (!source || !source->is_p2p)
		return quantity_unknown("the source's libvirt calls nobody");
	return span_of_elapsed(account, source->phase[PHASE_PERFORM].began,
			       source->phase[PHASE_PREPARE].began, ELAPSED_NS);
}

/* Its call has the description; libvirt parses it, and writes it to a file at each change. */
static bool has_long_description(const struct phase *prepare)
{
	return prepare->reply && prepare->reply->rpc.call_len >= LONG_BYTES;
}

static struct quantity prepared(const struct account *account, bool is_long, int64_t least_ns)
{
	const struct side *destination = account->side[ROLE_DESTINATION].side;
	const struct phase *prepare;

	if (!destination)
		return quantity_unknown("the destination's side was not seen");
	prepare = &destination->phase[PHASE_PREPARE];
	if (has_long_description(prepare) != is_long)
		return quantity_unknown("the description is as long as that of another finding");
	return span_of_elapsed(account, prepare->began, phase_return(prepare), least_ns);
}

struct quantity share_of_description(const struct account *account)
{
	return prepared(account, true, LONG_NS);
}

struct quantity share_of_prepare(const struct account *account)
{
	return prepared(account, false, ELAPSED_NS);
}

/*
 * They may overlap, so that their sum is no time of the guest's; the longest is. What broke is no
 * reason to say that the network is slow.
 */
struct quantity share_of_stalls(const struct account *account)
{
	const struct stalls *stalls = &account->figures.stalls;

	if (!stalls->known || stalls->total_ns < STALLS_NS ||
	    account->figures.recovery.part != RECOVERY_NONE || account->left == LEFT_BROKEN)
		return quantity_unknown("they are not long");
	return quantity_between(stalls->longest_ns, stalls->total_ns, "one clock");
}

/* From the first of those passes that are known. */
struct quantity share_of_passes(const struct account *account)
{
	const struct passes *passes = &account->passes;

	if (!outcome_has_not_worked(account->outcome) || account->left != LEFT_ON_SOURCE ||
	    account->forecast.why_unknown || account->forecast.completes || !passes->count)
		return quantity_unknown("its passes came to an end");
	assert(passes->count <= PASSES_MAX);
	return quantity_exact(account->forecast.at_ns - passes->pass[0].at_ns, "one clock");
}

/*
 * For how much longer than the guest stood still nothing came for it. That nobody had anything to
 * say to it looks the same, unless frames still came to the source, or it had long sent some
 * itself.
 */
struct quantity share_of_network(const struct account *account)
{
	const struct network *network = &account->figures.network;
	const struct quantity *in = &network->in, *out = &network->out;
	const struct quantity *down = &account->figures.downtime;
	bool is_late = out->known && in->known && in->lo_ns - out->hi_ns >= NETWORK_NS;

	for (size_t i = 0; i < network->count; i++)
		is_late |= network->interface[i].late.known && network->interface[i].late.count;
	if (!is_late || !in->known || !down->known || in->lo_ns - down->hi_ns < NETWORK_NS)
		return quantity_unknown("the network found it soon");
	return quantity_between(in->lo_ns - down->hi_ns, in->hi_ns - down->lo_ns, in->how);
}

struct quantity share_of_brownout(const struct account *account)
{
	const struct spent *before = &account->figures.brownout.before;
	int64_t vcpus = (int64_t)before->vcpus;

	assert(!before->lost.known || vcpus > 0);
	if (!before->lost.known || before->lost.lo_ns / vcpus < ELAPSED_NS ||
	    before->lost.lo_ns < before->watched.hi_ns / SHARES)
		return quantity_unknown("it lost little");
	return quantity_between(before->lost.lo_ns / vcpus, before->lost.hi_ns / vcpus, "");
}
