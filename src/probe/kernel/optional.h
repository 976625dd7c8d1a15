/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that are attached by BTF, and can be done without. */
#ifndef MIGTRACE_PROBE_KERNEL_OPTIONAL_H
#define MIGTRACE_PROBE_KERNEL_OPTIONAL_H

#include <stdbool.h>
#include <bpf/libbpf.h>

enum optional {
	OPTIONAL_TCP,
	OPTIONAL_KVM,
	OPTIONAL_TSC,
	OPTIONAL_SCHED, /* two, of which one without the other says nothing */
	OPTIONAL_NET,	/* four, the same */
	OPTIONAL_VCPUS, /* two, the same */
	OPTIONAL,
};

#define OPTIONAL_PROGRAMS 4 /* of one of them, at most */

/* {0}: none was refused by the kernel, which the rest must not suffer from. */
struct refusals {
	bool is_refused[OPTIONAL];
};

/* Returns whether the kernel has what they are attached to, and has not refused them. */
bool optional_may(const struct refusals *refusals, enum optional optional);

/* Has those loaded that may be. */
void optional_autoload(const struct refusals *refusals, const struct bpf_object *object);

/* Of those programs that would see so much that they are attached only while something migrates. */
struct optional_links {
	const struct bpf_object *object;
	enum optional optional;
	bool can; /* be attached */
	bool is_attached;
	struct bpf_link *link[OPTIONAL_PROGRAMS];
};

/* Fills them in, and tries whether they can be attached, which they are not then. */
void optional_try(struct optional_links *links, const struct refusals *refusals,
		  const struct bpf_object *object, enum optional optional);

/* Attaches all of them, or none. Returns whether they are attached. */
bool optional_attach(struct optional_links *links);

/* Detaches them, the last one first. */
void optional_detach(struct optional_links *links);

/* Returns whether it was one of them that was not loaded, and not tried before, by libbpf's log. */
bool optional_refuse(struct refusals *refusals, const char *log);

#endif
