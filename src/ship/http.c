/* SPDX-License-Identifier: GPL-2.0-or-later */
/* To a collector without a bus between: by HTTP, each answered by what it has. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <curl/curl.h>

#include "base/diag.h"
#include "ship/sink_private.h"

#define PATH	  "/v1/message"
#define CONNECT_S 10L
#define TOTAL_S	  60L
#define HTTP_OK	  200L

struct http {
	CURL *curl; /* NULL: not connected */
	char *url;
	struct curl_slist *headers;
	struct sink_settings settings;
};

static void http_close(void *state)
{
	struct http *http = state;

	curl_easy_cleanup(http->curl);
	curl_slist_free_all(http->headers);
	free(http->url);
	free(http);
}

static void *http_open(const struct sink_settings *settings)
{
	struct http *http = calloc(1, sizeof(*http));
	size_t length = strlen(settings->url);

	if (!http)
		return NULL;
	while (length && settings->url[length - 1] == '/')
		length--;
	http->settings = *settings;
	if (asprintf(&http->url, "%.*s" PATH, (int)length, settings->url) < 0)
		http->url = NULL;
	/* No question whether it may be sent: it is short. */
	http->headers = curl_slist_append(NULL, "Expect:");
	if (http->url && http->headers && !curl_global_init(CURL_GLOBAL_DEFAULT))
		return http;
	http_close(http);
	diag("out of memory");
	return NULL;
}

/* An answer that is too long is none. */
static size_t reply_take(char *bytes, size_t size, size_t count, void *arg)
{
	struct reply *reply = arg;

	if (size * count > sizeof(reply->bytes) - reply->size)
		return 0;
	memcpy(reply->bytes + reply->size, bytes, size * count);
	reply->size += size * count;
	return size * count;
}

static CURL *curl_new(const struct http *http)
{
	const struct sink_settings *settings = &http->settings;
	CURL *curl = curl_easy_init();

	if (!curl)
		return NULL;
	curl_easy_setopt(curl, CURLOPT_URL, http->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, TOTAL_S);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, reply_take);
	if (settings->ca)
		curl_easy_setopt(curl, CURLOPT_CAINFO, settings->ca);
	if (settings->certificate)
		curl_easy_setopt(curl, CURLOPT_SSLCERT, settings->certificate);
	if (settings->certificate_key)
		curl_easy_setopt(curl, CURLOPT_SSLKEY, settings->certificate_key);
	return curl;
}

/* Returns the length of the first line, of which no more is told. */
static size_t line_length(const char *bytes, size_t size)
{
	size_t length = 0;

	while (length < size && length < WHY_TEXT / 2 && bytes[length] != '\n')
		length++;
	return length;
}

static int http_exchange(void *state, const struct message *message, const char *bytes, size_t size,
			 struct reply *reply, char why[WHY_TEXT])
{
	struct http *http = state;
	long status = 0;
	CURLcode code;

	(void)message;
	if (!http->curl)
		http->curl = curl_new(http);
	if (!http->curl)
		return -ENOMEM;
	curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, bytes);
	curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
	curl_easy_setopt(http->curl, CURLOPT_WRITEDATA, reply);
	code = curl_easy_perform(http->curl);
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
	if (code)
		snprintf(why, WHY_TEXT, "%s", curl_easy_strerror(code));
	else if (status != HTTP_OK)
		snprintf(why, WHY_TEXT, "HTTP status %ld: %.*s", status,
			 (int)line_length(reply->bytes, reply->size), reply->bytes);
	return code || status != HTTP_OK ? -EIO : 0;
}

static void http_rest(void *state)
{
	struct http *http = state;

	curl_easy_cleanup(http->curl);
	http->curl = NULL;
}

static const char *const schemes[] = {"http", "https", NULL};

const struct sink_way http_way = {schemes, http_open, http_exchange, http_rest, http_close};
