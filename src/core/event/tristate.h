/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A question that is answered, or not. */
#ifndef MIGTRACE_CORE_EVENT_TRISTATE_H
#define MIGTRACE_CORE_EVENT_TRISTATE_H

enum tristate {
	ANSWER_UNKNOWN,
	ANSWER_NO,
	ANSWER_YES,
};

#endif
