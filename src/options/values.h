/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of options: a parser for each form, which says what is wrong and exits. */
#ifndef MIGTRACE_OPTIONS_VALUES_H
#define MIGTRACE_OPTIONS_VALUES_H

struct argp_state;

/* Writes what the text says to the option's destination; or says why it cannot be, and exits. */
typedef void value_fn(struct argp_state *state, const char *text, void *to);

/* To a bool, or a const char *. */
value_fn flag_parse;
value_fn text_parse;
value_fn output_parse; /* NULL for - */
value_fn uuid_text_parse;

/* To an int64_t: positive, in ms or ns, a second being the unit of a number alone; or signed. */
value_fn duration_ms_parse;
value_fn duration_ns_parse;
value_fn offset_ns_parse;
value_fn ppb_parse; /* of ppm */

value_fn entries_parse; /* uint32_t */
value_fn format_parse;	/* enum format */
value_fn way_parse;	/* enum attach_way */

/* To a struct host_filter, which takes one of them. */
value_fn pid_parse;
value_fn netns_parse;
value_fn mntns_parse;

value_fn debuginfod_parse;   /* bool */
value_fn stats_parse;	     /* stats of struct recorder_settings */
value_fn peer_command_parse; /* const char *, once */

/* To a struct live_settings, which takes several. */
value_fn peer_add;
value_fn peer_command_add;

value_fn condition_add; /* to a struct conditions */
value_fn instant_parse; /* int64_t: ns of the wall clock */
value_fn bytes_parse;	/* int64_t */
value_fn count_parse;	/* uint32_t */

#endif
