/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A receiver of OTLP: is sent one request after the other by HTTP, without being waited for. */
#include "collect/receiver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <curl/curl.h>
#include <json-c/json.h>

#include "base/diag.h"
#include "base/version.h"

#define CONNECT_S     10L
#define TOTAL_S	      30L
#define REPLY_MAX     8192
#define FILES_MAX     8
#define RETRY_MOST_MS 300000

struct receiver {
	CURLM *multi;
	CURL *curl;
	struct curl_slist *headers;
	bool is_sending;
	char reply[REPLY_MAX + 1]; /* what there is room for, closed by NUL */
	size_t reply_size;
};

void receiver_close(struct receiver *receiver)
{
	if (!receiver)
		return;
	if (receiver->is_sending)
		curl_multi_remove_handle(receiver->multi, receiver->curl);
	curl_easy_cleanup(receiver->curl);
	curl_multi_cleanup(receiver->multi);
	curl_slist_free_all(receiver->headers);
	free(receiver);
}

static bool has_part(CURLU *parsed, CURLUPart part)
{
	char *text = NULL;
	bool is_there = !curl_url_get(parsed, part, &text, 0) && text;

	curl_free(text);
	return is_there;
}

static bool is_http(CURLU *parsed)
{
	char *scheme = NULL;
	bool is_it = !curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) &&
		     (!strcmp(scheme, "http") || !strcmp(scheme, "https"));

	curl_free(scheme);
	return is_it;
}

/* Says what is wrong with it, and nothing that is in it. */
static bool url_is_good(const char *url)
{
	CURLU *parsed = curl_url();
	bool is_good = parsed && !curl_url_set(parsed, CURLUPART_URL, url, 0) && is_http(parsed);

	if (!is_good) {
		diag("--otlp: no URL of http or https");
	} else if (has_part(parsed, CURLUPART_USER) || has_part(parsed, CURLUPART_PASSWORD)) {
		diag("--otlp: a URL with a user or a password is refused: others can see it");
		is_good = false;
	}
	curl_url_cleanup(parsed);
	return is_good;
}

/* Of an answer that is too long the end is not kept. */
static size_t reply_take(char *bytes, size_t size, size_t count, void *arg)
{
	struct receiver *receiver = arg;
	size_t room = REPLY_MAX - receiver->reply_size;
	size_t kept = size * count < room ? size * count : room;

	memcpy(receiver->reply + receiver->reply_size, bytes, kept);
	receiver->reply_size += kept;
	receiver->reply[receiver->reply_size] = '\0';
	return size * count;
}

static void curl_prepare(struct receiver *receiver, const char *url)
{
	curl_easy_setopt(receiver->curl, CURLOPT_URL, url);
	curl_easy_setopt(receiver->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(receiver->curl, CURLOPT_HTTPHEADER, receiver->headers);
	curl_easy_setopt(receiver->curl, CURLOPT_USERAGENT, "migtrace/" MIGTRACE_VERSION);
	curl_easy_setopt(receiver->curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	curl_easy_setopt(receiver->curl, CURLOPT_TIMEOUT, TOTAL_S);
	curl_easy_setopt(receiver->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(receiver->curl, CURLOPT_WRITEFUNCTION, reply_take);
	curl_easy_setopt(receiver->curl, CURLOPT_WRITEDATA, receiver);
}

static bool receiver_begin(struct receiver *receiver, const char *url)
{
	struct curl_slist *more;

	receiver->curl = curl_easy_init();
	receiver->multi = curl_multi_init();
	receiver->headers = curl_slist_append(NULL, "Content-Type: application/json");
	more = receiver->headers ? curl_slist_append(receiver->headers, "Expect:") : NULL;
	if (!receiver->curl || !receiver->multi || !more)
		return false;
	curl_prepare(receiver, url);
	return true;
}

struct receiver *receiver_open(const char *url)
{
	struct receiver *receiver;

	if (!url_is_good(url))
		return NULL;
	receiver = curl_global_init(CURL_GLOBAL_DEFAULT) ? NULL : calloc(1, sizeof(*receiver));
	if (receiver && receiver_begin(receiver, url))
		return receiver;
	receiver_close(receiver);
	diag("out of memory");
	return NULL;
}

int receiver_send(struct receiver *receiver, const char *text, size_t size)
{
	receiver->reply_size = 0;
	receiver->reply[0] = '\0';
	curl_easy_setopt(receiver->curl, CURLOPT_POSTFIELDS, text);
	curl_easy_setopt(receiver->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
	receiver->is_sending = !curl_multi_add_handle(receiver->multi, receiver->curl);
	return receiver->is_sending ? 0 : -ENOMEM;
}

/* What OTLP says of each status (HTTP is retried by these alone). */
static enum receiver_verdict status_verdict(long status)
{
	switch (status) {
	case 200:
	case 202:
	case 204:
		return RECEIVER_ACCEPTED;
	case 429:
	case 502:
	case 503:
	case 504:
		return RECEIVER_FAILED;
	default:
		return RECEIVER_REFUSED;
	}
}

/* How many spans it has not taken, by its ExportTraceServiceResponse, and why. */
static bool is_partial(const struct receiver *receiver, char why[RECEIVER_WHY])
{
	struct json_object *reply = json_tokener_parse(receiver->reply), *partial, *value;
	int64_t rejected = 0;

	if (json_object_object_get_ex(reply, "partialSuccess", &partial) &&
	    json_object_object_get_ex(partial, "rejectedSpans", &value))
		rejected = json_object_get_int64(value);
	if (rejected)
		snprintf(why, RECEIVER_WHY, "%lld spans were not taken: %.128s",
			 (long long)rejected,
			 json_object_object_get_ex(partial, "errorMessage", &value)
				 ? json_object_get_string(value) ?: ""
				 : "");
	json_object_put(reply);
	return rejected;
}

static void status_take(struct receiver *receiver, struct receiver_answer *answer)
{
	long status = 0;
	curl_off_t retry_s = 0;

	curl_easy_getinfo(receiver->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(receiver->curl, CURLINFO_RETRY_AFTER, &retry_s);
	answer->verdict = status_verdict(status);
	if (answer->verdict == RECEIVER_ACCEPTED) {
		if (is_partial(receiver, answer->why))
			answer->verdict = RECEIVER_PARTIAL;
		return;
	}
	snprintf(answer->why, sizeof(answer->why), "HTTP status %ld", status);
	answer->retry_ms = retry_s > RETRY_MOST_MS / 1000 ? RETRY_MOST_MS : (int)retry_s * 1000;
}

struct receiver_answer receiver_step(struct receiver *receiver)
{
	struct receiver_answer answer = {.verdict = RECEIVER_BUSY};
	const CURLMsg *message;
	CURLcode code = CURLE_OK;
	int running = 0, left;

	if (!receiver->is_sending)
		return answer;
	curl_multi_perform(receiver->multi, &running);
	if (running)
		return answer;
	while ((message = curl_multi_info_read(receiver->multi, &left)))
		code = message->data.result;
	curl_multi_remove_handle(receiver->multi, receiver->curl);
	receiver->is_sending = false;
	if (!code) {
		status_take(receiver, &answer);
		return answer;
	}
	answer.verdict = RECEIVER_FAILED;
	snprintf(answer.why, sizeof(answer.why), "%s", curl_easy_strerror(code));
	return answer;
}

int receiver_poll(struct receiver *receiver, struct pollfd *fds, size_t count, int pause_ms)
{
	struct curl_waitfd files[FILES_MAX];
	size_t used = 0, at = 0;
	int ready = 0;

	for (size_t i = 0; i < count && used < FILES_MAX; i++)
		if (fds[i].fd >= 0)
			files[used++] = (struct curl_waitfd){fds[i].fd, CURL_WAIT_POLLIN, 0};
	if (curl_multi_poll(receiver->multi, files, (unsigned int)used, pause_ms, &ready))
		return -1;
	for (size_t i = 0; i < count; i++)
		fds[i].revents = fds[i].fd >= 0 && at < used ? files[at++].revents : 0;
	return ready;
}
