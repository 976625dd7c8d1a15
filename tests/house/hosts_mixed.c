/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instants of two hosts: compiles as MIX 0 only, as the others take one host's for the other's. */
#include "core/standstill/across.h"

struct quantity hosts_mixed(const struct migration *migration, const struct clocks *clocks);

struct quantity hosts_mixed(const struct migration *migration, const struct clocks *clocks)
{
	const struct source_instants *src = &migration->source->src;
	const struct destination_instants *dst = &migration->destination->dst;

#if MIX == 0
	int64_t ns = src_span_ns(src->stopped.at, src->sent.at) +
		     dst_span_ns(dst->received.at, dst->done.at) +
		     theta_ns(src->sent.at, dst->received.at);

	return ns ? across_instants(migration, clocks, &src->stopped, &dst->done)
		  : across(migration, clocks, src->stopped.at, dst->done.at);
#elif MIX == 1
	return quantity_exact(theta_ns(dst->received.at, src->sent.at), "");
#elif MIX == 2
	return quantity_exact(src_span_ns(src->sent.at, dst->received.at), "");
#elif MIX == 3
	return quantity_exact(dst_span_ns(src->sent.at, dst->received.at), "");
#elif MIX == 4
	return across(migration, clocks, src->stopped.at, src->sent.at);
#elif MIX == 5
	return across_instants(migration, clocks, &dst->received, &dst->done);
#elif MIX == 6
	return transfer_by(dst->received.at, src->sent.at, &clocks->offset);
#endif
}
