#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts of other shapes than two daemons of one file system: what is found, matched and recorded there."""
import collections
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from e2e_test import report
from kinds import P2P, daemon_pid
from lab import Lab
from pods import pods
from recorder import MIGTRACE, Recorder
from tap import Tap


HAS_OVERLAYS = "\toverlay\n" in pathlib.Path("/proc/filesystems").read_text()
IMAGE = [pathlib.Path(path).resolve().name for path in
         (f"/usr/lib/{os.uname().machine}-linux-gnu/libvirt.so.0",
          f"/usr/lib/{os.uname().machine}-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so")]


def containers_of_one_image(tap):
    """One recorder for all of a node: each container has a device of its own, the probes have one inode."""
    if not HAS_OVERLAYS:
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


PODS = int(os.environ.get("PODS", "12"))


def many_pods(tap):
    """A daemon for each of a node's pods, which have one image: they cost no more than one, and no time."""
    if not HAS_OVERLAYS:
        tap.skip("many pods", "this kernel has no overlays")
        return
    with pods(PODS) as pids:
        started = time.monotonic()
        with Recorder() as recorder:
            took_s = time.monotonic() - started
            said = subprocess.run([MIGTRACE, "doctor"], text=True, capture_output=True, check=False).stdout
            lines = recorder.end()
    hosts = {line["pid"]: line["host"] for line in lines if line["kind"] == "daemon"}
    tap.equal(f"{PODS} pods: each daemon is known, by the name of its own host", [hosts.get(pid) for pid in pids],
              [f"pod-{number}" for number in range(PODS)])
    files = [line["file"] for line in lines if line["kind"] == "target"]
    tap.equal(f"{PODS} pods: the files of their image are probed once", [files.count(file) for file in IMAGE], [1, 1])
    named = [line.split(",")[0] for line in said.splitlines()]
    tap.equal(f"{PODS} pods: and named once by doctor", [named.count(file) for file in IMAGE], [1, 1])
    tap.equal(f"{PODS} pods: nothing is lost", (lines[-1]["lost"], recorder.process.returncode), (0, 0))
    print(f"# {PODS} pods: attached, and all of them identified, in {took_s:.2f} s")
    if PODS >= 180:
        tap.true(f"{PODS} pods: attached in two seconds", took_s < 2, took_s)


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


UNSHARE = ["unshare", "--pid", "--fork", "--kill-child"]


def calls(lines):
    """How often each of a migration's calls was recorded, by the process."""
    return collections.Counter((line["event"], line["edge"], line["pid"]) for line in lines
                               if line.get("event") in ("prepare", "perform", "finish"))


def inside_a_pod(tap):
    """A recorder in a PID namespace of its own has the pids that are valid there, and nothing of other pods."""
    inside = pathlib.Path(__file__).parent / "inside.py"
    # The shell is the init there: libvirt waits until a QEMU that ended is reaped.
    command = [*UNSHARE, "--mount-proc", "sh", "-c", f"{inside}; exit $?"]
    with Lab() as outside, subprocess.Popen(command, text=True, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE) as process:
        outside.run("guest", "a", "outside")
        process.stdout.readline()
        outside.run("migrate", "a", *P2P, guest="outside")
        seen = json.loads(process.communicate("\n")[0])
    a, b = seen["pids"]
    edges = ("enter", "return")
    tap.equal("in a pod: the calls of its own daemons, by the pids there", calls(seen["lines"]),
              {(call, edge, pid): 1 for call, pid in (("perform", a), ("prepare", b), ("finish", b)) for edge in edges})
    tap.equal("in a pod: --pid takes the pid there", calls(seen["lines_of_a"]),
              {("perform", edge, a): 1 for edge in edges})
    tap.equal("in a pod: the one migration, whole",
              ([(m["domain"]["name"], m["outcome"], m["source"]["host"], m["destination"]["host"], m["lost_events"])
                for m in seen["migrations"]], seen["said"]), ([("inside", "completed", "host-a", "host-b", 0)], ""))
    named = {line["pid"] for line in seen["lines"] if line["kind"] == "daemon"}
    tap.equal("in a pod: whatever acts is a process there",
              {line["pid"] for line in seen["lines"] if line["kind"] == "event"} - named, set())
    wakers = {line["waker_pid"] for line in seen["lines"] if line.get("event") == "sched"} - {None}
    tap.true("in a pod: and so is who wakes its threads", wakers & named and max(wakers) <= seen["last_pid"],
             f"{wakers}, where the last process is {seen['last_pid']}")


def proc_of_another(tap):
    """Pids that mean other processes than they seem to are worse than none."""
    done = subprocess.run([*UNSHARE, MIGTRACE, "record", "--duration", "1s"], text=True, capture_output=True, check=False)
    tap.equal("/proc of another PID namespace: refused, with what to do", (done.returncode, done.stderr),
              (1, "migtrace: /proc shows another PID namespace than ours: mount ours (unshare --pid --fork --mount-proc), "
                  "or run in the host's (hostPID: true)\n"))


def main():
    tap = Tap()
    tap.run(proc_of_another)
    tap.run(inside_a_pod)
    tap.run(no_daemon_yet)
    tap.run(containers_of_one_image)
    tap.run(many_pods)
    tap.end()


if __name__ == "__main__":
    main()
