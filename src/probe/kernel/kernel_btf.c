/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the kernel's types describe a tracepoint, so that programs can be attached to
 * it by BTF. */
#include "probe/kernel/kernel_btf.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

/* The kernel has a type of that name for each of its tracepoints. */
static bool btf_has(const struct btf *btf, const char *tracepoint)
{
	char name[128];

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	return btf && btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) > 0;
}

/* Returns the types in that file of the directory, a module's on top of base; NULL: none. */
static struct btf *btf_read(const char *directory, const char *file, struct btf *base)
{
	char path[PATH_MAX];
	struct btf *btf;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	btf = btf__parse_split(path, base);
	return libbpf_get_error(btf) ? NULL : btf;
}

bool kernel_btf_has(const char *directory, const char *module, const char *tracepoint)
{
	struct btf *base = btf_read(directory, "vmlinux", NULL), *split = NULL;
	bool has = btf_has(base, tracepoint);

	if (base && !has && module) {
		split = btf_read(directory, module, base);
		has = btf_has(split, tracepoint);
	}
	btf__free(split);
	btf__free(base);
	return has;
}
