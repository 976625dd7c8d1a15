/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab guest's virtio disks: a request to each at a time, and word of it on the second UART. */
#ifndef LAB_GUEST_DISK_H
#define LAB_GUEST_DISK_H

/* Looks for the disks; without any the others do nothing. */
void disks_init(void);

/* Makes a request of each disk that has none on its way: a write, or a read, in turn. */
void disks_request(void);

/* Looks which requests are completed. */
void disks_poll(void);

#endif
