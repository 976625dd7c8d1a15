/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A half's bytes, as its store has them: what a message brings. */
#ifndef MIGTRACE_FLEET_HALF_BODY_H
#define MIGTRACE_FLEET_HALF_BODY_H

#include <stddef.h>

#include "store/store.h"

/*
 * Reads the half's file, which the caller frees. Returns NULL with errno; 0: it is none that can be
 * sent.
 */
void *half_body_read(const struct store *store, const char *id, size_t *size);

#endif
