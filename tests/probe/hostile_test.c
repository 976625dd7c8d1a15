/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What finding probe addresses claims for hostile files: refused or in range, no crash, no hang. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <asm/ptrace.h>

#include "probe/elf/debug_file.h"
#include "probe/elf/image.h"
#include "probe/find/resolve.h"
#include "probe/elf/sdt.h"

#define FIXTURE	  FIXTURES "O2.so"
#define STRIPPED  FIXTURES "O2.stripped.so"
#define MINI	  FIXTURES "mini.so"
#define SITES	  4
#define COPY_MAX  (1 << 20)
#define SPOILT	  2000
#define CPU_MAX_S 120 /* for all hostile copies together; they take about one */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *const names[] = {
	"fixture_exported",   "fixture_log",  "fixture_tail", "static_called", "static_callback",
	"static_tail",	      "static_split", "static_cold",  "static_both",   "static_frameless",
	"static_shared_cold", "static_twin",  "inlined_once", "inlined_twice", "absent",
};

static const char *const probes[] = {
	"bare",	   "registers", "memory",	"constants", "guarded", "prelinked", "copied",
	"outside", "in_data",	"no_semaphore", "index",     "symbol",	"nine",	     "absent",
};

/* splitmix64: the same sequence everywhere, so that a failing seed can be replayed. */
static uint64_t random_next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* A file in memory that can be spoilt, and a path to it. */
struct copy {
	uint8_t bytes[COPY_MAX];
	size_t size;
	int fd;
	char path[32];
};

static struct copy *copy_of(const char *path)
{
	struct copy *copy = test_malloc(sizeof(*copy));
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	copy->size = fread(copy->bytes, 1, sizeof(copy->bytes), file);
	assert_true(feof(file));
	fclose(file);
	copy->fd = memfd_create("copy", MFD_CLOEXEC);
	assert_true(copy->fd >= 0);
	snprintf(copy->path, sizeof(copy->path), "/proc/self/fd/%d", copy->fd);
	return copy;
}

static void copy_write(const struct copy *copy, size_t size)
{
	assert_int_equal(ftruncate(copy->fd, 0), 0);
	assert_int_equal(pwrite(copy->fd, copy->bytes, size, 0), size);
}

static void copy_free(struct copy *copy)
{
	close(copy->fd);
	test_free(copy);
}

static Elf64_Ehdr *copy_header(struct copy *copy)
{
	return (Elf64_Ehdr *)copy->bytes;
}

static Elf64_Shdr *copy_sections(struct copy *copy)
{
	return (Elf64_Shdr *)(copy->bytes + copy_header(copy)->e_shoff);
}

static int open_error(const char *path)
{
	struct image *image = image_open(path);
	int err = image ? 0 : -errno;

	image_close(image);
	return err;
}

static int copy_open_error(const struct copy *copy)
{
	copy_write(copy, copy->size);
	return open_error(copy->path);
}

static void what_is_no_x86_64_program_is_refused_and_never_waited_for(void **state)
{
	struct copy *copy = copy_of(STRIPPED);
	char directory[] = "/tmp/image_test.XXXXXX", fifo[64];

	(void)state;
	assert_int_equal(copy_open_error(copy), 0);
	copy_header(copy)->e_machine = EM_RISCV;
	assert_int_equal(copy_open_error(copy), -ENOEXEC);
	copy_header(copy)->e_machine = EM_X86_64;
	copy_header(copy)->e_type = ET_REL;
	assert_int_equal(copy_open_error(copy), -ENOEXEC);
	copy_header(copy)->e_type = ET_DYN;
	copy_header(copy)->e_ident[EI_CLASS] = ELFCLASS32;
	assert_int_equal(copy_open_error(copy), -ENOEXEC);
	copy_free(copy);
	assert_int_equal(open_error("/nonexistent"), -ENOENT);
	assert_int_equal(open_error("/dev/zero"), -ENOEXEC);
	assert_int_equal(open_error("/"), -ENOEXEC);
	assert_non_null(mkdtemp(directory));
	snprintf(fifo, sizeof(fifo), "%s/fifo", directory);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(open_error(fifo), -ENOEXEC);
	unlink(fifo);
	rmdir(directory);
}

static void sections_that_overlap_or_leave_the_file_are_refused(void **state)
{
	struct copy *copy = copy_of(STRIPPED);
	Elf64_Shdr *sections = copy_sections(copy), saved = sections[1];

	(void)state;
	sections[1].sh_size = UINT64_MAX - 8;
	assert_int_equal(copy_open_error(copy), -ENOEXEC);
	sections[1] = saved;
	sections[1].sh_offset = UINT64_MAX - 8;
	assert_int_equal(copy_open_error(copy), -ENOEXEC);
	for (size_t i = 1; i < 4; i++) {
		sections[i].sh_offset = 0;
		sections[i].sh_size = copy->size / 2;
	}
	assert_int_equal(copy_open_error(copy), -ENOEXEC);
	copy_free(copy);
}

/* Of a file without that function for size 0. */
static bool function_is_in_range(const struct image *image, const char *name, size_t size)
{
	struct resolver *resolver = resolver_open(image, &(struct debug_place){NULL, NULL, false});
	struct resolved resolved;
	bool is_found;

	assert_non_null(resolver);
	is_found = resolver_find(resolver, &(struct sought){.name = name}, &resolved);
	resolver_close(resolver);
	return is_found ? resolved.offset < size : resolved.refusal != REFUSAL_NONE;
}

static void file_without_sections_has_its_build_id_and_nothing_else(void **state)
{
	struct copy *copy = copy_of(STRIPPED);
	struct sdt_probe sites[SITES];
	char text[IMAGE_BUILD_ID_TEXT];
	struct image *image;

	(void)state;
	copy_header(copy)->e_shnum = 0;
	copy_header(copy)->e_shoff = 0;
	copy_header(copy)->e_shstrndx = 0;
	copy_write(copy, copy->size);
	image = image_open(copy->path);
	assert_non_null(image);
	assert_int_equal(image_build_id(image, text, sizeof(text)), 0);
	assert_string_equal(text, "0123456789abcdef");
	assert_true(function_is_in_range(image, "fixture_log", 0));
	assert_true(function_is_in_range(image, "static_called", 0));
	assert_int_equal(image_sdt(image, "fixture", "bare", sites, SITES), 0);
	image_close(image);
	copy_free(copy);
}

/* The copy has these bytes once: puts others in their place. */
static void copy_replace(struct copy *copy, const char *old, const char *new, size_t size)
{
	uint8_t *at = memmem(copy->bytes, copy->size, old, size);

	assert_non_null(at);
	memcpy(at, new, size);
}

static void sdt_note_whose_strings_do_not_end_is_malformed(void **state)
{
	static const char old[] = "1@%sil", new[] = "1@%silx";
	struct copy *copy = copy_of(STRIPPED);
	struct sdt_probe sites[SITES];
	struct image *image;

	(void)state;
	copy_replace(copy, old, new, sizeof(old));
	copy_write(copy, copy->size);
	image = image_open(copy->path);
	assert_non_null(image);
	assert_int_equal(image_sdt(image, "fixture", "registers", sites, SITES), -EINVAL);
	assert_int_equal(image_sdt(image, "fixture", "bare", sites, SITES), -EINVAL);
	image_close(image);
	copy_free(copy);
}

/* What a child process did with hostile files, for its parent to tell if it died of one. */
struct progress {
	uint64_t seed; /* or size */
	size_t opened;
};

static bool sdt_is_in_range(const struct image *image, const char *name, size_t size)
{
	struct sdt_probe sites[SITES];
	int count = image_sdt(image, "fixture", name, sites, SITES);
	bool in_range = count <= SITES;

	for (int i = 0; in_range && i < count; i++) {
		in_range = sites[i].file_offset < size && sites[i].semaphore_offset < size &&
			   sites[i].args <= MT_ARGS;
		for (size_t j = 0; in_range && j < sites[i].args; j++)
			in_range = sites[i].arg[j].regs_offset <= sizeof(struct pt_regs) - 8 &&
				   sites[i].arg[j].size <= 8;
	}
	return in_range;
}

/* Asks everything of the copy's first size bytes, which may be no ELF file any more. */
static void ask_everything(const struct copy *copy, size_t size, struct progress *progress)
{
	struct image *image;
	char text[IMAGE_BUILD_ID_TEXT];
	bool in_range = true;

	if (ftruncate(copy->fd, 0) || pwrite(copy->fd, copy->bytes, size, 0) != (ssize_t)size)
		exit(1);
	image = image_open(copy->path);
	if (!image)
		return;
	for (size_t i = 0; in_range && i < ARRAY_SIZE(names); i++)
		in_range = function_is_in_range(image, names[i], size);
	for (size_t i = 0; in_range && i < ARRAY_SIZE(probes); i++)
		in_range = sdt_is_in_range(image, probes[i], size);
	if (!image_build_id(image, text, sizeof(text)) && strlen(text) >= sizeof(text))
		in_range = false;
	image_close(image);
	if (!in_range)
		exit(1);
	progress->opened++;
}

/* Runs it in a child process, that is ended if it hangs; fails with the seed that ended it. */
static size_t opened_by(void (*run)(struct progress *progress), const char *seed)
{
	struct progress *progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;
	size_t count;

	assert_ptr_not_equal(progress, MAP_FAILED);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		/* Not of the clock: a machine may be busy. */
		setrlimit(RLIMIT_CPU, &(struct rlimit){CPU_MAX_S, CPU_MAX_S});
		run(progress);
		exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		fail_msg("%s %" PRIu64 ": out of range, or died: status %#x", seed, progress->seed,
			 (unsigned int)status);
	count = progress->opened;
	munmap(progress, sizeof(*progress));
	return count;
}

static void run_cut(struct progress *progress)
{
	struct copy *copy = copy_of(FIXTURE);

	for (progress->seed = 0; progress->seed < copy->size; progress->seed += 64)
		ask_everything(copy, progress->seed, progress);
	ask_everything(copy, copy->size, progress);
	copy_free(copy);
}

static void file_cut_anywhere_gives_nothing_out_of_range(void **state)
{
	(void)state;
	assert_int_equal(opened_by(run_cut, "size"), 1);
}

/* Spoils 1 to 8 bytes; half of them in the ELF header, the segments or the section headers. */
static void copy_spoil(struct copy *copy, uint64_t *rng)
{
	uint64_t count = 1 + random_next(rng) % 8;
	size_t tables = copy->size - copy_header(copy)->e_shoff;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = random_next(rng);

		if (random_next(rng) % 2)
			at %= copy->size;
		else if (random_next(rng) % 2)
			at %= 1024;
		else
			at = copy->size - 1 - at % tables;
		copy->bytes[at] = (uint8_t)random_next(rng);
	}
}

static void run_spoilt(struct progress *progress)
{
	struct copy *wholes[] = {copy_of(FIXTURE), copy_of(STRIPPED), copy_of(MINI)};
	struct copy *copy = copy_of(FIXTURE);

	for (progress->seed = 1; progress->seed <= SPOILT; progress->seed++) {
		uint64_t rng = progress->seed;

		copy->size = wholes[rng % 3]->size;
		memcpy(copy->bytes, wholes[rng % 3]->bytes, copy->size);
		if (rng % 2)
			copy_header(copy)->e_machine = EM_AARCH64;
		copy_spoil(copy, &rng);
		ask_everything(copy, copy->size, progress);
	}
	copy_free(copy);
	copy_free(wholes[0]);
	copy_free(wholes[1]);
	copy_free(wholes[2]);
}

static void file_with_spoilt_bytes_gives_nothing_out_of_range(void **state)
{
	(void)state;
	assert_true(opened_by(run_spoilt, "seed") > SPOILT / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_x86_64_program_is_refused_and_never_waited_for),
		cmocka_unit_test(sections_that_overlap_or_leave_the_file_are_refused),
		cmocka_unit_test(file_without_sections_has_its_build_id_and_nothing_else),
		cmocka_unit_test(sdt_note_whose_strings_do_not_end_is_malformed),
		cmocka_unit_test(file_cut_anywhere_gives_nothing_out_of_range),
		cmocka_unit_test(file_with_spoilt_bytes_gives_nothing_out_of_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
