/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts each half of a migration into a store once it is over, out of a recording as it comes. */
#ifndef MIGTRACE_KEEP_KEEPER_H
#define MIGTRACE_KEEP_KEEPER_H

#include "base/status.h"
#include "store/store.h"

/*
 * Puts the halves of recordings into the store, one after the other, as report reads them. The
 * process is confined by it. Returns the exit status, with a line on stderr where that is not 0.
 */
enum status keeper_import(struct store *store, const int *fds, size_t count);

/*
 * The same of a recorder of this host, until its end, which goes on where the one before has ended:
 * what had not ended then, or was not kept yet, is in the store's file of what is being recorded,
 * and so is it in the end. Once the other end of the socket reload is shut down it ends when
 * nothing migrates.
 */
enum status keeper_follow(struct store *store, int fd, int reload);

#endif
