/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of those parts of the downtime that findings speak of: they stand in reports, and never
 * change. */
#ifndef MIGTRACE_CORE_STANDSTILL_PART_NAMES_H
#define MIGTRACE_CORE_STANDSTILL_PART_NAMES_H

#define PART_BLOCK_ACTIVATE		  "block activate"
#define PART_BLOCK_DRAIN		  "block drain"
#define PART_BLOCK_FLUSH		  "block flush"
#define PART_BLOCK_INACTIVATE		  "block inactivate"
#define PART_CLIENT			  "client, calls in transit"
#define PART_COOKIE			  "cookie, then the call"
#define PART_DEVICE_STATE		  "device state"
#define PART_DISPATCH_AND_DOMAIN_LOCK	  "dispatch and domain lock"
#define PART_FINISH_CALL		  "Finish call in transit"
#define PART_HOST_NAME			  "libvirt, cookie and host name"
#define PART_LAST_RAM			  "last RAM"
#define PART_LOAD			  "wait for QEMU to load"
#define PART_LOAD_AWAITED		  "wait for destination to load"
#define PART_LOCK_AND_NETWORK		  "libvirt, lock and network"
#define PART_POST_COPY_PACKAGE		  "post-copy package"
#define PART_QMP			  "QMP"
#define PART_RESUME			  "RESUME event, clocks enabled"
#define PART_START_NOTIFIERS		  "start notifiers"
#define PART_START_PREPARATION		  "start preparation"
#define PART_STOP_NOTIFIERS		  "stop notifiers"
#define PART_STREAM_END			  "stream's end, flush"
#define PART_SUSPENDED			  "stopped before the switchover"
#define PART_VCPUS_STOPPED		  "all vCPUs seen stopped"
#define PART_VCPU_WAKE_UP		  "vCPU wake-up"
#define PART_WORKER_QUEUE		  "worker queue"
#define PART_WORKER_QUEUE_AND_DOMAIN_LOCK "worker queue and domain lock"

#endif
