/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of libvirt and QEMU, as one line without what may be a secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "record/message.h"

static void becomes(const char *message, const char *expected)
{
	char line[MT_TEXT];

	assert_int_equal(message_clean(message, line), strlen(expected));
	assert_string_equal(line, expected);
}

static void what_is_not_secret_stays(void **state)
{
	static const char *const messages[] = {
		"guest CPU doesn't match specification: extra features: ht",
		"unable to connect to server at '192.168.77.2:16509': No route to host",
		"Cannot check QEMU binary /usr/bin/qemu-system-none: No such file or directory",
		"Length mismatch: 0000:00:03.0/e1000.rom: 0x40000 in != 0x20000: Invalid argument",
		"no domain with matching uuid 'f60c6f2c-05e6-4057-a21b-93112ae2f6b2'",
		"open /var/lib/libvirt/qemu/channel/target/Domain1: keyboard=de",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		becomes(messages[i], messages[i]);
}

static void lines_are_joined_without_their_times(void **state)
{
	(void)state;
	becomes("2026-11-25T03:43:53.123456Z qemu-system-x86_64: one\n2026-11-25T03:43:53.2Z "
		"two\n\n",
		"qemu-system-x86_64: one; two");
	becomes("a\tb\r\n  c", "a b ; c");
}

static void secrets_are_left_out(void **state)
{
	(void)state;
	becomes("cannot parse json {\"password\": \"geheim\"}: lexical error",
		"cannot parse json ...");
	becomes("bad <graphics passwd='geheim'/>", "bad ...");
	becomes("qemu+ssh://root:geheim@host/system", "qemu+ssh://...@host/system");
	becomes("-object secret,id=a,data=9eao5F8q,format=raw",
		"-object secret,id=a,data=...,format=raw");
	becomes("password='geheim wie' x", "password='... wie' x");
	becomes("Password: geheim", "Password: ...");
	becomes("got 9eao5F8qtkGt+seB1HYivWIx/zYc", "got ...");
	becomes("iv=9eao5F8qtkGt+seB1HYivWIx/zYc", "iv=...");
	becomes("key 0123456789abcdef0123456789abcdef.", "key ...");
	becomes("key 0123456789abcdef0123456789abcdef", "key ...");
}

static void long_ones_are_cut(void **state)
{
	char message[2 * MT_TEXT], line[MT_TEXT];

	(void)state;
	memset(message, 'a', sizeof(message));
	message[sizeof(message) - 1] = '\0';
	message[100] = ' ';
	assert_in_range(message_clean(message, line), 4, MT_TEXT - 1);
	assert_int_equal(strlen(line), strnlen(line, MT_TEXT - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_secret_stays),
		cmocka_unit_test(lines_are_joined_without_their_times),
		cmocka_unit_test(secrets_are_left_out),
		cmocka_unit_test(long_ones_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
