/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name of the host that a process is on: of its UTS namespace, which is not entered for it. */
#include "probe/host/host_name.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "host_name.skel.h"

/* Returns the inode number of the process's UTS namespace, 0 if it cannot be known. */
static uint32_t uts_inode(const char *process)
{
	struct stat st;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%s/ns/uts", process);
	return stat(path, &st) ? 0 : (uint32_t)st.st_ino;
}

/* Has the kernel go through its processes. */
static void processes_walk(struct host_name_bpf *bpf)
{
	int fd = bpf_iter_create(bpf_link__fd(bpf->links.task_seen));
	char nothing[1];

	if (fd < 0)
		return;
	while (read(fd, nothing, sizeof(nothing)) > 0)
		;
	close(fd);
}

static void name_ask(uint32_t inode, char name[HOST_NAME])
{
	libbpf_print_fn_t print = libbpf_set_print(NULL); /* without a name we go on */
	struct host_name_bpf *bpf = host_name_bpf__open();

	if (bpf) {
		bpf->rodata->uts_inode = inode;
		if (!host_name_bpf__load(bpf) && !host_name_bpf__attach(bpf)) {
			processes_walk(bpf);
			snprintf(name, HOST_NAME, "%s", bpf->bss->host_name);
		}
	}
	host_name_bpf__destroy(bpf);
	libbpf_set_print(print);
}

void host_name_of(pid_t pid, char name[HOST_NAME])
{
	struct utsname uts;
	char process[16];
	uint32_t inode;

	snprintf(process, sizeof(process), "%d", pid);
	inode = uts_inode(process);
	name[0] = '\0';
	if (inode && inode == uts_inode("self") && !uname(&uts))
		snprintf(name, HOST_NAME, "%s", uts.nodename);
	else if (inode)
		name_ask(inode, name);
}
