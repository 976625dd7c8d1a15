/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much time those findings explain that are of no part of the downtime. */
#ifndef MIGTRACE_CORE_ACCOUNT_FINDING_SHARES_H
#define MIGTRACE_CORE_ACCOUNT_FINDING_SHARES_H

#include "core/account/account.h"

#define LONG_BYTES (256 * 1024) /* of a call: most descriptions have less than a tenth of that */

/* Return the time of each, with its bounds; unknown, with a reason, where it is not worth a
 * finding. */

/* Until the source's libvirt has connected to the other one, and has asked that what it can do. */
struct quantity share_of_begin(const struct account *account);
/* In Prepare, where the guest's description is not what is long; and where it is. */
struct quantity share_of_prepare(const struct account *account);
struct quantity share_of_description(const struct account *account);
/* In which the guest waited for its pages after post-copy. */
struct quantity share_of_stalls(const struct account *account);
/* In passes over the RAM that came to no end. */
struct quantity share_of_passes(const struct account *account);
/* In which nothing came for the guest, after it ran again. */
struct quantity share_of_network(const struct account *account);
/* That each of its vCPUs lost before it was stopped, in the mean. */
struct quantity share_of_brownout(const struct account *account);

#endif
