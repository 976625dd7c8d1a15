/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a long part of the downtime was slow by, as text: no CPU, or a sleep. */
#include "report/text.h"

#include <string.h>

#include "core/standstill/held.h"
#include "core/standstill/places.h"
#include "report/duration.h"

#define WORTH_NS 5000000
#define COLUMNS	 63 /* of a terminal, beside the label */

/* It is most of the part, whatever the truth is within its bounds. */
static bool is_most(const struct quantity *quantity, const struct part *part)
{
	return quantity->known && quantity->lo_ns >= WORTH_NS &&
	       quantity->lo_ns * 2 >= part->duration.hi_ns;
}

static bool is_throttled(const struct work *work)
{
	return work->throttled.known && work->throttled.est_ns * 2 >= work->runnable.lo_ns;
}

/* How much of it, which thread, and what that did; a long name is cut off. */
static void print_share(FILE *out, const char **label, const struct quantity *share,
			const char *thread, const char *did, const char *name)
{
	char text[DURATION_TEXT], cut[SLEPT_PLACE];
	int left;

	duration_format(share, text, sizeof(text));
	left = COLUMNS - text_columns(text) - (int)(strlen(" of it:  ") + strlen(thread)) -
	       (int)strlen(did);
	place_name_set(cut, name, strnlen(name, left > 0 ? (size_t)left : 0));
	print_label(out, label);
	fprintf(out, "%s of it: ", text);
	print_safe(out, thread);
	fprintf(out, " %s", did);
	print_safe(out, cut);
	fputc('\n', out);
}

/* On the destination it is the thread that loads the guest. */
static const char *thread_name(const struct work *work, const char *name)
{
	return work->is_loaders ? "QEMU there" : name[0] ? name : "threads";
}

static void print_slept(FILE *out, const char **label, const struct work *work,
			const struct slept *slept)
{
	const char *thread = thread_name(work, slept->thread);
	const char *done = place_meaning(slept->in);

	print_share(out, label, &slept->duration, thread,
		    done ? done : "slept in: ", done ? "" : slept->in);
}

/* A thread is named only if it alone makes it what it is. */
static const char *starved_name(const struct work *work)
{
	return thread_name(work,
			   work->starved_ns * 10 >= work->runnable.lo_ns * 9 ? work->starved : "");
}

static void print_held(FILE *out, const char **label, const struct part *part)
{
	for (size_t i = 0; i < part->work.held_count; i++) {
		const struct held *held = &part->work.held[i];
		char name[HELD_TEXT];

		held_name(held, name);
		if (is_most(&held->duration, part))
			print_share(out, label, &held->duration, "libvirt", "waited for the call ",
				    name);
	}
}

void print_work(FILE *out, const char **label, const struct part *part)
{
	const struct work *work = &part->work;

	if (!work->is_recorded || !work->on_cpu.known)
		return;
	if (is_most(&work->runnable, part))
		print_share(out, label, &work->runnable, starved_name(work), "had no CPU",
			    is_throttled(work) ? ", throttled" : "");
	print_held(out, label, part);
	for (size_t i = 0; i < work->slept_count; i++)
		if (is_most(&work->slept[i].duration, part))
			print_slept(out, label, work, &work->slept[i]);
}
