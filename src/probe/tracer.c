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
#include "probe/image.h"
#include "core/qmp.h"

struct tracer {
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

	if (size >= sizeof(struct mt_event))
		tracer->fn(tracer->context, data);
	return 0;
}

typedef const char *name_fn(uint16_t number);

/* Lets the names through that name_of gives for 1, 2, ... */
static int names_allow(struct bpf_map *map, name_fn *name_of)
{
	const char *name;
	int err = 0;

	for (uint16_t number = 1; !err && (name = name_of(number)); number++) {
		char key[MT_COMMAND] = {0};

		memcpy(key, name, strlen(name));
		err = bpf_map__update_elem(map, key, sizeof(key), &number, sizeof(number), BPF_ANY);
	}
	return err;
}

static int bpf_load(struct tracer *tracer, const struct host_filter *filter, enum attach_way way)
{
	tracer->bpf = migtrace_bpf__open();
	if (!tracer->bpf)
		return failed(-errno, "cannot open the BPF programs");
	tracer->bpf->rodata->filter_kind = filter->kind;
	tracer->bpf->rodata->filter_id = filter->id;
	if (way == ATTACH_MULTI)
		bpf_program__set_expected_attach_type(
			tracer->bpf->progs.probe_hit,
			(enum bpf_attach_type)ATTACH_TYPE_UPROBE_MULTI);
	return migtrace_bpf__load(tracer->bpf);
}

static int maps_fill(struct tracer *tracer, const struct points *points)
{
	int err = names_allow(tracer->bpf->maps.commands, qmp_command);

	if (!err)
		err = names_allow(tracer->bpf->maps.monitor_events, qmp_event);
	for (uint32_t i = 0; !err && i < points->count; i++)
		err = bpf_map__update_elem(tracer->bpf->maps.sites, &i, sizeof(i),
					   &points->point[i].site, sizeof(struct mt_site), BPF_ANY);
	return err;
}

#define PATH_SIZE 32

/* Returns a path to the open file, for the kernel as for us, written to path. */
static const char *file_path(const struct daemon_file *file, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "/proc/self/fd/%d", file->fd);
	return path;
}

/* The first points of each file, so that its share of all points is known. */
struct shares {
	size_t first[DAEMONS_MAX + 1];
};

static int points_of_files(const struct daemons *daemons, struct points *points,
			   struct shares *shares)
{
	char path[PATH_SIZE];
	int err = 0;

	for (size_t i = 0; i < daemons->file_count && !err; i++) {
		struct image *image = image_open(file_path(&daemons->files[i], path));

		shares->first[i] = points->count;
		if (!image)
			return failed(-errno, probe_file_name(daemons->files[i].file));
		err = points_find(image, daemons->files[i].file, points);
		image_close(image);
	}
	shares->first[daemons->file_count] = points->count;
	if (err)
		return failed(err, "too many different libvirts run here");
	return points->count ? 0 : failed(-ENOENT, "nothing to probe in libvirt");
}

static int attach_files(struct tracer *tracer, const struct daemons *daemons, enum attach_way way,
			const struct points *points, const struct shares *shares)
{
	char path[PATH_SIZE];
	int err = 0;

	for (size_t i = 0; i < daemons->file_count && !err; i++) {
		size_t first = shares->first[i];

		err = attach_points(&tracer->attachments, way, tracer->bpf->progs.probe_hit,
				    file_path(&daemons->files[i], path), points->point + first,
				    shares->first[i + 1] - first, first);
	}
	return err;
}

static int load_and_attach(struct tracer *tracer, const struct host_filter *filter,
			   const struct daemons *daemons, enum attach_way way,
			   const struct points *points, const struct shares *shares)
{
	int err = bpf_load(tracer, filter, way);

	if (!err)
		err = maps_fill(tracer, points);
	if (!err)
		err = attach_files(tracer, daemons, way, points, shares);
	if (err) {
		attachments_detach(&tracer->attachments);
		migtrace_bpf__destroy(tracer->bpf);
		tracer->bpf = NULL;
	}
	return err;
}

int tracer_start(const struct host_filter *filter, const struct daemons *daemons,
		 enum attach_way way, struct points *points, struct tracer **result)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	struct shares shares;
	int err;

	if (!tracer)
		return failed(-ENOMEM, "tracer");
	libbpf_set_print(silent);
	memset(points, 0, sizeof(*points));
	err = points_of_files(daemons, points, &shares);
	if (!err) {
		err = load_and_attach(tracer, filter, daemons, way, points, &shares);
		if (way == ATTACH_MULTI && (err == -EINVAL || err == -ENOTSUP))
			err = load_and_attach(tracer, filter, daemons, ATTACH_PERF, points,
					      &shares);
		if (err)
			failed(err, "cannot attach the BPF programs");
	}
	if (!err) {
		tracer->ring = ring_buffer__new(bpf_map__fd(tracer->bpf->maps.events),
						on_ring_event, tracer, NULL);
		if (!tracer->ring)
			err = failed(-errno, "cannot map the ring buffer");
	}
	if (err) {
		tracer_free(tracer);
		return err;
	}
	*result = tracer;
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
