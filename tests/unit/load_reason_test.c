// SPDX-License-Identifier: GPL-2.0-or-later
/* Why programs are not loaded, as kernels and libbpf say it: one line that names the cause. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/bpf.h>
#include <cmocka.h>

#include "probe/kernel/load_reason.h"

#define PROGRAM_LOG(text)                                                                          \
	"libbpf: prog 'probe_hit': BPF program load failed: Invalid argument\n"                    \
	"libbpf: prog 'probe_hit': -- BEGIN PROG LOAD LOG --\n" text                               \
	"processed 27 insns (limit 1000000) max_states_per_insn 0 total_states 1\n"                \
	"-- END PROG LOAD LOG --\n"                                                                \
	"libbpf: prog 'probe_hit': failed to load: -22\n"                                          \
	"libbpf: failed to load object 'migtrace_bpf'\n"

/* A kernel on which all is well but what the log says. */
static struct load_facts facts(int err, const char *log)
{
	return (struct load_facts){
		.err = err, .log = log, .lockdown = "", .has_sysfs = true, .has_btf = true};
}

static void reason_is(const struct load_facts *facts, const char *expected)
{
	char reason[LOAD_REASON_SIZE];

	load_reason(facts, reason);
	assert_string_equal(reason, expected);
}

static void a_helper_by_the_version_that_brought_it(void **state)
{
	(void)state;
	static const char expected[] =
		"the kernel lacks bpf_get_attach_cookie: it needs Linux 5.15";
	static const char *const logs[] = {
		PROGRAM_LOG("3: (85) call bpf_get_attach_cookie#174\n"
			    "unknown func bpf_get_attach_cookie#174\n"),
		PROGRAM_LOG("3: (85) call unknown#174\ninvalid func unknown#174\n"),
		PROGRAM_LOG("program of this type cannot use helper bpf_get_attach_cookie#174\n"),
	};

	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		const struct load_facts old = facts(-EINVAL, logs[i]);

		reason_is(&old, expected);
	}
}

/* 5.10 refuses the programs' types before it comes to what they call. */
static void helper_that_no_log_names_is_named(void **state)
{
	struct load_facts old =
		facts(-EINVAL, PROGRAM_LOG("number of funcs in func_info doesn't match\n"));

	(void)state;
	old.helper = BPF_FUNC_get_attach_cookie;
	reason_is(&old, "the kernel lacks bpf_get_attach_cookie: it needs Linux 5.15");
}

static void a_helper_that_is_in_no_table(void **state)
{
	(void)state;
	const struct load_facts old = facts(-EINVAL, PROGRAM_LOG("invalid func unknown#4711\n"));

	reason_is(&old, "the kernel lacks BPF helper 4711");
}

static void lockdown_before_what_follows_from_it(void **state)
{
	(void)state;
	struct load_facts locked =
		facts(-EINVAL, PROGRAM_LOG("unknown func bpf_probe_read_kernel#113\n"));

	reason_is(&locked, "bpf_probe_read_kernel is refused: older than Linux 5.5, or "
			   "lockdown=confidentiality");
	locked.lockdown = "none integrity [confidentiality]\n";
	reason_is(&locked, "lockdown=confidentiality: BPF must not read the kernel's memory");
	locked.lockdown = "none [integrity] confidentiality\n";
	locked.log = PROGRAM_LOG("R1 type=scalar expected=fp\n");
	reason_is(&locked, "the verifier refuses: R1 type=scalar expected=fp");
}

static void no_types_of_the_kernel(void **state)
{
	(void)state;
	struct load_facts none =
		facts(-ESRCH, "libbpf: kernel BTF is missing at '/sys/kernel/btf/vmlinux'\n"
			      "libbpf: failed to find valid kernel BTF\n"
			      "libbpf: Error loading vmlinux BTF: -3\n");

	none.has_btf = false;
	reason_is(&none, "no BTF: the kernel was built without CONFIG_DEBUG_INFO_BTF");
	none.has_sysfs = false;
	reason_is(&none, "no BTF: /sys is not mounted here");
}

static void rights(void **state)
{
	(void)state;
	struct load_facts lacking = facts(-EPERM, "");

	reason_is(&lacking, "Operation not permitted");
	lacking.capability = "CAP_BPF to load BPF programs";
	reason_is(&lacking, "this needs CAP_BPF to load BPF programs");
}

static void memory_that_may_be_locked(void **state)
{
	(void)state;
	const struct load_facts limited = facts(
		-EPERM, "libbpf: map 'events': failed to create: Operation not permitted(-1)\n"
			"libbpf: permission error while running as root; try raising 'ulimit -l'? "
			"current value: 64.0 KiB\n");

	reason_is(&limited,
		  "RLIMIT_MEMLOCK is too small for the maps (ulimit -l); Linux 5.11 needs none");
}

static void a_map_or_a_function_that_the_kernel_lacks(void **state)
{
	(void)state;
	const struct load_facts map =
		facts(-EINVAL, "libbpf: map 'events': failed to create: Invalid argument(-22)\n");
	const struct load_facts function = facts(
		-ESRCH, "libbpf: extern (func ksym) 'bpf_preempt_disable': not found in kernel or "
			"module BTFs\n");

	reason_is(&map, "map 'events': failed to create: Invalid argument(-22)");
	reason_is(&function, "extern (func ksym) 'bpf_preempt_disable': not found in kernel or "
			     "module BTFs");
}

static void the_verifiers_last_lines(void **state)
{
	(void)state;
	const struct load_facts refused =
		facts(-EACCES, PROGRAM_LOG("0: R1=ctx() R10=fp0\n12: (79) r1 = *(u64 *)(r0 +0)\n"
					   "R0 invalid mem \33[2Jaccess 'map_value_or_null'\n"));

	reason_is(&refused, "the verifier refuses: 12: (79) r1 = *(u64 *)(r0 +0); R0 invalid mem "
			    " [2Jaccess 'map_value_or_null'");
}

static void logs_of_any_size_and_bytes(void **state)
{
	(void)state;
	static char log[1 << 16];
	struct load_facts any = facts(-EINVAL, log);
	char reason[LOAD_REASON_SIZE];

	strcpy(log, "-- BEGIN PROG LOAD LOG --\n");
	memset(log + strlen(log), 'x', sizeof(log) - 100);
	strcpy(log + sizeof(log) - 100, "\n-- END PROG LOAD LOG --\n");
	load_reason(&any, reason);
	assert_int_equal(strlen(reason), LOAD_REASON_SIZE - 1);
	strcpy(log, "-- BEGIN PROG LOAD LOG --\n-- END PROG LOAD LOG");
	reason_is(&any, "Invalid argument");
	strcpy(log, "-- BEGIN PROG LOAD LOG --\nprocessed 1 insns\n-- END PROG LOAD LOG");
	reason_is(&any, "Invalid argument");
	strcpy(log, "-- END PROG LOAD LOG");
	reason_is(&any, "Invalid argument");
	strcpy(log, "unknown func #");
	reason_is(&any, "Invalid argument");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(helper_that_no_log_names_is_named),
		cmocka_unit_test(a_helper_by_the_version_that_brought_it),
		cmocka_unit_test(a_helper_that_is_in_no_table),
		cmocka_unit_test(lockdown_before_what_follows_from_it),
		cmocka_unit_test(no_types_of_the_kernel),
		cmocka_unit_test(rights),
		cmocka_unit_test(memory_that_may_be_locked),
		cmocka_unit_test(a_map_or_a_function_that_the_kernel_lacks),
		cmocka_unit_test(the_verifiers_last_lines),
		cmocka_unit_test(logs_of_any_size_and_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
