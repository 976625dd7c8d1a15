/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a service tells systemd, by the socket that it was given: sd_notify(3) without its library.
 */
#ifndef MIGTRACE_BASE_NOTIFY_H
#define MIGTRACE_BASE_NOTIFY_H

/* Returns the socket, which the caller closes; -1: we are no service that systemd waits for. */
int notify_open(void);

/* Says it; -1 is nobody. What cannot be said is no reason to stop. */
void notify_say(int notify, const char *state);

#endif
