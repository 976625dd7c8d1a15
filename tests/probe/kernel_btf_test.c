// SPDX-License-Identifier: GPL-2.0-or-later
/* Which tracepoints the kernel's types describe: its own, and those of a module that is loaded. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <bpf/btf.h>
#include <cmocka.h>

#include "probe/kernel/kernel_btf.h"

#define TRACEPOINT "kvm_userspace_exit"

static char directory[] = "/tmp/migtrace-btf-XXXXXX";

static void file_write(const char *name, const void *data, size_t size)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* Writes types that have a number, and that one on top of it. Returns them. */
static struct btf *types_write(const char *file, struct btf *base, const char *type)
{
	struct btf *btf = base ? btf__new_empty_split(base) : btf__new_empty();
	const void *data;
	uint32_t size;

	assert_non_null(btf);
	if (!base)
		assert_int_equal(btf__add_int(btf, "int", 4, 0), 1);
	assert_true(btf__add_typedef(btf, type, 1) > 0);
	data = btf__raw_data(btf, &size);
	assert_non_null(data);
	file_write(file, data, size);
	return btf;
}

static void each_is_found_where_it_is(void **state)
{
	(void)state;
	struct btf *base = types_write("vmlinux", NULL, "btf_trace_inet_sock_set_state");
	struct btf *kvm = types_write("kvm", base, "btf_trace_" TRACEPOINT);
	struct btf *other = types_write("kvm_intel", base, "btf_trace_other");

	assert_true(kernel_btf_has(directory, NULL, "inet_sock_set_state"));
	assert_true(kernel_btf_has(directory, "kvm", "inet_sock_set_state"));
	assert_true(kernel_btf_has(directory, "kvm", TRACEPOINT));
	assert_false(kernel_btf_has(directory, NULL, TRACEPOINT));
	assert_false(kernel_btf_has(directory, "kvm_intel", TRACEPOINT));
	assert_false(kernel_btf_has(directory, "not_loaded", TRACEPOINT));
	btf__free(other);
	btf__free(kvm);
	btf__free(base);
}

static void what_cannot_be_read_has_none(void **state)
{
	(void)state;
	btf__free(types_write("vmlinux", NULL, "btf_trace_inet_sock_set_state"));
	file_write("kvm", "no types", 8);
	assert_false(kernel_btf_has(directory, "kvm", TRACEPOINT));
	assert_false(kernel_btf_has("/nonexistent", "kvm", TRACEPOINT));
	file_write("vmlinux", "", 0);
	assert_false(kernel_btf_has(directory, "kvm", "inet_sock_set_state"));
}

static void this_kernel_has_that_of_tcp(void **state)
{
	(void)state;
	if (access(KERNEL_BTF "/vmlinux", R_OK))
		skip();
	assert_true(kernel_btf_has(KERNEL_BTF, NULL, "inet_sock_set_state"));
	assert_false(kernel_btf_has(KERNEL_BTF, NULL, "there_is_no_such_tracepoint"));
}

static int begin(void **state)
{
	(void)state;
	return !mkdtemp(directory);
}

static int end(void **state)
{
	static const char *const names[] = {"vmlinux", "kvm", "kvm_intel"};
	char path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_found_where_it_is),
		cmocka_unit_test(what_cannot_be_read_has_none),
		cmocka_unit_test(this_kernel_has_that_of_tcp),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
