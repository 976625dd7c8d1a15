/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this folder share. */
#ifndef MIGTRACE_COLLECT_COLLECT_PRIVATE_H
#define MIGTRACE_COLLECT_COLLECT_PRIVATE_H

#include "collect/collect.h"
#include "collect/database.h"

#define KEY_FILE      "collector.key"
#define KEY_FOLDER    "keys"
#define KEY_SUFFIX    ".key"
#define BUS_SUFFIX    ".nats" /* of a host's user and password, or the collectors' */
#define BUS_FILE      "collector" BUS_SUFFIX
#define USERS_FILE    "nats-permissions.conf"
#define DATABASE_FILE "migrations.sqlite"
#define STREAM_FILE   "stream-%s" /* there where the bus had a stream of that name */

/* Returns the path of a file in the collector's folder, the caller's; NULL without memory. */
char *collect_file(const struct collect_settings *settings, const char *name);

/* Reads the collector's key, or makes one. Returns 0, or -errno with a line on stderr. */
int collect_key(const struct collect_settings *settings, struct key *key);

/* Opens the collector's database. Returns as database_open(). */
struct database *collect_database(const struct collect_settings *settings);

/*
 * Writes who may say what to a bus that is NATS, for all hosts that have a key: USERS_FILE, which
 * its servers include, and each one's user and password. Returns as collect_key().
 */
int permissions_write(const struct collect_settings *settings, const struct key *key);

#endif
