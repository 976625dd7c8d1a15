/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the lab guest for an answer once a millisecond, and prints when it sent what and what came.
 */
/*
 *   pinger INTERFACE ADDRESS PORT ...
 *
 * Sends a frame with a number, from 1 on, to that Ethernet address, which sends it back
 * (guest/card.c), until a signal. All stamps are CLOCK_MONOTONIC, ns, those of
 * ports the kernel's own:
 *   > NUMBER BEFORE AFTER   it was sent between the two
 *   | NUMBER AT PORT        it left by that interface
 *   < NUMBER AT PORT        it came back by that one
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS 1000000
#define TYPE	  0x88b5 /* for experiments (IEEE 802) */
#define PORTS_MAX 4
#define ROOM	  (8 << 20) /* bytes that may wait until we have a CPU: some seconds' frames */

struct frame {
	uint8_t to[ETH_ALEN], from[ETH_ALEN];
	uint16_t type;
	uint64_t number;
	uint8_t rest[38]; /* the least that Ethernet carries */
} __attribute__((packed));

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "pinger: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Returns a socket that sends by the interface, whose address is put into the frame. */
static int sender_open(const char *interface, struct frame *frame)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct sockaddr_ll at = {.sll_family = AF_PACKET};
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	at.sll_ifindex = (int)if_nametoindex(interface);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die(interface);
	memcpy(frame->from, request.ifr_hwaddr.sa_data, ETH_ALEN);
	return fd;
}

/* Returns a socket for all that comes or goes by the port of a bridge. */
static int port_open(const char *port)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)), on = 1, room = ROOM;
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};

	at.sll_ifindex = (int)if_nametoindex(port);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)))
		die(port);
	return fd;
}

static int timer_open(void)
{
	const struct itimerspec every = {.it_interval.tv_nsec = PERIOD_NS,
					 .it_value.tv_nsec = PERIOD_NS};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, 0, &every, NULL))
		die("timer");
	return fd;
}

static void frame_send(int fd, struct frame *frame)
{
	uint64_t before = now_ns(CLOCK_MONOTONIC);

	frame->number++;
	if (send(fd, frame, sizeof(*frame), 0) != (ssize_t)sizeof(*frame))
		die("send");
	printf("> %llu %llu %llu\n", (unsigned long long)frame->number, (unsigned long long)before,
	       (unsigned long long)now_ns(CLOCK_MONOTONIC));
}

/* The kernel stamps by the wall clock. */
static uint64_t stamp_ns(struct msghdr *message)
{
	uint64_t ahead = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC);
	struct cmsghdr *part = CMSG_FIRSTHDR(message);
	struct timespec ts;

	if (!part || part->cmsg_type != SO_TIMESTAMPNS)
		die("no stamp");
	memcpy(&ts, CMSG_DATA(part), sizeof(ts));
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec - ahead;
}

/* Of the pinger's frames, and no others. */
static void frame_receive(int fd, const char *port, const struct frame *sent)
{
	struct frame frame;
	char control[256];
	struct iovec data = {&frame, sizeof(frame)};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};

	if (recvmsg(fd, &message, MSG_DONTWAIT) != (ssize_t)sizeof(frame) ||
	    frame.type != sent->type)
		return;
	printf("%c %llu %llu %s\n", memcmp(frame.from, sent->from, ETH_ALEN) ? '<' : '|',
	       (unsigned long long)frame.number, (unsigned long long)stamp_ns(&message), port);
}

/* Ahead of all other processes: what it is late for would be lost, or sent in a heap. */
static void run_at_once(void)
{
	struct sched_param first = {.sched_priority = 1};

	if (sched_setscheduler(0, SCHED_FIFO, &first))
		die("priority");
}

int main(int argc, char **argv)
{
	struct frame frame = {.type = htons(TYPE)};
	struct pollfd fds[PORTS_MAX + 1];
	int ports = argc - 3, sender;
	uint64_t ticks;

	if (ports < 1 || ports > PORTS_MAX ||
	    !ether_aton_r(argv[2], (struct ether_addr *)frame.to)) {
		fprintf(stderr, "usage: pinger INTERFACE ADDRESS PORT ...\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	run_at_once();
	sender = sender_open(argv[1], &frame);
	for (int i = 0; i < ports; i++)
		fds[i] = (struct pollfd){.fd = port_open(argv[3 + i]), .events = POLLIN};
	fds[ports] = (struct pollfd){.fd = timer_open(), .events = POLLIN};
	for (;;) {
		if (poll(fds, (nfds_t)ports + 1, -1) < 0)
			die("poll");
		for (int i = 0; i < ports; i++)
			if (fds[i].revents)
				frame_receive(fds[i].fd, argv[3 + i], &frame);
		if (fds[ports].revents && read(fds[ports].fd, &ticks, sizeof(ticks)) > 0)
			frame_send(sender, &frame);
	}
}
