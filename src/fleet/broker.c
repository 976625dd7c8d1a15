/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How hosts and collectors meet at a bus, which is NATS: its servers, who they are, and subjects.
 */
#include "fleet/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "fleet/key.h"
#include "fleet/message.h"
#include "sandbox/user_file.h"

#define SERVERS_MAX	 16
#define CREDENTIALS_TEXT 8192
#define CONNECT_MS	 5000
#define DOT		 '=' /* for a dot: no host's name has it */

static bool is_secure(const struct broker_settings *settings)
{
	return settings->ca || settings->certificate || strstr(settings->servers, "tls://");
}

/* A password of a command line is everybody's to read. */
static natsStatus servers_set(natsOptions *options, const struct broker_settings *settings)
{
	const char *servers[SERVERS_MAX];
	char *list = strdup(settings->servers), *rest = list, *server;
	natsStatus status = list ? NATS_OK : NATS_NO_MEMORY;
	int count = 0;

	if (strchr(settings->servers, '@')) {
		diag("a password in a URL can be read by others: use --credentials");
		status = NATS_INVALID_ARG;
	}
	while (list && (server = strsep(&rest, ",")) && count < SERVERS_MAX)
		if (*server)
			servers[count++] = server;
	if (status == NATS_OK)
		status = natsOptions_SetServers(options, servers, count);
	free(list);
	return status;
}

static natsStatus tls_set(natsOptions *options, const struct broker_settings *settings)
{
	natsStatus status = NATS_OK;

	if (is_secure(settings))
		status = natsOptions_SetSecure(options, true);
	if (status == NATS_OK && settings->ca)
		status = natsOptions_LoadCATrustedCertificates(options, settings->ca);
	if (status == NATS_OK && settings->certificate)
		status = natsOptions_LoadCertificatesChain(options, settings->certificate,
							   settings->certificate_key
								   ?: settings->certificate);
	return status;
}

/* Returns whether the file was read, which must be its user's alone; else says why not. */
static bool credentials_read(const char *path, char text[CREDENTIALS_TEXT])
{
	int fd = user_file_open(path, 0);
	struct stat st;
	ssize_t got = -1;

	if (fd >= 0 && !fstat(fd, &st)) {
		got = read(fd, text, CREDENTIALS_TEXT - 1);
		if (!secret_is_private(path, &st)) {
			diag("%s: others may read this secret: chmod 600", path);
			close(fd);
			return false;
		}
	}
	if (got < 0)
		diag("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	text[got < 0 ? 0 : got] = '\0';
	return got >= 0;
}

static natsStatus credentials_set(natsOptions *options, const char *path)
{
	char text[CREDENTIALS_TEXT], *rest = text, *user, *password;

	if (!path)
		return NATS_OK;
	if (!credentials_read(path, text))
		return NATS_INVALID_ARG;
	if (strstr(text, "BEGIN NATS USER JWT"))
		return natsOptions_SetUserCredentialsFromFiles(options, path, NULL);
	user = strsep(&rest, "\n");
	password = strsep(&rest, "\n");
	if (password && *password)
		return natsOptions_SetUserInfo(options, user, password);
	return natsOptions_SetToken(options, user);
}

/* Its own words would be on stderr: what went wrong is said by who asked. */
static void error_leave(natsConnection *connection, natsSubscription *subscription,
			natsStatus status, void *arg)
{
	(void)connection;
	(void)subscription;
	(void)status;
	(void)arg;
}

natsOptions *broker_options(const struct broker_settings *settings)
{
	natsOptions *options = NULL;
	natsStatus status = natsOptions_Create(&options);

	if (status == NATS_OK)
		status = servers_set(options, settings);
	if (status == NATS_OK)
		status = tls_set(options, settings);
	if (status == NATS_OK)
		status = credentials_set(options, settings->credentials);
	if (status == NATS_OK)
		status = natsOptions_SetErrorHandler(options, error_leave, NULL);
	if (status == NATS_OK)
		status = natsOptions_SetTimeout(options, CONNECT_MS);
	if (status == NATS_OK)
		return options;
	diag("%s: %s", settings->servers, natsStatus_GetText(status));
	natsOptions_Destroy(options);
	return NULL;
}

static void character_replace(char *text, char from, char to)
{
	for (; *text; text++)
		if (*text == from)
			*text = to;
}

void broker_word(const char *host, char word[HOST_NAME])
{
	strcpy(word, host);
	character_replace(word, '.', DOT);
}

bool broker_host(const char *subject, char host[HOST_NAME])
{
	const char *word = strrchr(subject, '.');

	if (!word || strlen(word + 1) >= HOST_NAME)
		return false;
	strcpy(host, word + 1);
	character_replace(host, DOT, '.');
	return message_host_is_valid(host);
}
