/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A half's bytes, as its store has them: what a message brings. */
#include "fleet/half_body.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fleet/message.h"

void *half_body_read(const struct store *store, const char *id, size_t *size)
{
	int fd = store_half_open(store, id);
	struct stat st;
	void *bytes = NULL;

	if (fd < 0)
		return NULL;
	errno = 0;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= (off_t)MESSAGE_BODY_MAX)
		bytes = malloc((size_t)st.st_size);
	if (bytes && read(fd, bytes, (size_t)st.st_size) != st.st_size) {
		free(bytes);
		bytes = NULL;
	}
	*size = (size_t)st.st_size;
	close(fd);
	return bytes;
}
