/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF programs in the kernel: attached to the daemons of one host, giving events. */
#include "probe/tracer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>

#include "migtrace.skel.h"
#include "core/qmp.h"
#include "probe/kernel.h"

struct tracer {
	enum attach_way way;
	uint32_t qemu_netns;
	uint32_t next_site;
	struct {
		dev_t dev;
		ino_t ino;
	} known[DAEMONS_MAX];
	size_t known_count;
	struct migtrace_bpf *bpf;
	struct ring_buffer *ring;
	struct attachments attachments;
	tracer_event_fn *fn;
	void *context;
};

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static int failed(int err, const char *what)
{
	fprintf(stderr, "migtrace: %s: %s\n", what, strerror(-err));
	return err;
}

static int on_ring_event(void *context, void *data, size_t size)
{
	const struct tracer *tracer = context;
	const struct mt_reply *reply = data;
	bool is_long = size >= sizeof(*reply) && memchr(reply->text, '\0', MT_REPLY);

	if (size >= sizeof(struct mt_event))
		tracer->fn(tracer->context, data, is_long ? reply->text : NULL);
	return 0;
}

static int name_allow(struct bpf_map *map, const char *name, const void *value, size_t size)
{
	char key[MT_COMMAND] = {0};

	strncpy(key, name, sizeof(key) - 1);
	return bpf_map__update_elem(map, key, sizeof(key), value, size, BPF_ANY);
}

static int commands_allow(struct bpf_map *map)
{
	const char *name;
	int err = 0;

	for (uint16_t number = 1; !err && (name = qmp_command(number)); number++) {
		const struct mt_command command = {number, qmp_command_flags(number)};

		err = name_allow(map, name, &command, sizeof(command));
	}
	return err;
}

static int events_allow(struct bpf_map *map)
{
	const char *name;
	int err = 0;

	for (uint16_t number = 1; !err && (name = qmp_event(number)); number++)
		err = name_allow(map, name, &number, sizeof(number));
	return err;
}

static int bpf_load(struct tracer *tracer, const struct host_filter *filter)
{
	tracer->bpf = migtrace_bpf__open();
	if (!tracer->bpf)
		return -errno;
	tracer->bpf->rodata->filter_kind = filter->kind;
	tracer->bpf->rodata->filter_id = filter->id;
	tracer->bpf->rodata->qemu_netns = tracer->qemu_netns;
	bpf_program__set_autoload(tracer->bpf->progs.tcp_state, kernel_has_tp_btf());
	bpf_program__set_autoload(tracer->bpf->progs.kvm_exit_seen, kernel_has_kvm_exit());
	if (tracer->way == ATTACH_MULTI)
		bpf_program__set_expected_attach_type(
			tracer->bpf->progs.probe_hit,
			(enum bpf_attach_type)ATTACH_TYPE_UPROBE_MULTI);
	return migtrace_bpf__load(tracer->bpf);
}

/* A program that was loaded for multi links cannot be attached otherwise: if need be load again. */
static int bpf_load_some_way(struct tracer *tracer, const struct host_filter *filter)
{
	int err = bpf_load(tracer, filter);

	if (!err && tracer->way == ATTACH_MULTI &&
	    !attach_multi_works(tracer->bpf->progs.probe_hit)) {
		migtrace_bpf__destroy(tracer->bpf);
		tracer->way = ATTACH_PERF;
		err = bpf_load(tracer, filter);
	}
	return err;
}

/* Without it new daemons of files that are probed already are seen all the same. */
static void exec_watch(struct tracer *tracer)
{
	tracer->bpf->links.exec_seen = bpf_program__attach(tracer->bpf->progs.exec_seen);
	if (!tracer->bpf->links.exec_seen)
		failed(-errno, "new versions of libvirt will go unnoticed");
}

/* Without them the clocks are bounded by libvirt's and QEMU's own messages alone. */
static void tcp_watch(struct tracer *tracer)
{
	if (kernel_has_tp_btf())
		tracer->bpf->links.tcp_state = bpf_program__attach(tracer->bpf->progs.tcp_state);
	if (!tracer->bpf->links.tcp_state)
		fprintf(stderr, "migtrace: TCP connections are not seen: clock bounds are wider\n");
}

/* Without it a vCPU stops when QEMU's own thread says so, some us later. */
static void kvm_watch(struct tracer *tracer)
{
	if (kernel_has_kvm_exit())
		tracer->bpf->links.kvm_exit_seen =
			bpf_program__attach(tracer->bpf->progs.kvm_exit_seen);
}

static int tracer_open(struct tracer *tracer, const struct host_filter *filter)
{
	int err = bpf_load_some_way(tracer, filter);

	if (!err)
		err = commands_allow(tracer->bpf->maps.commands);
	if (!err)
		err = events_allow(tracer->bpf->maps.monitor_events);
	if (err)
		return failed(err, "cannot load the BPF programs");
	tracer->ring = ring_buffer__new(bpf_map__fd(tracer->bpf->maps.events), on_ring_event,
					tracer, NULL);
	if (!tracer->ring)
		return failed(-errno, "cannot map the ring buffer");
	exec_watch(tracer);
	tcp_watch(tracer);
	kvm_watch(tracer);
	return 0;
}

int tracer_new(const struct host_filter *filter, uint32_t qemu_netns, enum attach_way way,
	       struct tracer **result)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	int err;

	if (!tracer)
		return failed(-ENOMEM, "tracer");
	libbpf_set_print(silent);
	tracer->way = way;
	tracer->qemu_netns = qemu_netns;
	err = tracer_open(tracer, filter);
	if (err)
		tracer_free(tracer);
	else
		*result = tracer;
	return err;
}

enum attach_way tracer_way(const struct tracer *tracer)
{
	return tracer->way;
}

bool tracer_watches(const struct tracer *tracer)
{
	return tracer->bpf->links.exec_seen;
}

bool tracer_knows(const struct tracer *tracer, const struct daemon_file *file)
{
	for (size_t i = 0; i < tracer->known_count; i++)
		if (tracer->known[i].ino == file->ino && tracer->known[i].dev == file->dev)
			return true;
	return false;
}

static int sites_fill(struct tracer *tracer, const struct points *points)
{
	int err = 0;

	if (tracer->next_site + points->count > MT_SITES_MAX)
		return -E2BIG;
	for (uint32_t i = 0; !err && i < points->count; i++) {
		uint32_t key = tracer->next_site + i;

		err = bpf_map__update_elem(tracer->bpf->maps.sites, &key, sizeof(key),
					   &points->point[i].site, sizeof(struct mt_site), BPF_ANY);
	}
	return err;
}

int tracer_probe(struct tracer *tracer, const struct daemon_file *file, struct points *points,
		 uint16_t *number)
{
	char path[DAEMON_FILE_PATH];
	int err;

	if (tracer->known_count == DAEMONS_MAX)
		return failed(-E2BIG, "too many versions of libvirt");
	tracer->known[tracer->known_count].dev = file->dev;
	tracer->known[tracer->known_count++].ino = file->ino;
	*number = (uint16_t)tracer->known_count;
	points_set_target(points, *number);
	err = sites_fill(tracer, points);
	if (!err)
		err = attach_points(&tracer->attachments, tracer->way, tracer->bpf->progs.probe_hit,
				    fd_path(file->fd, path), points, tracer->next_site);
	tracer->next_site += (uint32_t)points->count;
	return err ? failed(err, "cannot attach the BPF programs") : 0;
}

int tracer_fd(const struct tracer *tracer)
{
	return ring_buffer__epoll_fd(tracer->ring);
}

int tracer_consume(struct tracer *tracer, tracer_event_fn *fn, void *context)
{
	tracer->fn = fn;
	tracer->context = context;
	return ring_buffer__consume(tracer->ring);
}

struct tracer_counts tracer_counts(const struct tracer *tracer)
{
	return (struct tracer_counts){
		.hits = tracer->bpf->bss->hits,
		.lost = tracer->bpf->bss->lost,
		.unreadable = tracer->bpf->bss->unreadable,
	};
}

void tracer_detach(struct tracer *tracer)
{
	tracer->bpf->bss->has_ended = 1;
	attachments_detach(&tracer->attachments);
}

void tracer_free(struct tracer *tracer)
{
	if (!tracer)
		return;
	attachments_detach(&tracer->attachments);
	ring_buffer__free(tracer->ring);
	migtrace_bpf__destroy(tracer->bpf);
	free(tracer);
}
