/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has a static function of the same name as one in the other file. */
#include "fixture.h"

__attribute__((noinline)) static int static_twin(int x)
{
	fixture_log(__func__);
	return x;
}

int TWIN(int x)
{
	return static_twin(x) + 1;
}
