#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests of disks, by the stand-in for QEMU: each is counted once, of the right disk, and only while it migrates."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from bpf_test import Daemon, QEMU
from recorder import BUILD, Recorder
from tap import Tap
from waiting import need

DISKS = ("-device", '{"driver":"virtio-blk-pci","drive":"libvirt-2-format","id":"virtio-disk0"}',
         "-device", "scsi-hd,bus=scsi0.0,device_id=drive-x,drive=libvirt-1-format,id=scsi0-0-0-1,bootindex=2")
NAMES = ["virtio-disk0", "scsi0-0-0-1", None]  # the last one is of all that have no name that is known
TIMES = 1000
NONE = {"last_ktime_ns": None, "first_ktime_ns": None, "completed": 0, "waiting": 0, "in_flight": 0,
        "oldest_ktime_ns": None, "newest_ktime_ns": None, "whole": True}


def guest(daemon, *options):
    return Daemon(["nsenter", "-t", str(daemon.pid), "-n", BUILD / "bpf/qemu-system-fixture", "-uuid", QEMU, *options])


def seen(recorder, event, one):
    return [l for l in recorder.so_far() if l.get("event") == event and l["pid"] == one.pid]


def await_disks(recorder, event, one):
    return need(event, lambda: len(seen(recorder, event, one)) == len(NAMES) and seen(recorder, event, one))


def by_name(lines):
    return {l["disk"]: {key: l[key] for key in NONE} for l in lines}


def between(stamp, begin, end):
    return stamp is not None and begin <= stamp <= end


def source(tap, way):
    daemon = Daemon()
    with Recorder("--pid", str(daemon.pid), "--test-attach", way) as recorder:
        one, other = guest(daemon, *DISKS), guest(daemon, *DISKS)
        need("a QEMU's probes", lambda: b"qemu-system-fixture" in recorder.raw())
        one.do("disk", TIMES)
        one.do("leave", 1)
        begun = await_disks(recorder, "disk-begin", one)
        tap.equal(f"{way}: source: each disk of the command line is watched, and what has no name",
                  [l["disk"] for l in begun], NAMES)
        one.do("threads", TIMES)
        last = time.monotonic_ns()
        one.do("second", TIMES)
        after = time.monotonic_ns()
        other.do("disk", TIMES)
        oldest = time.monotonic_ns()
        one.do("begin", 1)
        older = time.monotonic_ns()
        one.do("begin", 2)
        one.do("complete", 1)  # the youngest, before the guest stops
        newest = time.monotonic_ns()
        one.do("halt", 1)
        one.do("complete", 2)
        one.end()
        ended = by_name(await_disks(recorder, "disk-end", one))
        other.end()
    first, second = ended["virtio-disk0"], ended["scsi0-0-0-1"]
    tap.equal(f"{way}: source: each request of each thread is counted once, and none of another guest's",
              (first["completed"], second["completed"], ended[None]), (4 * TIMES + 3, TIMES, NONE))
    tap.true(f"{way}: source: the last one before the guest stopped", between(first["last_ktime_ns"], older, newest) and
             between(second["last_ktime_ns"], last, after), (first, second))
    tap.true(f"{way}: source: what was in flight then, and since when", first["in_flight"] == 2 and
             between(first["oldest_ktime_ns"], oldest, older) and between(first["newest_ktime_ns"], older, newest), first)
    tap.equal(f"{way}: source: nothing was of the other disk", (second["in_flight"], second["oldest_ktime_ns"]), (0, None))
    daemon.end()


def destination(tap, way):
    daemon = Daemon()
    with Recorder("--pid", str(daemon.pid), "--test-attach", way) as recorder:
        one = guest(daemon, *DISKS)
        need("a QEMU's probes", lambda: b"qemu-system-fixture" in recorder.raw())
        one.do("arrive", 1)
        await_disks(recorder, "disk-begin", one)
        one.do("run", 1)
        begin = time.monotonic_ns()
        one.do("disk", 1)
        end = time.monotonic_ns()
        one.do("second", 1)
        one.do("nameless", 3)
        ended = by_name(await_disks(recorder, "disk-end", one))
        idle = guest(daemon, *DISKS)
        idle.do("arrive", 1)
        await_disks(recorder, "disk-begin", idle)
        idle.do("run", 1)
        unused = by_name(await_disks(recorder, "disk-end", idle))
        for process in (one, idle):
            process.end()
    tap.true(f"{way}: destination: the first one since the guest was started",
             between(ended["virtio-disk0"]["first_ktime_ns"], begin, end), ended)
    tap.equal(f"{way}: destination: what has no name is counted apart", ended[None]["completed"], 3)
    tap.equal(f"{way}: destination: a guest that makes no request is not watched for long", unused,
              dict.fromkeys(NAMES, NONE))
    daemon.end()


def stuck(tap):
    """A guest that waits for its disk is watched for longer: it is no idle one."""
    daemon = Daemon()
    with Recorder("--pid", str(daemon.pid)) as recorder:
        one = guest(daemon, *DISKS)
        need("a QEMU's probes", lambda: b"qemu-system-fixture" in recorder.raw())
        one.do("arrive", 1)
        await_disks(recorder, "disk-begin", one)
        one.do("run", 1)
        one.do("begin", 1)
        need("the end of the other one", lambda: seen(recorder, "disk-end", one))
        tap.equal("a disk that is waited for is watched still, and what has no name",
                  [l["disk"] for l in seen(recorder, "disk-end", one)], ["scsi0-0-0-1"])
        one.do("complete", 1)
        ended = by_name(await_disks(recorder, "disk-end", one))
        tap.true("and seen to answer", ended["virtio-disk0"]["first_ktime_ns"] and not ended["virtio-disk0"]["waiting"], ended)
        one.end()
    daemon.end()


def main():
    tap = Tap()
    for way in ("multi", "perf"):
        tap.run(source, way)
        tap.run(destination, way)
    tap.run(stuck)
    tap.end()


if __name__ == "__main__":
    main()
