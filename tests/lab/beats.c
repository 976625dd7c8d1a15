/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the lab guest's heartbeats from a listening unix socket and prints when they paused. */
/*
 *   beats SOCKET [FIFO]
 *
 * What comes by the FIFO is sent to the guest, which knows what it is to do (guest/beat.c).
 *
 * The QEMUs of both hosts connect to SOCKET, so one clock (CLOCK_MONOTONIC) stamps the beats before
 * and after a migration. As soon as a pause ends, it prints
 *   START_NS END_NS LOST FROM TO BEFORE_NS
 * for each pause of more than 5 ms, for each change of the sending QEMU however short, and wherever
 * a beat was lost. START_NS is the arrival of the last beat before the pause, END_NS that of the
 * first one after it. LOST beats never came in between (modulo 65536; a guest that was started anew
 * counts from 0 again). FROM and TO number the QEMUs in the order in which they connected, from 1;
 * they differ where the guest has moved. A beat may be read late, but never before it was sent: the
 * last one before the pause was sent between BEFORE_NS, when nothing of its newline had come, and
 * START_NS, and the first one after it by END_NS. Lines that start with # are remarks:
 *   # qemu N steady NS
 * says that QEMU number N has sent its 20th beat, and
 *   # rounds NS COUNT
 * how often a guest that counts had gone round in its loop (modulo 2^32), as that was read, and
 *   # clock BEFORE_NS NS N TICKS
 * what the clock of a guest that tells it was on QEMU number N, in units of 4096 (modulo 2^28): it
 * looked at it after BEFORE_NS, when nothing of the beat before it had come, and until NS.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS     5000000u
#define MAX_QEMUS    16
#define STEADY_BEATS 20
#define DIGITS	     4
#define COUNT_DIGITS 8
#define CLOCK_DIGITS 7

struct qemu {
	unsigned int number;
	unsigned int beats;
	uint64_t empty_ns; /* when nothing was left to be read: what comes next was sent later */
};

struct beats {
	bool any;
	uint64_t last_ns;
	uint64_t last_after_ns; /* it was sent between this and last_ns */
	uint16_t last_counter;
	unsigned int last_from;
	/* Of all QEMUs: a guest may stop in the middle of a line, which its next QEMU ends. So a
	 * beat is stamped, and counted as that QEMU's, by its newline. */
	char line[COUNT_DIGITS + 1];
	unsigned int len;
};

enum {
	LISTENS,
	TOLD,
	FIRST_QEMU,
};

/* In the order in which they connected: the older one's bytes are the earlier ones. */
struct peers {
	struct pollfd fd[FIRST_QEMU + MAX_QEMUS];
	struct qemu qemu[FIRST_QEMU + MAX_QEMUS];
	unsigned int n;
	unsigned int last_number;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void print_pause(const struct beats *b, uint64_t ns, uint16_t lost, unsigned int from)
{
	if (ns - b->last_ns <= PAUSE_NS && from == b->last_from && lost == 0)
		return;
	printf("%llu %llu %u %u %u %llu\n", (unsigned long long)b->last_ns, (unsigned long long)ns,
	       lost, b->last_from, from, (unsigned long long)b->last_after_ns);
}

static void take_beat(struct beats *b, uint64_t ns, uint16_t counter, struct qemu *from)
{
	if (b->any)
		print_pause(b, ns, (uint16_t)(counter - b->last_counter - 1), from->number);
	if (++from->beats == STEADY_BEATS)
		printf("# qemu %u steady %llu\n", from->number, (unsigned long long)ns);
	b->any = true;
	b->last_ns = ns;
	b->last_after_ns = from->empty_ns;
	b->last_counter = counter;
	b->last_from = from->number;
}

static void take_line(struct beats *b, uint64_t ns, struct qemu *from)
{
	char *end;
	unsigned long counter;

	b->line[b->len] = '\0';
	counter = strtoul(b->line, &end, 16);
	if (b->len == DIGITS && *end == '\0')
		take_beat(b, ns, (uint16_t)counter, from);
	if (b->len == COUNT_DIGITS && *end == '\0')
		printf("# rounds %llu %lu\n", (unsigned long long)ns, counter);
	if (b->len == CLOCK_DIGITS && *end == '\0')
		printf("# clock %llu %llu %u %lu\n", (unsigned long long)b->last_after_ns,
		       (unsigned long long)ns, from->number, counter);
	b->len = 0;
}

static void take_byte(struct beats *b, char c, uint64_t ns, struct qemu *from)
{
	if (c == '\n')
		take_line(b, ns, from);
	else if (b->len < COUNT_DIGITS)
		b->line[b->len++] = c;
}

/* Reads all that is there. Returns false when the peer has closed. */
static bool read_peer(struct beats *b, int fd, struct qemu *from)
{
	char buf[512];

	for (;;) {
		uint64_t before_ns = now_ns(), after_ns;
		ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			from->empty_ns = before_ns;
		if (n <= 0)
			return n < 0 && (errno == EAGAIN || errno == EINTR);
		after_ns = now_ns();
		for (ssize_t i = 0; i < n; i++)
			take_byte(b, buf[i], after_ns, from);
	}
}

static void drop_peer(struct peers *p, unsigned int i)
{
	close(p->fd[i].fd);
	p->n--;
	memmove(&p->fd[i], &p->fd[i + 1], (p->n - i) * sizeof(p->fd[0]));
	memmove(&p->qemu[i], &p->qemu[i + 1], (p->n - i) * sizeof(p->qemu[0]));
}

static void accept_peer(struct peers *p)
{
	int fd = accept4(p->fd[LISTENS].fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (p->n == FIRST_QEMU + MAX_QEMUS) {
		close(fd);
		return;
	}
	p->fd[p->n] = (struct pollfd){.fd = fd, .events = POLLIN};
	p->qemu[p->n++] = (struct qemu){.number = ++p->last_number};
}

/* To the QEMU of the last beat: the guest runs there. */
static void tell(const struct peers *p, unsigned int number)
{
	char byte;

	if (read(p->fd[TOLD].fd, &byte, 1) != 1)
		return;
	for (unsigned int i = FIRST_QEMU; i < p->n; i++)
		if (p->qemu[i].number == number)
			send(p->fd[i].fd, &byte, 1, MSG_NOSIGNAL);
}

static void serve(struct peers *p)
{
	struct beats b = {0};

	for (;;) {
		if (poll(p->fd, p->n, -1) < 0)
			continue;
		for (unsigned int i = FIRST_QEMU; i < p->n;) {
			if (p->fd[i].revents && !read_peer(&b, p->fd[i].fd, &p->qemu[i]))
				drop_peer(p, i);
			else
				i++;
		}
		if (p->fd[TOLD].revents)
			tell(p, b.last_from);
		if (p->fd[LISTENS].revents)
			accept_peer(p);
	}
}

static int listen_at(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, MAX_QEMUS) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A late reader would look like a pause of the guest. Best effort: without, stamps
 * are less sharp. */
static void run_at_once(void)
{
	struct sched_param prio = {.sched_priority = 10}; /* a guest may have 1 */

	sched_setscheduler(0, SCHED_RR, &prio);
}

int main(int argc, char **argv)
{
	struct peers p = {.n = FIRST_QEMU};

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: beats SOCKET [FIFO]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* Who writes may come and go: held open for writing, too, it never ends. */
	p.fd[TOLD] = (struct pollfd){.fd = argc == 3 ? open(argv[2], O_RDWR | O_CLOEXEC) : -1,
				     .events = POLLIN};
	if (argc == 3 && p.fd[TOLD].fd < 0) {
		fprintf(stderr, "beats: %s: %s\n", argv[2], strerror(errno));
		return 1;
	}
	p.fd[LISTENS] = (struct pollfd){.fd = listen_at(argv[1]), .events = POLLIN};
	if (p.fd[LISTENS].fd < 0) {
		fprintf(stderr, "beats: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	run_at_once();
	serve(&p);
}
