/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process that reads halves for a collector: started when it is asked, and again if it ended.
 */
#include "collect/judge.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <json-c/json.h>

#include "base/diag.h"
#include "base/time.h"
#include "sandbox/privileges.h"

#define PATIENCE_MS 60000 /* for a group */
#define GROUPS_MOST 10000 /* then another one begins, with memory as at first */
#define ANSWER_MAX  (64u << 20)
#define READ_BYTES  65536

struct judge {
	pid_t pid; /* 0: none */
	int in, out;
	size_t groups;
	char *bytes; /* of its answer so far */
	size_t used, room;
};

struct judge *judge_new(void)
{
	struct judge *judge = calloc(1, sizeof(*judge));

	if (judge)
		judge->in = judge->out = -1;
	return judge;
}

static void judge_end(struct judge *judge)
{
	if (!judge->pid)
		return;
	close(judge->in);
	close(judge->out);
	kill(judge->pid, SIGKILL);
	while (waitpid(judge->pid, NULL, 0) < 0 && errno == EINTR)
		;
	judge->pid = 0;
}

void judge_free(struct judge *judge)
{
	if (!judge)
		return;
	judge_end(judge);
	free(judge->bytes);
	free(judge);
}

/* What it says of a hostile half would name no file that there is. */
static int judge_spawn(struct judge *judge, int in, int out)
{
	char *const argv[] = {(char *)"migtrace-fleet", (char *)"judge", NULL};
	posix_spawn_file_actions_t actions;
	int err;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	err = posix_spawn(&judge->pid, "/proc/self/exe", &actions, NULL, argv,
			  privileges_environment());
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		judge->pid = 0;
	return -err;
}

static int judge_begin(struct judge *judge)
{
	int in[2], out[2], err;

	if (judge->groups >= GROUPS_MOST)
		judge_end(judge);
	if (judge->pid)
		return 0;
	if (pipe2(in, O_CLOEXEC))
		return -errno;
	if (pipe2(out, O_CLOEXEC)) {
		err = -errno;
		close(in[0]);
		close(in[1]);
		return err;
	}
	err = judge_spawn(judge, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	judge->in = in[1];
	judge->out = out[0];
	judge->groups = 0;
	if (err) {
		close(judge->in);
		close(judge->out);
		diag("the process that reads halves cannot be started: %s", strerror(-err));
	}
	return err;
}

/* It reads all of a group before it answers. */
static int all_write(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size) {
		ssize_t put = write(fd, at, size);

		if (put < 0 && errno != EINTR)
			return -errno;
		if (put > 0) {
			at += put;
			size -= (size_t)put;
		}
	}
	return 0;
}

static int group_write(const struct judge *judge, const struct judge_half *halves, size_t count,
		       enum judge_wanted wanted)
{
	char head[64];
	int length = snprintf(head, sizeof(head), "%zu %d\n", count, wanted);
	int err = all_write(judge->in, head, (size_t)length);

	for (size_t i = 0; !err && i < count; i++) {
		length = snprintf(head, sizeof(head), "%zu %" PRId64 "\n", halves[i].size,
				  halves[i].began_s);
		err = all_write(judge->in, head, (size_t)length)
			      ?: all_write(judge->in, halves[i].bytes, halves[i].size);
	}
	return err;
}

static int room_make(struct judge *judge)
{
	char *bytes;

	if (judge->room - judge->used >= READ_BYTES)
		return 0;
	if (judge->room >= ANSWER_MAX)
		return -EPROTO;
	bytes = realloc(judge->bytes, 2 * judge->room + READ_BYTES);
	if (!bytes)
		return -ENOMEM;
	judge->bytes = bytes;
	judge->room = 2 * judge->room + READ_BYTES;
	return 0;
}

/* Reads some more. Returns 0 or -errno: its end, too, is none of an answer. */
static int more_read(struct judge *judge, int64_t due_ns)
{
	struct pollfd fd = {.fd = judge->out, .events = POLLIN};
	ssize_t got;
	int err = room_make(judge);

	if (err)
		return err;
	if (poll(&fd, 1, time_left_ms(due_ns, time_now_ns())) <= 0)
		return errno == EINTR ? 0 : -ETIMEDOUT;
	got = read(judge->out, judge->bytes + judge->used, judge->room - judge->used);
	if (got <= 0)
		return got < 0 && errno == EINTR ? 0 : -EPROTO;
	judge->used += (size_t)got;
	return 0;
}

/* Takes the next line, without its end, out of what was read. Returns 0 or -errno. */
static int line_take(struct judge *judge, size_t *taken, char **line, int64_t due_ns)
{
	size_t looked = *taken;
	char *end;
	int err;

	while (!(end = judge->used > looked
			       ? memchr(judge->bytes + looked, '\n', judge->used - looked)
			       : NULL)) {
		looked = judge->used;
		err = more_read(judge, due_ns);
		if (err)
			return err;
	}
	*end = '\0';
	*line = judge->bytes + *taken;
	*taken = (size_t)(end - judge->bytes) + 1;
	return 0;
}

static bool index_get(struct json_object *value, size_t count, size_t *index)
{
	if (!json_object_is_type(value, json_type_int))
		return false;
	*index = (size_t)json_object_get_int64(value);
	return *index < count;
}

static int host_take(struct json_object *line, struct judge_half *halves, size_t count)
{
	struct json_object *host, *recorder;
	size_t half;

	if (!index_get(json_object_object_get(line, "half"), count, &half) ||
	    !json_object_object_get_ex(line, "recorder", &recorder) ||
	    !json_object_object_get_ex(line, "host", &host))
		return -EPROTO;
	snprintf(halves[half].recorder, HOST_NAME, "%s", json_object_get_string(recorder) ?: "");
	snprintf(halves[half].host, HOST_NAME, "%s", json_object_get_string(host) ?: "");
	return 0;
}

static int report_take(struct json_object *line, size_t count, struct judge_answer *answer)
{
	struct json_object *of = json_object_object_get(line, "report_of");
	struct json_object *text = json_object_object_get(line, "report");
	struct judge_report *report = &answer->report[answer->count];
	size_t halves = json_object_is_type(of, json_type_array) ? json_object_array_length(of) : 0;

	if (halves < 1 || answer->count == JUDGE_HALVES)
		return -EPROTO;
	for (size_t i = 0; i < 2; i++)
		if (!index_get(json_object_array_get_idx(of, halves == 2 ? i : 0), count,
			       &report->half[i]))
			return -EPROTO;
	if (!text) /* none could be made */
		return 0;
	report->text = strdup(json_object_get_string(text));
	answer->count += report->text != NULL;
	return report->text ? 0 : -ENOMEM;
}

/* Behind the last line. */
enum { ENDED = 1, ENDED_BADLY };

/* Returns 0, one of them, or -errno. */
static int answer_line(char *text, struct judge_half *halves, size_t count,
		       struct judge_answer *answer)
{
	struct json_object *line = json_tokener_parse(text), *end;
	int err = -EPROTO;

	if (json_object_object_get_ex(line, "end", &end))
		err = json_object_get_boolean(end) ? ENDED : ENDED_BADLY;
	else if (json_object_object_get_ex(line, "half", NULL))
		err = host_take(line, halves, count);
	else if (json_object_object_get_ex(line, "report_of", NULL))
		err = report_take(line, count, answer);
	json_object_put(line);
	return err;
}

int judge_ask(struct judge *judge, struct judge_half *halves, size_t count,
	      enum judge_wanted wanted, struct judge_answer *answer)
{
	int64_t due_ns = time_now_ns() + INT64_C(1000000) * PATIENCE_MS;
	size_t taken = 0;
	char *line;
	int err = judge_begin(judge), got;

	*answer = (struct judge_answer){0};
	for (size_t i = 0; i < count; i++)
		halves[i].recorder[0] = halves[i].host[0] = '\0';
	if (err)
		return err;
	judge->groups++;
	judge->used = 0;
	err = group_write(judge, halves, count, wanted);
	if (!err)
		err = line_take(judge, &taken, &line, due_ns);
	while (!err && !(got = answer_line(line, halves, count, answer)))
		err = line_take(judge, &taken, &line, due_ns);
	if (!err && got > 0)
		return got == ENDED ? 0 : -EPROTO;
	judge_end(judge);
	return err == -ENOMEM ? err : -EPROTO;
}

void judge_answer_free(struct judge_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++)
		free(answer->report[i].text);
	answer->count = 0;
}
