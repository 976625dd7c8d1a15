#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Attaching and detaching: what cannot be probed costs that alone and is named; detaching is fast."""
import ctypes
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from bpf_test import SOURCE_EVENTS, Daemon, events
from recorder import BUILD, MIGTRACE, Recorder
from tap import Tap

DRIVER = BUILD / "bpf/libvirt_driver_qemu.so"
PERF_EVENT_OPEN = 298
UPROBE_TYPE = int(pathlib.Path("/sys/bus/event_source/devices/uprobe/type").read_text())


def site_offset(file, name):
    """Where in the file an SDT probe is."""
    notes = subprocess.check_output(["readelf", "-nW", file], text=True)
    address = int(re.search(rf"Name: {name}\n.*Location: (0x[0-9a-f]+)", notes)[1], 16)
    for line in subprocess.check_output(["readelf", "-lW", file], text=True).splitlines():
        if line.split()[:1] == ["LOAD"]:
            offset, start, _, size = (int(field, 16) for field in line.split()[1:5])
            if start <= address < start + size:
                return address - start + offset
    raise ValueError(name)


class OtherTool:
    """Another tool's uprobe at an SDT probe, which names no semaphore."""

    def __init__(self, file, name):
        path = ctypes.create_string_buffer(os.fsencode(file))
        attr = struct.pack("=IIQQQQQIIQQ", UPROBE_TYPE, 112, 0, 0, 0, 0, 0, 0, 0,
                           ctypes.addressof(path), site_offset(file, name)).ljust(112, b"\0")
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.syscall(PERF_EVENT_OPEN, attr, -1, 0, -1, 0)
        assert self.fd >= 0, os.strerror(ctypes.get_errno())

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        os.close(self.fd)


def record(*options):
    return subprocess.run([MIGTRACE, "record", "-d", "300ms", *options], text=True,
                          capture_output=True, timeout=60, check=False)


def missing(lines):
    return {one["name"]: one["why"] for line in lines if line["kind"] == "target"
            for one in line["missing"]}


def processes_named(name):
    found = set()
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = stat.read_text().split(" (", 1)
        except (FileNotFoundError, ProcessLookupError):
            continue
        comm, state = rest.rsplit(") ", 1)
        if comm == name and not state.startswith("Z"):
            found.add(int(pid))
    return found


def detached(before):
    """Waits until all migtrace processes but those have ended; returns those that have not."""
    deadline = time.monotonic() + 120
    while processes_named("migtrace") - before and time.monotonic() < deadline:
        time.sleep(0.1)
    return processes_named("migtrace") - ELSEWHERE


ELSEWHERE = processes_named("migtrace")  # what runs on this machine anyway
REASON = "another tool has probed it without its semaphore"


def one_refused(tap, way):
    """A probe that is not vital: all others are there, and it is named."""
    daemon = Daemon()
    with OtherTool(DRIVER, "qemu_monitor_recv_reply"):
        recorder = Recorder("--pid", str(daemon.pid), "--test-attach", way)
        daemon.do("source", 2)
        recorder.process.send_signal(signal.SIGINT)
        said = recorder.process.stderr.read()
        lines = recorder.end()
    daemon.end()
    tap.equal(f"{way}: a probe that the kernel refuses costs its own events alone",
              [event["event"] for event in events(lines)],
              [name for name, *_ in SOURCE_EVENTS if name not in ("monitor-reply", "migration-info")] * 2)
    tap.equal(f"{way}: the recording says which, and why",
              missing(lines).get("qemu_monitor_recv_reply"), REASON)
    tap.equal(f"{way}: and so does stderr", [line for line in said.splitlines() if REASON in line],
              [f"migtrace: not probed: qemu_monitor_recv_reply: {REASON}"])
    tap.equal(f"{way}: that is no failure", recorder.process.returncode, 0)


def vital_refused(tap, way):
    """Without it there is no downtime: nothing is recorded, unless that is wanted."""
    detached(ELSEWHERE)  # our own probe has a semaphore, which would keep the other tool out
    daemon = Daemon()
    with OtherTool(DRIVER, "qemu_monitor_recv_event"):
        options = ("--pid", str(daemon.pid), "--test-attach", way)
        done = record(*options)
        anyway = record("--best-effort", *options)
    whole = record(*options)
    daemon.end()
    tap.equal(f"{way}: a vital probe that the kernel refuses ends it", (done.returncode, done.stdout),
              (1, ""))
    tap.true(f"{way}: and is named", f"qemu_monitor_recv_event: {REASON}\n" in done.stderr and
             "--best-effort" in done.stderr, done.stderr)
    lines = [json.loads(line) for line in anyway.stdout.splitlines()]
    tap.equal(f"{way}: --best-effort records the rest",
              (anyway.returncode, lines[-1]["kind"], missing(lines)["qemu_monitor_recv_event"]),
              (0, "end", REASON))
    tap.equal(f"{way}: when the other tool has gone all is probed", whole.returncode, 0)


def detaching(tap):
    """Perf events take the kernel a grace period each: whoever ends the recorder does not wait."""
    daemon = Daemon()
    detached(ELSEWHERE)
    recorder = Recorder("--pid", str(daemon.pid), "--test-attach", "perf")
    daemon.do("source", 1)
    start = time.monotonic()
    lines = recorder.end()
    took = time.monotonic() - start
    left = processes_named("migtrace") - ELSEWHERE
    fds = {os.readlink(link) for pid in left for link in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
    tap.equal("perf: all events are there", len(events(lines)), len(SOURCE_EVENTS))
    tap.true("perf: it ends in less than 1 s", took < 1, took)
    tap.true("perf: what detaches holds nothing but the probes",
             fds <= {"anon_inode:[perf_event]", "anon_inode:bpf_link", "anon_inode:bpf-link"}, fds)
    again = Recorder("--pid", str(daemon.pid), "--test-attach", "perf")
    daemon.do("source", 3)
    lines = again.end()
    tap.equal("perf: a recorder that begins meanwhile has each event once", len(events(lines)),
              3 * len(SOURCE_EVENTS))
    tap.equal("perf: and it ends by itself", detached(ELSEWHERE), set())
    daemon.end()


def main():
    tap = Tap()
    for way in ("multi", "perf"):
        tap.run(one_refused, way)
        tap.run(vital_refused, way)
    tap.run(detaching)
    tap.end()


if __name__ == "__main__":
    main()
