/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reading ELF files claims: all is where the kernel and readelf see it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <asm/ptrace.h>

#include "probe/elf/image.h"
#include "probe/elf/sdt.h"
#include "probe/elf/symbols.h"

#define LIBVIRT		 "/usr/lib/x86_64-linux-gnu/"
#define DRIVER		 LIBVIRT "libvirt/connection-driver/libvirt_driver_qemu.so"
#define DRIVER_BUILD_ID	 "3bf74c7e45cdb1958dafc1912cd8567d96f1194c"
#define LIBRARY		 LIBVIRT "libvirt.so.0"
#define LIBRARY_BUILD_ID "ed70d3d961c73950e65dd965330d6dcba75e62a4"

#define FIXTURE	      FIXTURES "O2.so"
#define STRIPPED      FIXTURES "O2.stripped.so"
#define SITES	      4
#define REG(name)     offsetof(struct pt_regs, name)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct image *opened(const char *path)
{
	struct image *image = image_open(path);

	assert_non_null(image);
	return image;
}

static uint64_t symbol_in(const char *path, const char *name)
{
	struct image *image = opened(path);
	uint64_t address = 0, offset = 0;

	assert_int_equal(symbol_function(image, name, &address), 0);
	assert_int_equal(image_code_offset(image, address, &offset), 0);
	image_close(image);
	return offset;
}

/* Where the kernel says that the address is in its file: what a uprobe there goes by. */
static uint64_t mapped_offset(const void *address)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uint64_t start, end, offset, at = (uintptr_t)address;
	char line[512];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &start, &end, &offset) ==
			    3 &&
		    at >= start && at < end) {
			fclose(maps);
			return at - start + offset;
		}
	}
	fclose(maps);
	fail_msg("%p is not mapped", address);
	return 0;
}

/* The same for what the fixture exports under that name. */
static uint64_t loaded_offset(const char *name)
{
	void *handle = dlopen(STRIPPED, RTLD_NOW), *address;
	uint64_t offset;

	assert_non_null(handle);
	address = dlsym(handle, name);
	assert_non_null(address);
	offset = mapped_offset(address);
	dlclose(handle);
	return offset;
}

static void symbols_are_where_the_kernel_maps_them(void **state)
{
	static const char *const exported[] = {"fixture_log", "fixture_exported", "fixture_tail"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(exported); i++) {
		assert_int_equal(symbol_in(STRIPPED, exported[i]), loaded_offset(exported[i]));
		assert_int_equal(symbol_in(FIXTURE, exported[i]), loaded_offset(exported[i]));
	}
}

static void build_id_is_read_and_never_cut(void **state)
{
	struct image *image = opened(STRIPPED);
	char text[IMAGE_BUILD_ID_TEXT];

	(void)state;
	assert_int_equal(image_build_id(image, text, sizeof(text)), 0);
	assert_string_equal(text, "0123456789abcdef");
	assert_int_equal(image_build_id(image, text, 17), 0);
	assert_int_equal(image_build_id(image, text, 16), -ENOSPC);
	assert_int_equal(image_build_id(image, text, 0), -ENOSPC);
	image_close(image);
}

static int sdt_in(const char *path, const char *name, struct sdt_probe *sites)
{
	struct image *image = opened(path);
	int count = image_sdt(image, "fixture", name, sites, SITES);

	image_close(image);
	return count;
}

static void assert_arg(const struct mt_arg *arg, struct mt_arg expected)
{
	assert_int_equal(arg->where, expected.where);
	assert_int_equal(arg->regs_offset, expected.regs_offset);
	assert_int_equal(arg->size, expected.size);
	assert_int_equal(arg->is_signed, expected.is_signed);
	assert_int_equal(arg->value, expected.value);
}

static void sdt_site_and_semaphore_are_where_the_kernel_maps_them(void **state)
{
	struct sdt_probe sites[SITES];

	(void)state;
	assert_int_equal(sdt_in(STRIPPED, "bare", sites), 1);
	assert_int_equal(sites[0].file_offset, loaded_offset("fixture_site_bare"));
	assert_int_equal(sites[0].semaphore_offset, 0);
	assert_int_equal(sites[0].args, 0);
	assert_int_equal(sdt_in(STRIPPED, "guarded", sites), 1);
	assert_int_equal(sites[0].file_offset, loaded_offset("fixture_site_guarded"));
	assert_int_equal(sites[0].semaphore_offset, loaded_offset("fixture_semaphore"));
}

static void sdt_addresses_that_prelink_shifted_are_shifted_back(void **state)
{
	struct sdt_probe sites[SITES];

	(void)state;
	assert_int_equal(sdt_in(STRIPPED, "prelinked", sites), 1);
	assert_int_equal(sites[0].file_offset, loaded_offset("fixture_site_prelinked"));
	assert_int_equal(sites[0].semaphore_offset, loaded_offset("fixture_semaphore"));
}

static void sdt_probe_of_another_provider_is_not_given(void **state)
{
	struct image *image = opened(STRIPPED);
	struct sdt_probe sites[SITES];

	(void)state;
	assert_int_equal(image_sdt(image, "stranger", "bare", sites, SITES), 1);
	assert_int_equal(sites[0].file_offset, loaded_offset("fixture_site_stranger"));
	assert_int_equal(image_sdt(image, "nobody", "bare", sites, SITES), 0);
	assert_int_equal(image_sdt(image, "fixture", "absent", sites, SITES), 0);
	image_close(image);
}

static void sdt_probe_has_all_its_sites_or_an_error(void **state)
{
	struct image *image = opened(STRIPPED);
	struct sdt_probe sites[SITES];

	(void)state;
	assert_int_equal(image_sdt(image, "fixture", "copied", sites, 2), 2);
	assert_int_equal(sites[0].file_offset, loaded_offset("fixture_site_copy1"));
	assert_int_equal(sites[1].file_offset, loaded_offset("fixture_site_copy2"));
	assert_arg(&sites[1].arg[0], (struct mt_arg){REG(rsp), MT_ARG_MEMORY, 8, 0, {0}, 16});
	assert_int_equal(image_sdt(image, "fixture", "copied", sites, 1), -E2BIG);
	assert_int_equal(image_sdt(image, "fixture", "copied", sites, 0), -E2BIG);
	image_close(image);
}

static void sdt_registers_of_every_width_are_read(void **state)
{
	static const struct mt_arg expected[] = {
		{REG(rax), MT_ARG_REGISTER, 8, 0, {0}, 0},
		{REG(rbx), MT_ARG_REGISTER, 4, 1, {0}, 0},
		{REG(rcx), MT_ARG_REGISTER, 2, 0, {0}, 0},
		{REG(r8), MT_ARG_REGISTER, 1, 0, {0}, 0},
		{REG(r15), MT_ARG_REGISTER, 8, 0, {0}, 0},
		{REG(r10), MT_ARG_REGISTER, 4, 0, {0}, 0},
		{REG(rbp), MT_ARG_REGISTER, 2, 1, {0}, 0},
		{REG(rsi), MT_ARG_REGISTER, 1, 1, {0}, 0},
	};
	struct sdt_probe sites[SITES];

	(void)state;
	assert_int_equal(sdt_in(STRIPPED, "registers", sites), 1);
	assert_int_equal(sites[0].args, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_arg(&sites[0].arg[i], expected[i]);
}

static void sdt_memory_and_constants_are_read(void **state)
{
	static const struct mt_arg memory[] = {
		{REG(rbp), MT_ARG_MEMORY, 8, 0, {0}, -88},
		{REG(r14), MT_ARG_MEMORY, 4, 0, {0}, 8},
		{REG(rsp), MT_ARG_MEMORY, 8, 1, {0}, 0},
		{REG(r12), MT_ARG_MEMORY, 1, 0, {0}, 16},
	};
	static const struct mt_arg constants[] = {
		{0, MT_ARG_CONSTANT, 4, 0, {0}, 5},
		{0, MT_ARG_CONSTANT, 4, 1, {0}, -1},
		{0, MT_ARG_CONSTANT, 8, 0, {0}, 0x7fffffff},
		{0, MT_ARG_CONSTANT, 8, 1, {0}, -INT64_MAX},
	};
	struct sdt_probe sites[SITES];

	(void)state;
	assert_int_equal(sdt_in(STRIPPED, "memory", sites), 1);
	assert_int_equal(sites[0].args, 4);
	for (size_t i = 0; i < 4; i++)
		assert_arg(&sites[0].arg[i], memory[i]);
	assert_int_equal(sdt_in(STRIPPED, "constants", sites), 1);
	assert_int_equal(sites[0].args, 4);
	for (size_t i = 0; i < 4; i++)
		assert_arg(&sites[0].arg[i], constants[i]);
}

static void sdt_argument_of_another_form_is_refused(void **state)
{
	static const char *const refused[] = {"index",	  "symbol",  "too_narrow", "base_narrow",
					      "float",	  "no_size", "odd_size",   "overflow",
					      "trailing", "nine"};
	struct sdt_probe sites[SITES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(sdt_in(STRIPPED, refused[i], sites), -ENOTSUP);
}

static void sdt_site_outside_of_the_code_is_refused(void **state)
{
	struct sdt_probe sites[SITES];

	(void)state;
	assert_int_equal(sdt_in(STRIPPED, "outside", sites), -EINVAL);
	assert_int_equal(sdt_in(STRIPPED, "in_data", sites), -EINVAL);
	assert_int_equal(sdt_in(STRIPPED, "no_semaphore", sites), -EINVAL);
}

/* Opens a file of libvirt if it is the build whose addresses are known; else skips the test. */
static struct image *known_build(const char *path, const char *build_id)
{
	struct image *image = image_open(path);
	char text[IMAGE_BUILD_ID_TEXT] = "";

	if (image && !image_build_id(image, text, sizeof(text)) && !strcmp(text, build_id))
		return image;
	image_close(image);
	print_message("skipped: %s of build-id %s is not here\n", path, build_id);
	skip();
	return NULL;
}

static void libvirt_9_0_driver_probe_is_where_readelf_shows_it(void **state)
{
	struct image *image = known_build(DRIVER, DRIVER_BUILD_ID);
	struct sdt_probe sites[SITES];

	(void)state;
	assert_int_equal(image_sdt(image, "libvirt", "qemu_monitor_send_msg", sites, SITES), 1);
	assert_int_equal(sites[0].file_offset, 0x10ff9a);
	assert_int_equal(sites[0].semaphore_offset, 0x1e6a0c);
	assert_int_equal(sites[0].args, 3);
	assert_arg(&sites[0].arg[0], (struct mt_arg){REG(rbx), MT_ARG_REGISTER, 8, 0, {0}, 0});
	assert_arg(&sites[0].arg[1], (struct mt_arg){REG(rax), MT_ARG_MEMORY, 8, 0, {0}, 8});
	assert_arg(&sites[0].arg[2], (struct mt_arg){REG(rdx), MT_ARG_REGISTER, 8, 0, {0}, 0});
	image_close(image);
}

static void libvirt_9_0_library_probe_has_both_its_sites(void **state)
{
	struct image *image = known_build(LIBRARY, LIBRARY_BUILD_ID);
	struct sdt_probe sites[SITES];

	(void)state;
	assert_int_equal(image_sdt(image, "libvirt", "rpc_client_msg_tx_queue", sites, SITES), 2);
	assert_int_equal(sites[0].file_offset, 0x1e559c);
	assert_int_equal(sites[1].file_offset, 0x1e720c);
	assert_int_equal(sites[0].args, 8);
	assert_int_equal(sites[1].args, 8);
	image_close(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(symbols_are_where_the_kernel_maps_them),
		cmocka_unit_test(build_id_is_read_and_never_cut),
		cmocka_unit_test(sdt_site_and_semaphore_are_where_the_kernel_maps_them),
		cmocka_unit_test(sdt_addresses_that_prelink_shifted_are_shifted_back),
		cmocka_unit_test(sdt_probe_of_another_provider_is_not_given),
		cmocka_unit_test(sdt_probe_has_all_its_sites_or_an_error),
		cmocka_unit_test(sdt_registers_of_every_width_are_read),
		cmocka_unit_test(sdt_memory_and_constants_are_read),
		cmocka_unit_test(sdt_argument_of_another_form_is_refused),
		cmocka_unit_test(sdt_site_outside_of_the_code_is_refused),
		cmocka_unit_test(libvirt_9_0_driver_probe_is_where_readelf_shows_it),
		cmocka_unit_test(libvirt_9_0_library_probe_has_both_its_sites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
