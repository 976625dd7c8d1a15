/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF programs in the kernel: attached to the daemons of one host, giving events. */
#include "probe/kernel/tracer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>

#include "base/diag.h"
#include "base/pages.h"
#include "base/time.h"
#include "migtrace.skel.h"
#include "probe/host/pid_namespace.h"
#include "probe/kernel/allow.h"
#include "probe/kernel/bpf_log.h"
#include "probe/kernel/emulator.h"
#include "probe/kernel/kernel.h"
#include "probe/kernel/missed.h"
#include "probe/kernel/optional.h"
#include "probe/kernel/programs.h"
#include "probe/kernel/self_test.h"
#include "probe/kernel/sites.h"
#include "probe/kernel/sizes.h"

struct tracer {
	struct tracer_setup setup;
	struct refusals refusals;
	struct on_demand on_demand;
	struct missed kvm_missed;
	struct infos *infos;
	struct probed probed;
	uint32_t pid_namespace; /* 0: the initial one */
	struct migtrace_bpf *bpf;
	struct ring_buffer *ring;
	tracer_event_fn *fn;
	void *context;
};

static int failed(int err, const char *what)
{
	diag("%s: %s", what, strerror(-err));
	return err;
}

/* Has to be asked as often as there is an event, so that what was skipped long ago is known. */
static void kvm_look(struct tracer *tracer)
{
	missed_note(&tracer->kvm_missed, infos_missed_kvm(tracer->infos), (uint64_t)time_now_ns());
}

/* When a vCPU left KVM is only known if no such exit was skipped since: it may have
 * been the last. */
static bool is_stale_exit(struct tracer *tracer, const struct mt_event *event)
{
	if (event->kind != MT_QEMU_STEP || !event->earlier_ns)
		return false;
	kvm_look(tracer);
	return !missed_none_since(&tracer->kvm_missed, event->earlier_ns);
}

static int load_failed(int err)
{
	char reason[LOAD_REASON_SIZE];

	kernel_load_reason(err, reason);
	diag("cannot load the BPF programs: %s", reason);
	return err;
}

static int on_ring_event(void *context, void *data, size_t size)
{
	struct tracer *tracer = context;
	const struct mt_reply *reply = data;
	bool is_long = size >= sizeof(*reply) && memchr(reply->text, '\0', MT_REPLY);
	struct mt_event event = {0};

	if (size < MT_SCHED_SIZE)
		return 0;
	memcpy(&event, data, size < sizeof(event) ? size : sizeof(event));
	if (is_stale_exit(tracer, &event))
		event.earlier_ns = 0;
	tracer->fn(tracer->context, &event, is_long ? reply->text : NULL);
	return 0;
}

static void programs_set(struct tracer *tracer)
{
	optional_autoload(&tracer->refusals, tracer->bpf->obj);
	if (tracer->setup.way == ATTACH_MULTI)
		programs_for_multi(tracer->bpf->obj);
	if (tracer->setup.test_private_stack)
		program_without_tail_calls(tracer->bpf->progs.cookie_hit);
}

static int bpf_load(struct tracer *tracer)
{
	const struct tracer_setup *setup = &tracer->setup;
	int err;

	tracer->bpf = migtrace_bpf__open();
	if (!tracer->bpf)
		return -errno;
	tracer->bpf->rodata->filter_kind = setup->host.kind;
	tracer->bpf->rodata->filter_id = setup->host.id;
	tracer->bpf->rodata->qemu_netns = setup->qemu_netns;
	tracer->bpf->rodata->pid_namespace_inode = tracer->pid_namespace;
	programs_set(tracer);
	err = sizes_set(tracer->bpf->obj, (uint32_t)setup->daemons, setup->test_entries);
	return err ? err : migtrace_bpf__load(tracer->bpf);
}

/* Returns as bpf_load() does, of what can be loaded. */
static int bpf_load_most(struct tracer *tracer)
{
	int err = bpf_load(tracer);

	while (err && optional_refuse(&tracer->refusals, bpf_log())) {
		migtrace_bpf__destroy(tracer->bpf);
		err = bpf_load(tracer);
	}
	return err;
}

/* A program that was loaded for multi links cannot be attached otherwise: if need be load again. */
static int bpf_load_some_way(struct tracer *tracer)
{
	int err = bpf_load_most(tracer);
	const void *elf;
	size_t size;

	if (!err && tracer->setup.way == ATTACH_MULTI &&
	    !attach_multi_works(tracer->bpf->progs.probe_hit)) {
		migtrace_bpf__destroy(tracer->bpf);
		tracer->setup.way = ATTACH_PERF;
		err = bpf_load_most(tracer);
	}
	elf = migtrace_bpf__elf_bytes(&size);
	pages_drop(elf, size); /* the programs' file, half a megabyte, which was read */
	return err;
}

/* Without it new daemons of files that are probed already are seen all the same. */
static void exec_watch(struct tracer *tracer)
{
	tracer->bpf->links.fork_seen = bpf_program__attach(tracer->bpf->progs.fork_seen);
	tracer->bpf->links.exec_seen = bpf_program__attach(tracer->bpf->progs.exec_seen);
	if (!tracer->bpf->links.exec_seen || !tracer->bpf->links.fork_seen)
		diag("new versions of libvirt go unnoticed: %s; start migtrace again after an "
		     "upgrade",
		     strerror(errno));
}

/*
 * Without TCP's states the clocks are bounded by libvirt's and QEMU's own messages alone; without
 * KVM's exits a vCPU stops when QEMU's own thread says so, some us later.
 */
static void kernel_watch(struct tracer *tracer)
{
	struct migtrace_bpf *bpf = tracer->bpf;

	if (kernel_has_tp_btf())
		bpf->links.tcp_state = bpf_program__attach(bpf->progs.tcp_state);
	if (!bpf->links.tcp_state)
		diag("TCP connections are not seen: clock bounds are wider");
	if (kernel_has_kvm_exit())
		bpf->links.kvm_exit_seen = bpf_program__attach(bpf->progs.kvm_exit_seen);
	if (kernel_has_tsc())
		bpf->links.kvm_tsc_set = bpf_program__attach(bpf->progs.kvm_tsc_set);
}

static int self_test_attach(struct tracer *tracer)
{
	struct points *points = self_test_points();
	int err = points ? site_put(tracer->bpf->maps.sites, SITE_SELF_TEST, &points->point[0].site)
			 : -ENOMEM;

	if (!err)
		err = attach_points(&tracer->probed.self_test, tracer->setup.way,
				    tracer->bpf->progs.probe_hit, SELF_TEST_FILE, points,
				    SITE_SELF_TEST);
	free(points);
	return err;
}

/* Whether a hit can disturb another is not concluded from the kernel's version, but tried. */
static int tracer_test(struct tracer *tracer)
{
	const char *why;
	int err = self_test_attach(tracer);

	if (err)
		return failed(err, "cannot test the BPF programs");
	self_test_run();
	why = self_test_verdict(tracer->bpf->bss->frames_seen, tracer->bpf->bss->frames_on_stack);
	if (!why && tracer->pid_namespace && !tracer->bpf->bss->pid_namespace)
		why = "this kernel does not show the BPF programs the PID namespace that we are in";
	if (!why)
		return 0;
	diag("%s: nothing is attached", why);
	return -EOPNOTSUPP;
}

/* Without it what a thread or process leaves behind stays, until there is no room. */
static int exit_watch(struct tracer *tracer)
{
	tracer->bpf->links.exit_seen = bpf_program__attach(tracer->bpf->progs.exit_seen);
	return tracer->bpf->links.exit_seen ? 0 : failed(-errno, "cannot see processes end");
}

static int tracer_open(struct tracer *tracer)
{
	int err = bpf_load_some_way(tracer);

	if (!err)
		err = names_allow(tracer->bpf->maps.commands, tracer->bpf->maps.monitor_events);
	if (err)
		return load_failed(err);
	tracer->ring = ring_buffer__new(bpf_map__fd(tracer->bpf->maps.events), on_ring_event,
					tracer, NULL);
	if (!tracer->ring || ring_buffer__add(tracer->ring, bpf_map__fd(tracer->bpf->maps.switches),
					      on_ring_event, tracer))
		return failed(-errno, "cannot map the ring buffer");
	tracer->infos = infos_new(tracer->bpf->obj, tracer->bpf->progs.kvm_exit_seen);
	if (!tracer->infos)
		return failed(-ENOMEM, "tracer");
	err = tracer_test(tracer) ?: exit_watch(tracer);
	if (err)
		return err;
	exec_watch(tracer);
	kernel_watch(tracer);
	on_demand_try(&tracer->on_demand, &tracer->refusals, tracer->bpf, &tracer->probed,
		      tracer->setup.way);
	return 0;
}

int tracer_new(const struct tracer_setup *setup, struct tracer **result)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	int err;

	if (!tracer)
		return failed(-ENOMEM, "tracer");
	bpf_log_begin();
	tracer->setup = *setup;
	tracer->probed.sites = setup->test_sites ?: MT_SITES_MAX;
	err = pid_namespace_get(&tracer->pid_namespace);
	if (!err)
		err = tracer_open(tracer);
	if (err)
		tracer_free(tracer);
	else
		*result = tracer;
	return err;
}

enum attach_way tracer_way(const struct tracer *tracer)
{
	return tracer->setup.way;
}

bool tracer_watches(const struct tracer *tracer)
{
	return tracer->bpf->links.exec_seen;
}

bool tracer_sees_tcp(const struct tracer *tracer)
{
	return tracer->bpf->links.tcp_state;
}

bool tracer_sees_kvm(const struct tracer *tracer)
{
	return tracer->bpf->links.kvm_exit_seen;
}

struct on_demand *tracer_on_demand(struct tracer *tracer)
{
	return &tracer->on_demand;
}

struct probed *tracer_probed(struct tracer *tracer)
{
	return &tracer->probed;
}

int tracer_probe(struct tracer *tracer, const struct daemon_file *file, struct points *points,
		 uint16_t *number)
{
	struct probed_file *probed = probed_add(&tracer->probed, file);
	int first = probed ? sites_get(&tracer->probed, tracer->bpf->maps.sites, points, number)
			   : -ENOSPC;
	char path[DAEMON_FILE_PATH];
	int err;

	if (first < 0) {
		probed_remove(&tracer->probed, probed);
		return first;
	}
	err = attach_points(&probed->attachments, tracer->setup.way, tracer->bpf->progs.probe_hit,
			    fd_path(file->fd, path), points, (uint32_t)first);
	if (err) {
		diag("%s: cannot attach the BPF programs: %s", file->name, strerror(-err));
		return err;
	}
	probed_attached(&tracer->probed, probed, *number);
	probed_arm(&tracer->probed, *number, points);
	emulator_note(tracer->bpf->maps.emulators, file);
	return 0;
}

int tracer_fd(const struct tracer *tracer)
{
	return ring_buffer__epoll_fd(tracer->ring);
}

int tracer_consume(struct tracer *tracer, tracer_event_fn *fn, void *context)
{
	tracer->fn = fn;
	tracer->context = context;
	kvm_look(tracer);
	return ring_buffer__consume(tracer->ring);
}

struct tracer_counts tracer_counts(const struct tracer *tracer)
{
	return (struct tracer_counts){
		.hits = tracer->bpf->bss->hits,
		.lost = tracer->bpf->bss->lost + infos_missed(tracer->infos),
		.unreadable = tracer->bpf->bss->unreadable,
	};
}

void tracer_detach(struct tracer *tracer)
{
	tracer->bpf->bss->has_ended = 1;
	disk_programs_detach(&tracer->on_demand.subjects.disk);
	probed_detach(&tracer->probed);
}

void tracer_leave(struct tracer *tracer)
{
	probed_leave(&tracer->probed);
}

void tracer_free(struct tracer *tracer)
{
	if (!tracer)
		return;
	probed_detach(&tracer->probed);
	on_demand_detach(&tracer->on_demand);
	ring_buffer__free(tracer->ring);
	infos_free(tracer->infos);
	migtrace_bpf__destroy(tracer->bpf);
	free(tracer);
}
