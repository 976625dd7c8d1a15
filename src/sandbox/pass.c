/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of a fixed size, and file descriptors, between our own processes. */
#include "sandbox/pass.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Which of the fds come with the message: a bit for each. */
struct frame {
	uint32_t sent;
	uint32_t reserved;
};

union control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(sizeof(int) * PASS_FDS_MAX)];
};

int pass_open(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) ? -errno : 0;
}

/* Puts those that are none aside. Returns how many are left. */
static size_t fds_pack(const int *fds, size_t count, int packed[PASS_FDS_MAX], uint32_t *sent)
{
	size_t used = 0;

	*sent = 0;
	for (size_t i = 0; i < count && i < PASS_FDS_MAX; i++) {
		if (fds[i] < 0)
			continue;
		packed[used++] = fds[i];
		*sent |= UINT32_C(1) << i;
	}
	return used;
}

int pass_send(int end, const void *message, size_t size, const int *fds, size_t count)
{
	struct frame frame = {0};
	struct iovec parts[] = {{&frame, sizeof(frame)}, {(void *)message, size}};
	union control control = {0};
	struct msghdr header = {.msg_iov = parts, .msg_iovlen = 2};
	int packed[PASS_FDS_MAX];
	size_t used = fds_pack(fds, count, packed, &frame.sent);

	if (used) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * used);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int) * used);
		memcpy(CMSG_DATA(&control.header), packed, sizeof(int) * used);
	}
	while (sendmsg(end, &header, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* Takes what came, and puts each in its place. Returns whether that are as many as were sent. */
static bool fds_take(struct msghdr *header, uint32_t sent, int *fds, size_t count)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(header);
	int packed[PASS_FDS_MAX];
	size_t used = 0, at = 0;

	if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS) {
		used = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(packed, CMSG_DATA(control), used * sizeof(int));
	}
	for (size_t i = 0; i < count; i++)
		fds[i] = sent >> i & 1 && at < used ? packed[at++] : -1;
	for (size_t i = at; i < used; i++)
		close(packed[i]);
	return (size_t)__builtin_popcount(sent) == used && at == used;
}

int pass_receive(int end, void *message, size_t size, int *fds, size_t count)
{
	struct frame frame = {0};
	struct iovec parts[] = {{&frame, sizeof(frame)}, {message, size}};
	union control control = {0};
	struct msghdr header = {
		.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t got;

	do
		got = recvmsg(end, &header, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	if (!got)
		return -EPIPE;
	if (!fds_take(&header, frame.sent, fds, count) || (size_t)got != sizeof(frame) + size ||
	    header.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return -EPROTO;
	return 0;
}
