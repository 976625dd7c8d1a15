/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a collector answers by HTTP: one table of what may be asked, and one loop that answers. */
#include "collect/server.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <microhttpd.h>

#include "base/diag.h"
#include "collect/pages.h"
#include "sandbox/user_file.h"

#define MESSAGE_PATH	"/v1/message"
#define CONNECTIONS	4096u
#define IDLE_S		30u
#define FILE_MAX	65536
#define CONNECTION_ROOM (64u << 10)

struct server {
	struct MHD_Daemon *daemon;
	struct served *served;
	struct upload *first, **last;	     /* messages that are to be taken, all at once */
	char *certificate, *certificate_key; /* their text */
};

/* A request's body while it comes, and what becomes of it; its connection waits meanwhile. */
struct upload {
	char *bytes;
	size_t size, room;
	bool is_too_long, is_taken;
	struct taking taking;
	struct MHD_Connection *connection;
	struct upload *next;
};

static enum MHD_Result respond(struct MHD_Connection *connection, const struct page_answer *answer)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(answer->size, answer->bytes, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (!response) {
		free(answer->bytes);
		return MHD_NO;
	}
	MHD_add_response_header(response, "Content-Type", answer->type);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Content-Security-Policy",
				"default-src 'self' 'unsafe-inline' data:; frame-ancestors 'none'");
	MHD_add_response_header(response, "Cache-Control", "no-store");
	result = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result respond_text(struct MHD_Connection *connection, unsigned int status,
				    const char *text)
{
	struct page_answer answer = {.status = status, .type = "text/plain; charset=utf-8"};

	if (asprintf(&answer.bytes, "%s\n", text) < 0)
		return MHD_NO;
	answer.size = strlen(answer.bytes);
	return respond(connection, &answer);
}

static unsigned int fault_status(enum message_fault fault)
{
	if (fault == MESSAGE_OVERSIZED)
		return MHD_HTTP_CONTENT_TOO_LARGE;
	return fault == MESSAGE_UNSIGNED || fault == MESSAGE_FOREIGN ? MHD_HTTP_FORBIDDEN
								     : MHD_HTTP_BAD_REQUEST;
}

/* The body is there: it waits for its turn. Too long by however much: it was not kept. */
static enum MHD_Result upload_queue(struct server *server, struct MHD_Connection *connection,
				    struct upload *upload)
{
	upload->taking =
		(struct taking){.bytes = upload->bytes,
				.size = upload->is_too_long ? MESSAGE_MAX + 1 : upload->size,
				.wants_answer = true};
	upload->connection = connection;
	*server->last = upload;
	server->last = &upload->next;
	MHD_suspend_connection(connection);
	return MHD_YES;
}

static enum MHD_Result upload_answer(struct server *server, struct MHD_Connection *connection,
				     struct upload *upload)
{
	struct page_answer page = {.status = MHD_HTTP_OK, .type = "application/octet-stream"};
	struct taking *taking = &upload->taking;

	if (taking->fault)
		return respond_text(connection, fault_status(taking->fault),
				    message_fault_name(taking->fault));
	if (taking->err)
		return respond_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "not now");
	server->served->has_new |= taking->message.kind != MESSAGE_ASK;
	page.bytes = taking->answer.bytes;
	page.size = taking->answer.size;
	taking->answer.bytes = NULL; /* which the answer has now */
	return respond(connection, &page);
}

/* Takes what waits first, as many as go at once. */
static void uploads_take(struct server *server)
{
	struct taking takings[TAKINGS_MAX];
	struct upload *uploads[TAKINGS_MAX];
	size_t count = 0;

	for (; server->first && count < TAKINGS_MAX; count++) {
		uploads[count] = server->first;
		takings[count] = server->first->taking;
		server->first = server->first->next;
	}
	if (!server->first)
		server->last = &server->first;
	intake_take(server->served->intake, takings, count);
	for (size_t i = 0; i < count; i++) {
		uploads[i]->taking = takings[i];
		uploads[i]->is_taken = true;
		MHD_resume_connection(uploads[i]->connection);
	}
}

static enum MHD_Result upload_take(struct upload *upload, const char *bytes, size_t *size)
{
	if (upload->size + *size > MESSAGE_MAX)
		upload->is_too_long = true;
	if (!upload->is_too_long && upload->size + *size > upload->room) {
		size_t room = 2 * (upload->size + *size);
		char *more = realloc(upload->bytes, room);

		if (!more)
			return MHD_NO;
		upload->bytes = more;
		upload->room = room;
	}
	if (!upload->is_too_long) {
		memcpy(upload->bytes + upload->size, bytes, *size);
		upload->size += *size;
	}
	*size = 0;
	return MHD_YES;
}

static const char *argument(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name) ?: "";
}

static enum MHD_Result get_answer(struct server *server, struct MHD_Connection *connection,
				  const char *path)
{
	const char *accept =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept") ?: "";
	const struct page_query query = {
		argument(connection, "since"),	argument(connection, "host"),
		argument(connection, "from"),	argument(connection, "to"),
		argument(connection, "domain"), argument(connection, "limit")};
	struct page_answer answer = page_get(server->served, path, &query,
					     strstr(accept, "application/openmetrics-text"));

	if (!answer.bytes)
		return respond_text(connection, answer.status ?: MHD_HTTP_NOT_FOUND, "not here");
	return respond(connection, &answer);
}

/* Called first without, then with pieces of a body, then at its end. */
static enum MHD_Result request_take(void *arg, struct MHD_Connection *connection, const char *path,
				    const char *method, const char *version, const char *bytes,
				    size_t *size, void **state)
{
	struct server *server = arg;
	struct upload *upload = *state;

	(void)version;
	if (!upload) {
		*state = calloc(1, sizeof(*upload));
		return *state ? MHD_YES : MHD_NO;
	}
	if (!strcmp(method, MHD_HTTP_METHOD_GET) || !strcmp(method, MHD_HTTP_METHOD_HEAD))
		return get_answer(server, connection, path);
	if (strcmp(method, MHD_HTTP_METHOD_POST) != 0 || strcmp(path, MESSAGE_PATH) != 0) {
		if (!*size)
			return respond_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "not so");
		*size = 0; /* who sends is answered at the end of it */
		return MHD_YES;
	}
	if (*size)
		return upload_take(upload, bytes, size);
	return upload->is_taken ? upload_answer(server, connection, upload)
				: upload_queue(server, connection, upload);
}

static void request_end(void *arg, struct MHD_Connection *connection, void **state,
			enum MHD_RequestTerminationCode how)
{
	struct upload *upload = *state;

	(void)arg;
	(void)connection;
	(void)how;
	if (upload) {
		free(upload->bytes);
		free(upload->taking.answer.bytes);
	}
	free(upload);
	*state = NULL;
}

/* Returns the file's text, the caller's; NULL with a line on stderr. */
static char *text_read(const char *path)
{
	FILE *file = user_file_stream(path, "r");
	char *text = calloc(1, FILE_MAX);

	if (!file || !text || !fread(text, 1, FILE_MAX - 1, file)) {
		diag("%s: %s", path, file ? "is empty" : strerror(errno));
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	return text;
}

/* Takes ADDRESS:PORT apart. Returns it for bind(2), the caller's, or NULL with a line on stderr. */
static struct addrinfo *address_find(const char *listen)
{
	const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
				       .ai_socktype = SOCK_STREAM};
	char host[64];
	const char *colon = strrchr(listen, ':'), *begin = listen;
	size_t length = colon ? (size_t)(colon - listen) : 0;
	struct addrinfo *found = NULL;

	if (length > 1 && begin[0] == '[' && begin[length - 1] == ']') {
		begin++;
		length -= 2;
	}
	snprintf(host, sizeof(host), "%.*s", (int)(length < sizeof(host) ? length : 0), begin);
	if (!colon || !*host || getaddrinfo(host, colon + 1, &hints, &found)) {
		diag("%s: is no ADDRESS:PORT", listen);
		return NULL;
	}
	return found;
}

static struct MHD_Daemon *daemon_start(struct server *server, const struct addrinfo *address)
{
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
			     (address->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0);
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, server->certificate},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, server->certificate_key},
		{MHD_OPTION_END, 0, NULL},
	};

	if (server->certificate)
		flags |= MHD_USE_TLS;
	else
		tls[0].option = MHD_OPTION_END;
	return MHD_start_daemon(flags, 0, NULL, NULL, request_take, server, MHD_OPTION_SOCK_ADDR,
				address->ai_addr, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
				MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_ROOM,
				MHD_OPTION_NOTIFY_COMPLETED, request_end, NULL, MHD_OPTION_ARRAY,
				tls, MHD_OPTION_END);
}

struct server *server_open(const struct server_settings *settings, struct served *served)
{
	struct server *server = calloc(1, sizeof(*server));
	struct addrinfo *address = server ? address_find(settings->listen) : NULL;
	bool has_all = address;

	if (server) {
		server->served = served;
		server->last = &server->first;
	}
	if (has_all && settings->certificate) {
		server->certificate = text_read(settings->certificate);
		server->certificate_key =
			text_read(settings->certificate_key ?: settings->certificate);
		has_all = server->certificate && server->certificate_key;
	}
	if (has_all) {
		server->daemon = daemon_start(server, address);
		if (!server->daemon)
			diag("%s: cannot listen: %s", settings->listen, strerror(errno));
	}
	if (address)
		freeaddrinfo(address);
	if (has_all && server->daemon)
		return server;
	server_close(server);
	return NULL;
}

int server_file(const struct server *server)
{
	return MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

unsigned int server_port(const struct server *server)
{
	return MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

int server_pause_ms(const struct server *server, int most_ms)
{
	MHD_UNSIGNED_LONG_LONG pause_ms;

	if (MHD_get_timeout(server->daemon, &pause_ms) != MHD_YES ||
	    pause_ms > (MHD_UNSIGNED_LONG_LONG)most_ms)
		return most_ms;
	return (int)pause_ms;
}

void server_step(struct server *server)
{
	MHD_run(server->daemon);
	if (!server->first)
		return;
	while (server->first)
		uploads_take(server);
	MHD_run(server->daemon); /* who waited is answered */
}

void server_close(struct server *server)
{
	if (!server)
		return;
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	free(server->certificate);
	free(server->certificate_key);
	free(server);
}
