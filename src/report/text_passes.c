/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The passes over a guest's RAM, and where they were leading, as text. */
#include "report/text.h"

#include <inttypes.h>

#include "base/bytes.h"
#include "report/duration.h"
#include "report/words.h"

#define PASSES_SHOWN  12 /* of more, the first and the last ones */
#define PASSES_FEW    3	 /* more would have to be explained */
#define CELL	      12
#define TIME_WIDTH    14
#define FORECAST_TEXT 512

static void print_bytes(FILE *out, struct opt_i64 bytes, const char *unit)
{
	char amount[BYTES_TEXT] = "-", text[BYTES_TEXT + 4];

	if (bytes.known)
		bytes_format((uint64_t)bytes.v, amount);
	snprintf(text, sizeof(text), "%s%s", amount, bytes.known ? unit : "");
	fprintf(out, "%*s", CELL, text);
}

static void print_ms(FILE *out, struct opt_i64 ns)
{
	struct quantity time = quantity_exact(ns.v, "");

	if (ns.known)
		print_blanks(out, TIME_WIDTH - print_quantity(out, &time));
	else
		fprintf(out, "%6s%*s", "-", TIME_WIDTH - 6, "");
}

static void print_pass(FILE *out, const struct pass *pass, int64_t start_ns)
{
	if (pass->number.known)
		fprintf(out, "  %4" PRId64 " ", pass->number.v);
	else
		fprintf(out, "  %4s ", "?");
	print_ms(out, opt_of(pass->at_ns - start_ns));
	print_ms(out, pass->length_ns);
	print_bytes(out, pass->remaining, "");
	print_bytes(out, rate_of(pass->handled, pass->length_ns), "/s");
	print_bytes(out, rate_of(pass->dirtied, pass->length_ns), "/s");
	if (pass->is_halted)
		fprintf(out, " stopped");
	else if (opt_or(pass->throttle, 0))
		fprintf(out, " %6" PRId64 "%%", pass->throttle.v);
	fputc('\n', out);
}

static void print_table(FILE *out, const struct passes *passes, int64_t start_ns)
{
	size_t left_out = passes->count > PASSES_SHOWN ? passes->count - PASSES_SHOWN : 0;

	fprintf(out,
		"\n  Passes over the guest's RAM, as QEMU counts them\n"
		"  %4s %-*s%-*s%*s%*s%*s  slowed\n",
		"", TIME_WIDTH, "   begins", TIME_WIDTH, "   length", CELL, "to send", CELL,
		"RAM sent", CELL, "made dirty");
	for (size_t i = 0; i < passes->count; i++) {
		if (left_out && i == PASSES_SHOWN / 2)
			fprintf(out, "   ... %zu more\n", left_out);
		if (i < PASSES_SHOWN / 2 || i >= PASSES_SHOWN / 2 + left_out)
			print_pass(out, &passes->pass[i], start_ns);
	}
}

/* Returns how far what was foreseen is from what came, in per cent, for people. */
static void error_text(int64_t foreseen_ns, const struct quantity *came, char *text, size_t size)
{
	text[0] = '\0';
	if (came->known && came->est_ns > 0)
		snprintf(text, size, " (%+.0f %%)",
			 100.0 * ((double)foreseen_ns / (double)came->est_ns - 1));
}

static size_t add_remedy(char *text, size_t len, const char *what, struct opt_i64 number,
			 const char *unit)
{
	if (!number.known)
		return len;
	return len + (size_t)snprintf(text + len, FORECAST_TEXT - len, ", %s %" PRId64 " %s", what,
				      number.v, unit);
}

/* What would have helped, each alone. Post-copy always does: it does not wait for passes. */
static void remedy_text(const struct forecast *forecast, char text[FORECAST_TEXT])
{
	const struct remedy *remedy = &forecast->remedy;
	char dirty[BYTES_TEXT], ram[BYTES_TEXT], needed[BYTES_TEXT];
	size_t len;

	bytes_format((uint64_t)forecast->dirty_per_s, dirty);
	bytes_format((uint64_t)forecast->bytes_per_s, ram);
	len = (size_t)snprintf(text, FORECAST_TEXT,
			       "the passes come to no end: %s/s made dirty, %s/s of RAM sent. "
			       "Any of these ends them: post-copy",
			       dirty, ram);
	len = add_remedy(text, len, "a downtime limit of", remedy->limit_ms, "ms");
	len = add_remedy(text, len, "vCPUs slowed down by", remedy->throttle, "%");
	if (!remedy->bytes_per_s.known)
		return;
	bytes_format((uint64_t)remedy->bytes_per_s.v, needed);
	snprintf(text + len, FORECAST_TEXT - len, ", %s/s of bandwidth", needed);
}

static void print_forecast(FILE *out, const struct account *account)
{
	const struct forecast *forecast = &account->forecast;
	int64_t start_ns = account_start_ns(account);
	char text[FORECAST_TEXT], whole[32], down[32];
	const char *label = "foreseen";

	if (forecast->why_unknown || (forecast->is_first_pass && forecast->completes))
		return;
	if (!forecast->completes) {
		remedy_text(forecast, text);
		print_long(out, &label, text);
		return;
	}
	error_text(forecast->end_ns - start_ns, &account->figures.elapsed, whole, sizeof(whole));
	error_text(forecast->downtime_ns, &account->figures.downtime, down, sizeof(down));
	snprintf(text, sizeof(text), "at %.0f ms: elapsed %.0f ms%s, downtime %.0f ms%s",
		 (double)(forecast->at_ns - start_ns) / 1e6,
		 (double)(forecast->end_ns - start_ns) / 1e6, whole,
		 (double)forecast->downtime_ns / 1e6, down);
	print_long(out, &label, text);
}

/* When they began alone is no news. */
static bool has_counters(const struct passes *passes)
{
	for (size_t i = 0; i < passes->count; i++)
		if (passes->pass[i].remaining.known)
			return true;
	return false;
}

void print_passes(FILE *out, const struct account *account)
{
	const struct passes *passes = &account->passes;

	if (!has_counters(passes) || (passes->count <= PASSES_FEW &&
				      (account->outcome == OUTCOME_COMPLETED || passes->count < 2)))
		return;
	print_table(out, passes, account_start_ns(account));
	print_forecast(out, account);
}
