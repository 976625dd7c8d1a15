/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the resolver claims: by every way the same place, refused with the reason where not sure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/elf/debug_file.h"
#include "probe/elf/image.h"
#include "probe/find/resolve.h"
#include "probe/elf/symbols.h"

#define LIBVIRT		"/usr/lib/x86_64-linux-gnu/"
#define DRIVER		LIBVIRT "libvirt/connection-driver/libvirt_driver_qemu.so"
#define DRIVER_BUILD_ID "3bf74c7e45cdb1958dafc1912cd8567d96f1194c"

#define FIXTURE	      FIXTURES "O2.so"
#define STRIPPED      FIXTURES "O2.stripped.so"
#define BUILD_ID_FILE "/usr/lib/debug/.build-id/01/23456789abcdef.debug"
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct debug_place nowhere;

static struct resolved find_sought(const char *path, const struct debug_place *place,
				   const struct sought *sought)
{
	struct image *image = image_open(path);
	struct resolver *resolver;
	struct resolved resolved;
	bool is_found;

	assert_non_null(image);
	resolver = resolver_open(image, place);
	assert_non_null(resolver);
	is_found = resolver_find(resolver, sought, &resolved);
	assert_int_equal(is_found, resolved.refusal == REFUSAL_NONE);
	resolver_close(resolver);
	image_close(image);
	return resolved;
}

/* Whoever calls it. */
static struct resolved find(const char *path, const struct debug_place *place, const char *name)
{
	static const char *const callers[] = {"static_caller"};
	const struct sought sought = {name, callers, 1, .is_others = true};

	return find_sought(path, place, &sought);
}

/* Where the file itself has to call it. */
static struct resolved find_called(const char *path, const char *name)
{
	return find_sought(path, &nowhere, &(struct sought){.name = name});
}

static uint64_t symbol_in(const char *path, const char *name)
{
	struct image *image = image_open(path);
	uint64_t address = 0, offset = 0;

	assert_non_null(image);
	assert_int_equal(symbol_function(image, name, &address), 0);
	assert_int_equal(image_code_offset(image, address, &offset), 0);
	image_close(image);
	return offset;
}

static void assert_found(struct resolved resolved, unsigned int ways, const char *symbol)
{
	assert_int_equal(resolved.refusal, REFUSAL_NONE);
	assert_int_equal(resolved.ways, ways);
	assert_int_equal(resolved.offset, symbol_in(FIXTURE, symbol));
}

static void assert_refused(struct resolved resolved, enum refusal refusal, const char *other)
{
	assert_int_equal(resolved.refusal, refusal);
	assert_string_equal(resolved.other, other);
}

static void exported_function_is_found_by_its_tables_and_its_name_string(void **state)
{
	(void)state;
	assert_found(find(STRIPPED, &nowhere, "fixture_exported"), WAY_DYNSYM | WAY_STRING,
		     "fixture_exported");
	assert_found(find(FIXTURE, &nowhere, "fixture_exported"),
		     WAY_SYMTAB | WAY_DYNSYM | WAY_STRING, "fixture_exported");
	assert_found(find(STRIPPED, &nowhere, "fixture_tail"), WAY_DYNSYM, "fixture_tail");
}

static void static_function_is_found_by_its_name_string_alone(void **state)
{
	static const char *const found[] = {"static_called", "static_callback", "static_split",
					    "static_caller"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		assert_found(find(STRIPPED, &nowhere, found[i]), WAY_STRING, found[i]);
		assert_found(find(FIXTURE, &nowhere, found[i]), WAY_SYMTAB | WAY_STRING, found[i]);
	}
}

static void cold_part_gives_the_function_that_it_was_split_off(void **state)
{
	(void)state;
	assert_found(find(STRIPPED, &nowhere, "static_cold"), WAY_STRING, "static_cold");
	assert_found(find(STRIPPED, &nowhere, "static_both"), WAY_STRING, "static_both");
}

static void cold_part_that_cannot_be_assigned_is_refused(void **state)
{
	(void)state;
	assert_refused(find(STRIPPED, &nowhere, "static_shared_cold"), REFUSAL_REFERENCES, "");
	assert_refused(find(STRIPPED, &nowhere, "static_frameless"), REFUSAL_ENTRY, "");
	assert_refused(find(STRIPPED, &nowhere, "static_link"), REFUSAL_REFERENCES, "");
}

static void function_that_is_only_jumped_to_needs_a_symbol(void **state)
{
	(void)state;
	assert_refused(find(STRIPPED, &nowhere, "static_tail"), REFUSAL_ENTRY, "");
	assert_found(find(FIXTURE, &nowhere, "static_tail"), WAY_SYMTAB | WAY_STRING,
		     "static_tail");
}

static void name_of_several_functions_is_refused(void **state)
{
	(void)state;
	assert_refused(find(STRIPPED, &nowhere, "inlined_twice"), REFUSAL_REFERENCES, "");
	assert_refused(find(STRIPPED, &nowhere, "static_twin"), REFUSAL_REFERENCES, "");
	assert_refused(find(FIXTURE, &nowhere, "static_twin"), REFUSAL_SEVERAL, "");
}

static void inlined_function_is_refused_by_the_name_of_the_one_it_is_in(void **state)
{
	(void)state;
	assert_refused(find(STRIPPED, &nowhere, "inlined_once"), REFUSAL_INLINED,
		       "fixture_exported");
	assert_refused(find(STRIPPED, &nowhere, "inlined_static"), REFUSAL_INLINED,
		       "static_caller");
	assert_refused(find(FIXTURE, &nowhere, "inlined_static"), REFUSAL_INLINED, "static_caller");
}

static void what_no_function_is_named_is_absent(void **state)
{
	static const char *const absent[] = {"static_call",	"called",	  "_called",
					     "tatic_called",	"static_called_", "fixture_counter",
					     "fixture_imported"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
		assert_refused(find(STRIPPED, &nowhere, absent[i]), REFUSAL_ABSENT, "");
		assert_refused(find(FIXTURE, &nowhere, absent[i]), REFUSAL_ABSENT, "");
	}
}

static void clones_of_the_compiler_are_never_taken_for_the_function(void **state)
{
	(void)state;
	assert_refused(find(FIXTURE, &nowhere, "static_clone"), REFUSAL_CLONE,
		       "static_clone.constprop.0");
	assert_refused(find(FIXTURE, &nowhere, "static_headed"), REFUSAL_SPLIT,
		       "static_headed.part.0");
	assert_found(find(FIXTURE, &nowhere, "static_whole"), WAY_SYMTAB, "static_whole");
	assert_found(find(FIXTURE, &nowhere, "static_renamed"), WAY_SYMTAB | WAY_STRING,
		     "static_renamed.lto_priv.0");
	assert_found(find(FIXTURE, &nowhere, "static_promoted"), WAY_SYMTAB | WAY_STRING,
		     "static_promoted.llvm.17");
}

/* Compilers leave what is exported, also where they have inlined all calls of it. */
static void symbol_of_what_nothing_calls_is_not_believed(void **state)
{
	static const char *const called[] = {"fixture_exported", "fixture_log", "static_both"};

	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_found(find_called(STRIPPED, called[i]),
			     find(STRIPPED, &nowhere, called[i]).ways, called[i]);
	for (size_t i = 0; i < ARRAY_SIZE(called); i++)
		assert_found(find_called(FIXTURE, called[i]),
			     find(FIXTURE, &nowhere, called[i]).ways, called[i]);
	assert_found(find_called(FIXTURE, "static_tail"), WAY_SYMTAB | WAY_STRING, "static_tail");
	assert_refused(find_called(STRIPPED, "fixture_second"), REFUSAL_UNCALLED, "");
	assert_refused(find_called(FIXTURE, "fixture_recursive"), REFUSAL_UNCALLED, "");
}

/* Where a function has no name string of its own, that of what is a part of it tells as much. */
static void inner_function_shows_where_the_outer_one_was_inlined(void **state)
{
	const struct sought in_one = {.name = "fixture_exported", .inner = "inlined_once"};
	const struct sought in_two = {
		.name = "fixture_first", .is_others = true, .inner = "inlined_twice"};
	const struct sought elsewhere = {.name = "fixture_exported", .inner = "static_both"};

	(void)state;
	assert_found(find_sought(STRIPPED, &nowhere, &in_one), WAY_DYNSYM | WAY_STRING,
		     "fixture_exported");
	assert_refused(find_sought(STRIPPED, &nowhere, &in_two), REFUSAL_INLINED, "fixture_second");
	assert_refused(find_sought(STRIPPED, &nowhere, &elsewhere), REFUSAL_DISAGREE, "");
}

/* However it was compiled: what a stripped file answers is what the symbols say. */
static void stripped_file_answers_as_its_symbols_do_or_not_at_all(void **state)
{
	static const char *const variants[] = {"O0", "O2", "O3", "lto", "cet", "clang"};
	static const char *const names[] = {
		"static_called", "static_callback", "static_tail",    "static_split",
		"static_cold",	 "static_both",	    "static_caller",  "fixture_exported",
		"fixture_first", "fixture_second",  "inlined_static",
	};
	char whole[256], stripped[256];

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(variants); v++) {
		size_t found = 0;

		snprintf(whole, sizeof(whole), FIXTURES "%s.so", variants[v]);
		snprintf(stripped, sizeof(stripped), FIXTURES "%s.stripped.so", variants[v]);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			struct resolved by_string = find(stripped, &nowhere, names[i]);
			struct resolved by_symbol = find(whole, &nowhere, names[i]);

			if (by_string.refusal)
				continue;
			if (by_symbol.refusal || by_string.offset != by_symbol.offset)
				fail_msg("%s, %s: %#lx stripped, %#lx (refusal %d) whole",
					 variants[v], names[i], by_string.offset, by_symbol.offset,
					 (int)by_symbol.refusal);
			found++;
		}
		if (found < 6)
			fail_msg("%s: only %zu found", variants[v], found);
	}
}

static void symbols_packed_into_the_file_are_read(void **state)
{
	(void)state;
	assert_found(find(FIXTURES "mini.so", &nowhere, "static_called"), WAY_MINI | WAY_STRING,
		     "static_called");
	assert_found(find(FIXTURES "mini.so", &nowhere, "static_tail"), WAY_MINI | WAY_STRING,
		     "static_tail");
	assert_refused(find(FIXTURES "mini.so", &nowhere, "static_clone"), REFUSAL_CLONE,
		       "static_clone.constprop.0");
}

static void debug_file_that_is_linked_is_read_beside_the_file_or_not_at_all(void **state)
{
	const struct debug_place here = {"/", FIXTURES "linked.so", false};
	const struct debug_place elsewhere = {"/", "/nonexistent/linked.so", false};

	(void)state;
	assert_found(find(FIXTURES "linked.so", &here, "static_tail"), WAY_DEBUGLINK | WAY_STRING,
		     "static_tail");
	assert_refused(find(FIXTURES "linked.so", &elsewhere, "static_tail"), REFUSAL_ENTRY, "");
	assert_refused(find(FIXTURES "linked.so", &nowhere, "static_tail"), REFUSAL_ENTRY, "");
}

/* A root of its own, as a container has. */
static char root[] = "/tmp/resolve_test.XXXXXX";

static void root_path(char path[512], const char *name)
{
	assert_true(snprintf(path, 512, "%s%s", root, name) < 512);
}

static void copy_to(const char *from, const char *name)
{
	char path[512], bytes[4096];
	FILE *in = fopen(from, "re"), *out;
	size_t size;

	root_path(path, name);
	out = fopen(path, "we");
	assert_non_null(in);
	assert_non_null(out);
	while ((size = fread(bytes, 1, sizeof(bytes), in)))
		assert_int_equal(fwrite(bytes, 1, size, out), size);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

static void root_remove(const char *name)
{
	char path[512];

	root_path(path, name);
	remove(path);
}

static int root_make(void **state)
{
	static const char *const directories[] = {"/usr",
						  "/usr/lib",
						  "/usr/lib/debug",
						  "/usr/lib/debug/.build-id",
						  "/usr/lib/debug/.build-id/01",
						  "/lib"};
	char path[512];

	(void)state;
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		root_path(path, directories[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	return 0;
}

static int root_unmake(void **state)
{
	static const char *const names[] = {BUILD_ID_FILE,
					    "/lib/real.debug",
					    "/lib/linked.debug",
					    "/lib",
					    "/usr/lib/debug/.build-id/01",
					    "/usr/lib/debug/.build-id",
					    "/usr/lib/debug",
					    "/usr/lib",
					    "/usr",
					    ""};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		root_remove(names[i]);
	return 0;
}

static void debug_file_of_the_build_is_read_in_the_root_of_who_runs_it(void **state)
{
	const struct debug_place place = {root, "/lib/linked.so", false};

	(void)state;
	copy_to(FIXTURES "linked.debug", BUILD_ID_FILE);
	assert_found(find(STRIPPED, &place, "static_tail"), WAY_BUILD_ID | WAY_STRING,
		     "static_tail");
	copy_to(FIXTURES "linked.debug", "/lib/linked.debug");
	assert_found(find(FIXTURES "linked.so", &place, "static_tail"),
		     WAY_BUILD_ID | WAY_DEBUGLINK | WAY_STRING, "static_tail");
	root_remove("/lib/linked.debug");
}

/* "/lib" is the other root's: from there no link leads to ours. */
static void links_in_another_root_stay_in_it(void **state)
{
	const struct debug_place place = {root, NULL, false};
	char path[512], outside[512];

	(void)state;
	root_remove(BUILD_ID_FILE);
	root_path(path, BUILD_ID_FILE);
	copy_to(FIXTURES "linked.debug", "/lib/real.debug");
	assert_int_equal(symlink("/lib/real.debug", path), 0);
	assert_found(find(STRIPPED, &place, "static_tail"), WAY_BUILD_ID | WAY_STRING,
		     "static_tail");
	root_remove(BUILD_ID_FILE);
	snprintf(outside, sizeof(outside), "%s", FIXTURES "linked.debug");
	assert_int_equal(symlink(outside, path), 0);
	assert_refused(find(STRIPPED, &place, "static_tail"), REFUSAL_ENTRY, "");
	root_remove(BUILD_ID_FILE);
}

static void debug_file_of_another_build_or_checksum_is_none(void **state)
{
	const struct debug_place place = {root, "/lib/linked.so", false};

	(void)state;
	copy_to(DRIVER, BUILD_ID_FILE);
	copy_to(FIXTURES "liar.debug", "/lib/linked.debug");
	assert_refused(find(FIXTURES "linked.so", &place, "static_tail"), REFUSAL_ENTRY, "");
	root_remove(BUILD_ID_FILE);
	root_remove("/lib/linked.debug");
}

static void debug_file_that_lies_disagrees_with_what_the_file_shows(void **state)
{
	const struct debug_place place = {root, NULL, false};

	(void)state;
	copy_to(FIXTURES "liar.debug", BUILD_ID_FILE);
	assert_int_equal(find(STRIPPED, &place, "fixture_exported").refusal, REFUSAL_DISAGREE);
	assert_true(find(STRIPPED, &place, "static_called").refusal == REFUSAL_DISAGREE ||
		    find(STRIPPED, &place, "static_called").refusal == REFUSAL_INSIDE);
	root_remove(BUILD_ID_FILE);
}

static void refusal_has_words_that_name_the_other_function(void **state)
{
	struct resolved resolved = {.refusal = REFUSAL_INLINED, .other = "static_caller"};
	char text[RESOLVE_TEXT_SIZE];

	(void)state;
	refusal_text(&resolved, text);
	assert_string_equal(text, "the compiler inlined it into another (static_caller)");
	ways_text(WAY_DYNSYM | WAY_STRING, text);
	assert_string_equal(text, ".dynsym, name string");
}

static void libvirt_9_0_functions_are_where_disassembly_shows_them(void **state)
{
	static const struct {
		const char *name;
		uint64_t offset;
		unsigned int ways;
	} known[] = {
		{"qemuMigrationSrcRun", 0x1037d0, WAY_STRING},
		{"qemuMigrationSrcConfirmPhase", 0xfe520, WAY_STRING},
		{"qemuProcessHandleStop", 0x137350, WAY_STRING},
		{"qemuProcessHandleResume", 0x1382e0, WAY_STRING},
		{"qemuMigrationDstFinish", 0x1027b0, WAY_DYNSYM | WAY_STRING},
		{"qemuMigrationSrcConfirm", 0xfe8e0, WAY_DYNSYM | WAY_STRING},
		{"qemuProcessStartCPUs", 0x13ae80, WAY_DYNSYM | WAY_STRING},
		{"qemuMigrationCookieFormat", 0x109940, WAY_DYNSYM | WAY_STRING},
	};
	struct image *image = image_open(DRIVER);
	char text[IMAGE_BUILD_ID_TEXT] = "";
	struct resolved resolved;

	(void)state;
	if (!image || image_build_id(image, text, sizeof(text)) || strcmp(text, DRIVER_BUILD_ID)) {
		image_close(image);
		print_message("skipped: that build is not here\n");
		skip();
		return;
	}
	image_close(image);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		resolved = find(DRIVER, &nowhere, known[i].name);
		assert_int_equal(resolved.refusal, REFUSAL_NONE);
		assert_int_equal(resolved.offset, known[i].offset);
		assert_int_equal(resolved.ways, known[i].ways);
	}
	assert_refused(find(DRIVER, &nowhere, "qemuMigrationDstFinishFresh"), REFUSAL_INLINED,
		       "qemuMigrationDstFinish");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exported_function_is_found_by_its_tables_and_its_name_string),
		cmocka_unit_test(static_function_is_found_by_its_name_string_alone),
		cmocka_unit_test(cold_part_gives_the_function_that_it_was_split_off),
		cmocka_unit_test(cold_part_that_cannot_be_assigned_is_refused),
		cmocka_unit_test(function_that_is_only_jumped_to_needs_a_symbol),
		cmocka_unit_test(name_of_several_functions_is_refused),
		cmocka_unit_test(inlined_function_is_refused_by_the_name_of_the_one_it_is_in),
		cmocka_unit_test(what_no_function_is_named_is_absent),
		cmocka_unit_test(clones_of_the_compiler_are_never_taken_for_the_function),
		cmocka_unit_test(symbol_of_what_nothing_calls_is_not_believed),
		cmocka_unit_test(inner_function_shows_where_the_outer_one_was_inlined),
		cmocka_unit_test(stripped_file_answers_as_its_symbols_do_or_not_at_all),
		cmocka_unit_test(symbols_packed_into_the_file_are_read),
		cmocka_unit_test(debug_file_that_is_linked_is_read_beside_the_file_or_not_at_all),
		cmocka_unit_test(debug_file_of_the_build_is_read_in_the_root_of_who_runs_it),
		cmocka_unit_test(links_in_another_root_stay_in_it),
		cmocka_unit_test(debug_file_of_another_build_or_checksum_is_none),
		cmocka_unit_test(debug_file_that_lies_disagrees_with_what_the_file_shows),
		cmocka_unit_test(refusal_has_words_that_name_the_other_function),
		cmocka_unit_test(libvirt_9_0_functions_are_where_disassembly_shows_them),
	};

	return cmocka_run_group_tests(tests, root_make, root_unmake);
}
