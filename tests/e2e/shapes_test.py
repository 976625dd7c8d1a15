#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts of other shapes than two daemons of one file system: what is found, matched and recorded there."""
import collections
import contextlib
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from e2e_test import report
from kinds import P2P, daemon_pid
from lab import Lab
from recorder import Recorder
from tap import Tap


def containers_of_one_image(tap):
    """One recorder for all of a node: each container has a device of its own, the probes have one inode."""
    if "\toverlay\n" not in pathlib.Path("/proc/filesystems").read_text():
        tap.skip("one image", "this kernel has no overlays")
        return
    with Lab("--overlay") as lab:
        lab.environment["LAB_GUEST"] = "container"
        lab.run("guest", "a")
        pids = [str(daemon_pid(lab, host)) for host in "ab"]
        devices = {pathlib.Path(f"/proc/{pid}/exe").stat().st_dev for pid in pids}
        tap.equal("one image: each container has a device of its own", len(devices), 2)
        with Recorder() as recorder:
            lab.run("migrate", "a", *P2P)
            lines = recorder.end()
            migrations, said = report(recorder.file.name)
    files = collections.Counter(line["file"] for line in lines if line["kind"] == "target")
    tap.equal("one image: each of its files is probed once", sorted(files.values()), [1, 1, 1])
    calls = collections.Counter((line["event"], line["edge"], line["pid"]) for line in lines
                                if line.get("event") in ("perform", "finish") and str(line["pid"]) in pids)
    tap.equal("one image: each call is one event", sorted(calls.values()), [1, 1, 1, 1])
    tap.equal("one image: one migration, whole",
              ([(m["outcome"], m["source"]["host"], m["destination"]["host"]) for m in migrations
                if m["domain"]["name"] == "container"], said.stderr), ([("completed", "host-a", "host-b")], ""))


def program_of(exe):
    """None of a process that has ended, and waits for its parent."""
    with contextlib.suppress(OSError):
        return pathlib.Path(os.readlink(exe)).name


def has_daemon():
    return any(program_of(exe) in ("libvirtd", "virtqemud") for exe in pathlib.Path("/proc").glob("[0-9]*/exe"))


def no_daemon_yet(tap):
    """Recorded from the first daemon's start on: what is installed was probed before it ran."""
    if has_daemon():
        tap.skip("no daemon yet", "there is one on this machine")
        return
    with Recorder() as recorder:
        before = [line for line in recorder.so_far() if line["kind"] == "target"]
        tap.equal("no daemon yet: what is installed is probed", len(before), 3)
        with Lab() as lab:
            lab.environment["LAB_GUEST"] = "first"
            lab.run("guest", "a")
            lab.run("migrate", "a", *P2P)
            recorder.process.send_signal(signal.SIGINT)
            said = recorder.process.communicate()[1]
            lines = recorder.lines()
            migrations, _ = report(recorder.file.name)
    tap.equal("no daemon yet: that is said, once", said,
              "migtrace: no libvirt daemon yet: recording from the first one's start on\n")
    tap.equal("no daemon yet: nothing is probed twice", sum(line["kind"] == "target" for line in lines), 3)
    tap.equal("no daemon yet: the first migration is whole, Prepare included",
              ([(m["outcome"], m["lost_events"]) for m in migrations],
               [line["edge"] for line in lines if line.get("event") == "prepare"]),
              ([("completed", 0)], ["enter", "return"]))


def main():
    tap = Tap()
    tap.run(no_daemon_yet)
    tap.run(containers_of_one_image)
    tap.end()


if __name__ == "__main__":
    main()
