/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people call a disk, by the id that libvirt gives its device in QEMU. */
#include "core/event/disk_name.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define DIGITS_MAX 4 /* libvirt has fewer disks */
static_assert(sizeof("vd") + DIGITS_MAX <= MT_DISK_ID, "a name has no more letters than digits");

/* Returns whether the text is a number as libvirt writes it. */
static bool number_read(const char *text, size_t len, unsigned int *number)
{
	*number = 0;
	if (!len || len > DIGITS_MAX || (text[0] == '0' && len > 1))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*number = *number * 10 + (unsigned int)(text[i] - '0');
	}
	return true;
}

/* libvirt's virDiskNameToIndex(), backwards: 0 is a, 25 is z, 26 is aa. */
static void letters_write(unsigned int number, char *at)
{
	char letters[DIGITS_MAX];
	size_t count = 0;

	for (number++; number; number = (number - 1) / 26) {
		assert(count < sizeof(letters));
		letters[count++] = (char)('a' + (number - 1) % 26);
	}
	while (count)
		*at++ = letters[--count];
	*at = '\0';
}

/* Of a virtio disk libvirt makes the id from the target's letters; elsewhere from its address. */
void disk_name(const char *id, size_t len, char name[MT_DISK_ID])
{
	static const char virtio[] = "virtio-disk";
	const size_t head = sizeof(virtio) - 1;
	unsigned int number;

	if (len > head && !memcmp(id, virtio, head) &&
	    number_read(id + head, len - head, &number)) {
		memcpy(name, "vd", 2);
		letters_write(number, name + 2);
		return;
	}
	if (len >= MT_DISK_ID)
		len = MT_DISK_ID - 1;
	assert(len < MT_DISK_ID);
	memcpy(name, id, len);
	name[len] = '\0';
}
