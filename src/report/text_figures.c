/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of a report as text, beside what libvirt says of them. */
#include "report/text.h"

#include <inttypes.h>

#include "report/duration.h"

#define VALUE_WIDTH  22
#define DISK_COLUMNS 16 /* of its name */
/* What a guest's NTP has to make good is worth a line if it takes notice. */
#define GUEST_CLOCK_SAID_NS 100000000

static bool has_reported(const struct account *account)
{
	return account->side[ROLE_SOURCE].numbers.reported.is_given ||
	       account->side[ROLE_DESTINATION].numbers.reported.is_given;
}

static void print_reported(FILE *out, const struct reported *reported, int field)
{
	char text[32] = "";

	if (reported->ms[field].known)
		snprintf(text, sizeof(text), "%" PRId64 " ms", reported->ms[field].v);
	else if (reported->is_given)
		snprintf(text, sizeof(text), "-");
	fprintf(out, "%14s", text);
}

static void print_figure(FILE *out, const struct account *account, const char *name,
			 const struct quantity *quantity, int field)
{
	int columns;

	fprintf(out, "  %-14s", name);
	columns = print_quantity(out, quantity);
	if (has_reported(account) && field >= 0) {
		print_blanks(out, VALUE_WIDTH - columns);
		print_reported(out, &account->side[ROLE_SOURCE].numbers.reported, field);
		print_reported(out, &account->side[ROLE_DESTINATION].numbers.reported, field);
	}
	fprintf(out, "\n");
}

static void print_silence(FILE *out, const char *what, const struct quantity *time)
{
	char text[DURATION_TEXT];

	duration_format(time, text, sizeof(text));
	fprintf(out, "%s %s", what, text);
}

static uint64_t misrouted(const struct network *network)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < network->count; i++) {
		const struct interface *interface = &network->interface[i];

		sum += (interface->early.known ? interface->early.count : 0) +
		       (interface->late.known ? interface->late.count : 0);
	}
	return sum;
}

/* Only where there was traffic. */
static void print_network(FILE *out, const struct network *network)
{
	uint64_t frames = misrouted(network);

	if (!network->in.known && !network->out.known && !frames)
		return;
	fprintf(out, "  %-14s", "network");
	print_silence(out, "in", &network->in);
	print_silence(out, ", out", &network->out);
	if (frames)
		fprintf(out, "; %" PRIu64 " frame%s misrouted", frames, frames == 1 ? "" : "s");
	fprintf(out, "\n");
}

/* Only of one that made requests, or waits for some. */
static void print_disk(FILE *out, const struct disk *disk)
{
	uint64_t waiting = disk->in_flight.known ? disk->in_flight.count : 0;
	char text[DURATION_TEXT], name[DISK_COLUMNS + 1];

	if (!disk->blackout.known && !waiting)
		return;
	snprintf(name, sizeof(name), "%s", disk->name);
	fprintf(out, "  %-14s", "disk");
	print_safe(out, name);
	print_silence(out, "", &disk->blackout);
	if (waiting) {
		duration_format(&disk->longest, text, sizeof(text));
		fprintf(out, "; %" PRIu64 " in flight, for %s", waiting, text);
	}
	fprintf(out, "\n");
}

/* The one that a guest mostly keeps time by: KVM's clock, or without that the TSC. */
static void print_guest_clock(FILE *out, const struct guest_clock *clock)
{
	const struct quantity *lag =
		clock->kvmclock_lag.known ? &clock->kvmclock_lag : &clock->tsc_lag;
	char text[DURATION_TEXT];

	if (!lag->known || lag->lo_ns < GUEST_CLOCK_SAID_NS)
		return;
	duration_format(lag, text, sizeof(text));
	fprintf(out, "  guest clock   %s behind afterwards (%s)\n", text,
		clock->kvmclock_lag.known ? "KVM's clock" : "TSC");
}

void print_figures(FILE *out, const struct account *account)
{
	const struct figures *f = &account->figures;

	if (has_reported(account))
		fprintf(out, "  %-14s%-*s%s\n", "", VALUE_WIDTH, "   migtrace",
			" libvirt: source   destination");
	print_figure(out, account, "downtime", &f->downtime, REPORTED_DOWNTIME);
	print_figure(out, account, "downtime_net", &f->downtime_net, REPORTED_DOWNTIME_NET);
	print_figure(out, account, "blackout", &f->blackout, -1);
	print_figure(out, account, "transfer", &f->transfer, -1);
	print_figure(out, account, "elapsed", &f->elapsed, REPORTED_ELAPSED);
	print_figure(out, account, "elapsed_net", &f->elapsed_net, REPORTED_ELAPSED_NET);
	print_figure(out, account, "clock offset", &f->clocks.offset, -1);
	if (f->announced.known)
		print_figure(out, account, "announced", &f->announced, -1);
	print_network(out, &f->network);
	for (size_t i = 0; i < f->disks.count; i++)
		print_disk(out, &f->disks.disk[i]);
	print_brownout(out, &f->brownout);
	print_guest_clock(out, &f->guest_clock);
}

/* What a guest that was moved by post-copy waits for after it has been started. */
void print_stalls(FILE *out, const struct account *account)
{
	const struct stalls *stalls = &account->figures.stalls;
	struct quantity total = quantity_exact(stalls->total_ns, ""),
			longest = quantity_exact(stalls->longest_ns, "");
	char in_all[DURATION_TEXT], one[DURATION_TEXT];

	if (account->flavour.postcopy != ANSWER_YES)
		return;
	fprintf(out, "  page stalls   ");
	duration_format(&total, in_all, sizeof(in_all));
	duration_format(&longest, one, sizeof(one));
	if (stalls->known)
		fprintf(out, "%" PRIu64 " pages waited for: %s in all, %s the longest\n",
			stalls->count, in_all, one);
	else
		fprintf(out, "unknown: %s\n", stalls->why_unknown);
}
