/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fixture exports, and its functions that are written in assembly. */
#ifndef MIGTRACE_TESTS_PROBE_FIXTURE_H
#define MIGTRACE_TESTS_PROBE_FIXTURE_H

void fixture_log(const char *function);
void fixture_log_error(const char *function);
int fixture_exported(int x);
int fixture_first(int x);
int fixture_second(int x);
int fixture_tail(int x);
int fixture_clones(int x);
int fixture_recursive(int x);
int fixture_twin_a(int x);
int fixture_twin_b(int x);
void fixture_sites(void);
extern int (*const fixture_callbacks[])(int);
extern unsigned short fixture_semaphore;

#define HIDDEN __attribute__((visibility("hidden")))
HIDDEN int static_cold(int x);
HIDDEN int static_both(int x);
HIDDEN int static_frameless(int x);
HIDDEN int static_shared_cold(int x);
HIDDEN int static_chain(int x);

#endif
