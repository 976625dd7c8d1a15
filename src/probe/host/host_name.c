/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name of the host that a process is on: of its UTS namespace, which is not entered for it. */
#include "probe/host/host_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "host_name.skel.h"

struct host_names {
	struct host_name_bpf *bpf; /* NULL: it cannot be loaded, or was not tried */
	bool was_tried;
};

/* Returns the inode number of the process's UTS namespace, 0 if it cannot be known. */
static uint32_t uts_inode(const char *process)
{
	struct stat st;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%s/ns/uts", process);
	return stat(path, &st) ? 0 : (uint32_t)st.st_ino;
}

/* Returns the one task's iterator; of all tasks where the kernel (before 6.1) has no other; or
 * NULL. */
static struct bpf_link *iterator_new(const struct bpf_program *prog, pid_t pid)
{
	union bpf_iter_link_info info = {.task.tid = (uint32_t)pid};
	const struct bpf_iter_attach_opts opts = {
		.sz = sizeof(opts), .link_info = &info, .link_info_len = sizeof(info)};
	struct bpf_link *link = bpf_program__attach_iter(prog, &opts);

	return link ?: bpf_program__attach_iter(prog, NULL);
}

/* Has the kernel show it to the program. */
static void task_show(const struct bpf_program *prog, pid_t pid)
{
	struct bpf_link *link = iterator_new(prog, pid);
	int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
	char nothing[1];

	while (fd >= 0 && read(fd, nothing, sizeof(nothing)) > 0)
		;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
}

/* It is loaded when it is needed, as it is not on most hosts. */
static bool names_load(struct host_names *names)
{
	if (!names->was_tried)
		names->bpf = host_name_bpf__open_and_load();
	names->was_tried = true;
	return names->bpf;
}

/* Without a name we go on. */
static void name_ask(struct host_names *names, uint32_t inode, pid_t pid, char name[HOST_NAME])
{
	libbpf_print_fn_t print = libbpf_set_print(NULL);

	if (names_load(names)) {
		names->bpf->bss->uts_inode = inode;
		names->bpf->bss->host_name[0] = '\0';
		task_show(names->bpf->progs.task_seen, pid);
		snprintf(name, HOST_NAME, "%s", names->bpf->bss->host_name);
	}
	libbpf_set_print(print);
}

struct host_names *host_names_new(void)
{
	return calloc(1, sizeof(struct host_names));
}

void host_names_free(struct host_names *names)
{
	if (names)
		host_name_bpf__destroy(names->bpf);
	free(names);
}

void host_name_of(struct host_names *names, pid_t pid, char name[HOST_NAME])
{
	struct utsname uts;
	char process[16];
	uint32_t inode;

	snprintf(process, sizeof(process), "%d", pid);
	inode = uts_inode(process);
	name[0] = '\0';
	if (inode && inode == uts_inode("self") && !uname(&uts))
		snprintf(name, HOST_NAME, "%s", uts.nodename);
	else if (inode && names)
		name_ask(names, inode, pid, name);
}
