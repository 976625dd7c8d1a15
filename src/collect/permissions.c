/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may say what to a bus: each host in its own name alone. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "collect/collect_private.h"
#include "fleet/broker.h"
#include "sandbox/user_file.h"

#define FOR_BUS	  "migtrace nats "     /* what a user's password is made of, before its name */
#define COLLECTOR "migtrace collector" /* a user's name that no host can have */

struct users {
	const struct collect_settings *settings;
	const struct key *key;
	FILE *conf;
};

/* Returns a new file that its user alone reads, in place of the old one when it is renamed. */
static FILE *secret_open(const char *path)
{
	int fd = user_file_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);

	if (fd >= 0 && !fchmod(fd, S_IRUSR | S_IWUSR))
		return fdopen(fd, "w");
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* Returns 0 or -errno, with a line on stderr. */
static int secret_close(FILE *file, const char *path)
{
	int err =
		!file || fflush(file) || ferror(file) || fsync(fileno(file)) ? -(errno ?: EIO) : 0;

	if (file)
		fclose(file);
	if (err)
		diag("%s: %s", path, strerror(-err));
	return err;
}

static void password_make(const struct key *key, const char *user, char password[SHA256_TEXT])
{
	char of[sizeof(FOR_BUS) + HOST_NAME];
	int length = snprintf(of, sizeof(of), FOR_BUS "%s", user);

	key_sign(key, of, (size_t)length, password);
}

/* What the user gives as --credentials. */
static int credentials_write(const struct users *users, const char *name, const char *user,
			     const char *password)
{
	char *path = collect_file(users->settings, name);
	FILE *file = path ? secret_open(path) : NULL;
	int err;

	if (file)
		fprintf(file, "%s\n%s\n", user, password);
	err = secret_close(file, path ?: name);
	free(path);
	return err;
}

static int host_write(const struct users *users, const char *host)
{
	char password[SHA256_TEXT], word[HOST_NAME], name[2 * HOST_NAME];

	broker_word(host, word);
	password_make(users->key, host, password);
	snprintf(name, sizeof(name), KEY_FOLDER "/%s" BUS_SUFFIX, host);
	fprintf(users->conf,
		"  {user: \"%s\", password: \"%s\", permissions: {\n"
		"    publish: {allow: [\"" BROKER_HALF ".*.%s\", \"" BROKER_ASK ".%s\"]}\n"
		"    subscribe: {allow: [\"" BROKER_INBOX ".%s.>\"]}}}\n",
		host, password, word, word, word);
	return credentials_write(users, name, host, password);
}

static int collector_write(const struct users *users)
{
	char password[SHA256_TEXT];

	password_make(users->key, COLLECTOR, password);
	fprintf(users->conf, "  {user: \"%s\", password: \"%s\"}\n", COLLECTOR, password);
	return credentials_write(users, BUS_FILE, COLLECTOR, password);
}

static int is_key(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, KEY_SUFFIX);
}

/* Of all hosts, also those of former days. */
static int hosts_write(const struct users *users)
{
	char *folder = collect_file(users->settings, KEY_FOLDER);
	struct dirent **keys = NULL;
	int count = folder ? scandir(folder, &keys, is_key, alphasort) : -1;
	int err = count < 0 ? -(errno ?: ENOMEM) : 0;

	for (int i = 0; i < count; i++) {
		char *host = keys[i]->d_name;

		host[strlen(host) - strlen(KEY_SUFFIX)] = '\0';
		if (!err && message_host_is_valid(host))
			err = host_write(users, host);
		free(keys[i]);
	}
	free(keys);
	free(folder);
	return err;
}

static int conf_write(struct users *users, const char *path, const char *written)
{
	int err = 0, closed;

	users->conf = secret_open(written);
	if (users->conf) {
		fprintf(users->conf,
			"# Made by migtrace collect --init; a server's configuration includes it.\n"
			"max_payload: %u\n"
			"authorization: {users: [\n",
			MESSAGE_MAX);
		err = collector_write(users) ?: hosts_write(users);
		fprintf(users->conf, "]}\n");
	}
	closed = secret_close(users->conf, written);
	if (!err)
		err = closed;
	if (!err && rename(written, path)) {
		err = -errno;
		diag("%s: %s", path, strerror(-err));
	}
	return err;
}

int permissions_write(const struct collect_settings *settings, const struct key *key)
{
	struct users users = {settings, key, NULL};
	char *path = collect_file(settings, USERS_FILE);
	char *written = collect_file(settings, USERS_FILE ".new");
	int err = path && written ? conf_write(&users, path, written) : -ENOMEM;

	free(path);
	free(written);
	return err;
}
