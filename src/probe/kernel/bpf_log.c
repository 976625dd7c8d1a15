/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libbpf and the kernel's verifier say, kept instead of printed. */
#include "probe/kernel/bpf_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>

#define KEPT_MAX (64u << 10)

/* libbpf's callback has no context. */
static char kept[KEPT_MAX + 1];
static size_t kept_len;

/* The end is what matters: there the verifier says why. */
static void keep(const char *text, size_t len)
{
	if (len > KEPT_MAX) {
		text += len - KEPT_MAX;
		len = KEPT_MAX;
	}
	if (kept_len + len > KEPT_MAX) {
		size_t excess = kept_len + len - KEPT_MAX;

		memmove(kept, kept + excess, kept_len - excess);
		kept_len -= excess;
	}
	memcpy(kept + kept_len, text, len);
	kept_len += len;
	kept[kept_len] = '\0';
}

__attribute__((format(printf, 2, 0))) static int on_print(enum libbpf_print_level level,
							  const char *format, va_list args)
{
	char *text;
	int len;

	if (level == LIBBPF_DEBUG)
		return 0;
	len = vasprintf(&text, format, args);
	if (len < 0)
		return 0;
	keep(text, (size_t)len);
	free(text);
	return len;
}

void bpf_log_begin(void)
{
	kept_len = 0;
	kept[0] = '\0';
	libbpf_set_print(on_print);
}

const char *bpf_log(void)
{
	return kept;
}
