/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for what a migration and its parts are: the same in all formats. */
#ifndef MIGTRACE_REPORT_WORDS_H
#define MIGTRACE_REPORT_WORDS_H

#include "core/match/flavour.h"
#include "core/match/outcome.h"
#include "core/match/place_left.h"
#include "core/standstill/breakdown.h"
#include "core/verdict/verdict.h"

/* All return static words; those of places are JSON's. */
const char *role_name(enum role role);
const char *outcome_name(enum outcome outcome);
const char *control_name(enum control control);
const char *left_name(enum place_left left);
const char *place_name(enum place place);
const char *verdict_name(enum verdict_kind kind);

#define PART_TEXT 96

/* Writes what went on in the part, with the QMP command if it is about one. */
void part_name(const struct part *part, char name[PART_TEXT]);

#endif
