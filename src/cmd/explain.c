/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace explain: what a finding of a report means, and what helps. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/diag.h"
#include "cmd/commands.h"
#include "core/account/finding.h"
#include "report/finding_page.h"

/* Returns the finding of that code, or of that name; or NULL. */
static const struct finding *finding_named(const char *word)
{
	const struct finding *finding;

	for (size_t i = 0; (finding = finding_at(i)); i++)
		if (!strcasecmp(word, finding->code) || !strcmp(word, finding->name))
			return finding;
	return NULL;
}

enum status cmd_explain(const struct options *options)
{
	const struct finding *finding;

	if (options->file_count > 1) {
		diag("explain takes one code, or none");
		return STATUS_USAGE;
	}
	if (!options->file_count) {
		finding_list(stdout);
		return STATUS_OK;
	}
	finding = finding_named(options->files[0]);
	if (!finding) {
		diag("%s: no such finding; `migtrace explain' lists all", options->files[0]);
		return STATUS_USAGE;
	}
	finding_page(stdout, finding);
	return STATUS_OK;
}
