/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's numbers of a migration, as files that the user gives have them. */
#include "cmd/numbers.h"

#include "report/virsh_stats.h"

int numbers_given(const char *source, const char *destination, struct numbers given[2],
		  struct account_request *request)
{
	const char *const paths[] = {source, destination};
	int err = 0;

	for (size_t i = 0; i < 2 && !err; i++) {
		if (!paths[i])
			continue;
		given[i] = (struct numbers){0};
		err = reported_read(paths[i], &given[i].reported);
		request->numbers[i] = &given[i];
	}
	return err;
}
