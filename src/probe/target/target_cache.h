/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Caches resolved probe points by file contents: one build in many containers is analysed once. */
#ifndef MIGTRACE_PROBE_TARGET_TARGET_CACHE_H
#define MIGTRACE_PROBE_TARGET_TARGET_CACHE_H

#include "probe/target/target.h"

struct target_cache;

/* Returns an empty one, or NULL with ENOMEM. The caller calls target_cache_free. */
struct target_cache *target_cache_new(void);

/* Releases it; NULL is fine. */
void target_cache_free(struct target_cache *cache);

/*
 * Returns what was found in a file of that kind and name with the very bytes that the open file
 * has, whose daemon has the same library: a build-id alone may be a lie, and would have us probe
 * another one's file in the wrong places. NULL: nothing is known.
 */
struct target *target_cache_get(const struct target_cache *cache, const struct daemon_file *file);

/* Keeps a copy of what was found in the file, which it holds open. Returns it, or NULL: it cannot.
 */
struct target *target_cache_put(struct target_cache *cache, const struct daemon_file *file,
				const struct target *target);

/* Holds this file open for the target of that number, in place of another of the same bytes. */
void target_cache_hold(struct target_cache *cache, const struct daemon_file *file, uint16_t number);

/* Forgets the targets of that number; 0: those without one. */
void target_cache_drop(struct target_cache *cache, uint16_t number);

#endif
