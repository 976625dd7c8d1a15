/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's own stamps of a migration, as its cookies carry them. */
#include "core/side/statistics.h"

#include <assert.h>
#include <string.h>

#define MS_MAX INT64_C(4000000000000) /* year 2096 */
static_assert(MS_MAX < INT64_MAX / 1000000, "it is so many ns, too");

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits up to the `<` of the closing tag. */
static struct opt_i64 number_parse(const char *at, const char *end)
{
	bool is_negative = at < end && *at == '-';
	const struct opt_i64 none = {0};
	int64_t ms = 0;

	at += is_negative;
	if (at == end || !is_digit(*at))
		return none;
	for (; at < end && is_digit(*at); at++) {
		assert(ms <= MS_MAX);
		ms = ms * 10 + (*at - '0');
		if (ms > MS_MAX)
			return none;
	}
	return at < end && *at == '<' ? opt_of(is_negative ? -ms : ms) : none;
}

static struct opt_i64 element_parse(const char *text, size_t len, const char *tag)
{
	const char *at = memmem(text, len, tag, strlen(tag));

	assert(!at || at + strlen(tag) <= text + len);
	return at ? number_parse(at + strlen(tag), text + len) : (struct opt_i64){0};
}

struct statistics statistics_parse(const char *text, size_t len)
{
	return (struct statistics){
		.started = element_parse(text, len, "<started>"),
		.stopped = element_parse(text, len, "<stopped>"),
		.sent = element_parse(text, len, "<sent>"),
		.delta = element_parse(text, len, "<delta>"),
		.setup = element_parse(text, len, "<setup_time>"),
	};
}

static struct statistics statistics_after(const struct side *side, int64_t from_ns)
{
	const struct mt_event *event = side_first(side, MT_COOKIE_STATISTICS, MT_ENTER, from_ns);

	if (!event)
		return (struct statistics){0};
	return statistics_parse(event->text, event->text_len < MT_TEXT ? event->text_len : MT_TEXT);
}

struct statistics statistics_sent(const struct side *source)
{
	return source->src.sent.known ? statistics_after(source, source->src.sent.at.v)
				      : (struct statistics){0};
}

struct statistics statistics_answered(const struct side *destination)
{
	const struct mt_event *answer =
		destination->dst.received.known
			? side_first(destination, MT_COOKIE_FORMAT, MT_RETURN,
				     destination->dst.received.at.v)
			: NULL;

	return answer ? statistics_after(destination, (int64_t)answer->ktime_ns)
		      : (struct statistics){0};
}
