/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes that give events, as long as they live: daemons and QEMUs, for weeks. */
#ifndef MIGTRACE_PROBE_HOST_PROCESSES_H
#define MIGTRACE_PROBE_HOST_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>

/* At once. Of more, those that were not heard of for the longest time are forgotten. */
#define PROCESSES_MAX 4096

/* A daemon, or a QEMU. */
struct process {
	uint32_t pid;
	int fd;		  /* of the process: readable when it has ended; -1: it cannot be known */
	bool has_uuid;	  /* its command line has */
	uint8_t uuid[16]; /* the domain's */
};

struct processes;

/* Returns an empty table, or NULL with errno. processes_free() frees. */
struct processes *processes_new(void);

/* Returns whether the process is known. */
bool processes_know(const struct processes *processes, uint32_t pid);

/* Returns what is readable when one of them has ended. */
int processes_fd(const struct processes *processes);

/*
 * Returns what is known of the process, valid until the next call; *is_new: it was not known
 * before, or has been forgotten.
 */
const struct process *processes_find(struct processes *processes, uint32_t pid, bool *is_new);

/* Returns the pid of one that has ended, which stays until it is forgotten; 0 where
 * there is none. */
uint32_t processes_ended(const struct processes *processes);

/* The pid may be another process's from now on. */
void processes_forget(struct processes *processes, uint32_t pid);

/* NULL is none. */
void processes_free(struct processes *processes);

#endif
