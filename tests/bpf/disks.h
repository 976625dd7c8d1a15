/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks of the stand-in for QEMU. */
#ifndef BPF_DISKS_H
#define BPF_DISKS_H

/*
 * Does what the command says, if it is one of those of disks: as many requests to the first one
 * (disk), to the second (second) and to one whose device has no id (nameless); four threads at
 * once, each as many to the first one (threads); as many that are begun alone (begin), and the end
 * of these (complete).
 */
void disks_do(const char *name, unsigned int count);

#endif
