/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a report as text, for report/text.c, which puts them in order. */
#ifndef MIGTRACE_REPORT_TEXT_H
#define MIGTRACE_REPORT_TEXT_H

#include "report/report.h"

#define SHORT_SHARE  100 /* of the whole: a part of less is not worth a line */
#define TEXT_COLUMNS 63	 /* beside the label, of 79 */

/* Prints the quantity with its point in one column whatever its size; returns the columns taken. */
int print_quantity(FILE *out, const struct quantity *quantity);

/* Prints as many blanks, none for less than 1. */
void print_blanks(FILE *out, int columns);

/* What happened, how sure that is, why, and what to do. */
void print_answer(FILE *out, const struct account *account);

/* Prints a line below the label, which stands before the first of its lines only. */
void print_line(FILE *out, const char **label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same of a text that may be longer than a line: it goes on below, from a blank on. */
void print_long(FILE *out, const char **label, const char *text);

/* The same without a line behind it. */
void print_label(FILE *out, const char **label);

/* Prints what most of the part was spent with, if it was recorded, and is not work. */
void print_work(FILE *out, const char **label, const struct part *part);

/* The first two findings with what to do, or that there is nothing to do. */
void print_findings(FILE *out, const struct account *account);

/* What the vCPUs lost while the guest ran, where that was something. */
void print_brownout(FILE *out, const struct brownout *brownout);

/* All figures, a line each, with libvirt's numbers beside them where there are some. */
void print_figures(FILE *out, const struct account *account);

/* What a guest that was moved by post-copy waits for after it has been started. */
void print_stalls(FILE *out, const struct account *account);

/* By what the bounds are proven, why figures are unknown, what the recordings lack. */
void print_certainty(FILE *out, const struct account *account);

/* What was recorded and is not believed, or not shown. */
void print_disbelief(FILE *out, const struct account *account);

/* Each of libvirt's numbers that is not right, and why. */
void print_differences(FILE *out, const struct verdicts *verdicts);

/* The parts of the downtime with bars, what was not probed, and the slowest devices. */
void print_standstill(FILE *out, const struct account *account);

/* The passes over the guest's RAM, where there were many, or they came to nothing. */
void print_passes(FILE *out, const struct account *account);

/* Calls, commands and QEMU's events of both hosts, in order of time. */
void print_sequence(FILE *out, const struct account *account);

#endif
