/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How libvirt computes each number: from which of its wall-clock stamps, by side and version. */
#include "core/verdict/formula.h"

#include <assert.h>
#include <stddef.h>

#define SOURCE	    (1U << ROLE_SOURCE)
#define DESTINATION (1U << ROLE_DESTINATION)

/*
 * Where libvirt does it, by its files in src/qemu (9.0 unless a version is named). All that is
 * reported passes qemuDomainMigrationJobDataToParams() of qemu_domainjob.c, which subtracts delta.
 * A field's rows are newest first.
 */
static const struct formula formulas[] = {
	/* qemuDomainJobDataUpdateDowntime(), last called on the destination, after StartCPUs
	 * (qemu_migration.c: qemuMigrationDstFinishFresh); the source copies that from the cookie
	 * (qemuMigrationSrcConfirmPhase). */
	{
		.field = REPORTED_DOWNTIME,
		.roles = SOURCE | DESTINATION,
		.from = STAMP_STOPPED,
		.to = STAMP_DONE,
		.truth = truth_downtime,
		.definition = "from when the source's daemon handled STOP until the destination's "
			      "has started the CPUs, by both wall clocks",
	},
	/* since aa9f139599 */
	{
		.field = REPORTED_DOWNTIME_NET,
		.roles = SOURCE | DESTINATION,
		.since = 1002015,
		.from = STAMP_STOPPED,
		.to = STAMP_DONE,
		.is_less_delta = true,
		.truth = truth_downtime_net,
		.definition = "downtime less delta, if that is less than downtime",
	},
	/* qemu_migration.c: qemuMigrationSrcComplete, since 5d01e8666b */
	{
		.field = REPORTED_ELAPSED,
		.roles = SOURCE,
		.since = 1003003,
		.from = STAMP_STARTED,
		.to = STAMP_COMPLETED,
		.truth = truth_source_elapsed,
		.definition = "from the job's start until its end, by the source's wall clock",
	},
	/* qemuDomainJobDataUpdateTime(), as downtime: the source copied the destination's, too. */
	{
		.field = REPORTED_ELAPSED,
		.roles = SOURCE | DESTINATION,
		.from = STAMP_STARTED,
		.to = STAMP_DONE,
		.truth = truth_elapsed,
		.definition = "from the job's start on the source until the destination's daemon "
			      "has started the CPUs, by both wall clocks",
	},
	/* Since 5d01e8666b the delta of both wall clocks is subtracted from a span of one. */
	{
		.field = REPORTED_ELAPSED_NET,
		.roles = SOURCE,
		.since = 1003003,
		.from = STAMP_STARTED,
		.to = STAMP_COMPLETED,
		.is_less_delta = true,
		.truth = truth_source_elapsed_net,
		.definition = "time_elapsed less delta, if that is less than time_elapsed",
	},
	/* since aa9f139599 */
	{
		.field = REPORTED_ELAPSED_NET,
		.roles = SOURCE | DESTINATION,
		.since = 1002015,
		.from = STAMP_STARTED,
		.to = STAMP_DONE,
		.is_less_delta = true,
		.truth = truth_elapsed_net,
		.definition = "time_elapsed less delta, if that is less than time_elapsed",
	},
	/* qemu_migration.c: qemuMigrationAnyFetchStats, by query-migrate */
	{
		.field = REPORTED_SETUP,
		.roles = SOURCE | DESTINATION,
		.truth = truth_setup,
		.definition = "QEMU's own: how long its migration thread set up",
	},
	/* qemu_migration.c: qemuMigrationDstFinishFresh, of sent in the cookie and the received
	 * that qemuMigrationDstFinish stamped */
	{
		.field = REPORTED_DELTA,
		.roles = SOURCE | DESTINATION,
		.since = 1002015,
		.from = STAMP_SENT,
		.to = STAMP_RECEIVED,
		.truth = truth_transfer,
		.definition = "from the source's hand-over until the destination's Finish, by both "
			      "wall clocks; negative if the destination's is behind",
	},
};

const struct formula *formula_of(enum reported_field field, enum role role, uint64_t version)
{
	const struct formula *formula = NULL;

	assert(role == ROLE_SOURCE || role == ROLE_DESTINATION);
	/* The first that is old enough; of a version that has no such field, the oldest. */
	for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
		if (formulas[i].field != field || !(formulas[i].roles & 1U << role))
			continue;
		formula = &formulas[i];
		if (!version || version >= formula->since)
			break;
	}
	assert(formula && formula->truth && formula->definition);
	return formula;
}

bool formula_has_delta(const struct formula *formula)
{
	return formula->is_less_delta || formula->to == STAMP_RECEIVED;
}

int64_t formula_error_ns(const struct formula *formula, const int64_t error_ns[STAMPS])
{
	int64_t delta_ns = error_ns[STAMP_RECEIVED] - error_ns[STAMP_SENT];

	assert(formula->from < STAMPS && formula->to < STAMPS);
	return error_ns[formula->to] - error_ns[formula->from] -
	       (formula->is_less_delta ? delta_ns : 0);
}
