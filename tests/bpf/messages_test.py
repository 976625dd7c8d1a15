#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is refused or lacks: each is said once, with what it costs or what to do, and is no success unless it was asked for."""
import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import typing

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from attach_test import DRIVER, NO_BTF, NO_SYS, OtherTool, without
from bpf_test import Daemon, fill
from recorder import MIGTRACE
from tap import Tap
from waiting import HANGS_S, need

OK, FAILURE, INCOMPLETE = 0, 1, 3
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
POD = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
OTHER_PROC = ("unshare", "--pid", "--fork", "--kill-child")
SHORT = ("--duration", "300ms")


def migtrace(*arguments, prefix=(), stdin=subprocess.DEVNULL):
    """Returns the exit status and what was said."""
    done = subprocess.run([*prefix, MIGTRACE, *map(str, arguments)], stdin=stdin, capture_output=True, text=True,
                          timeout=HANGS_S, check=False)
    return done.returncode, done.stderr


@contextlib.contextmanager
def recording(directory, *options, **pipes):
    """A recorder that is at work."""
    out = directory / "recording"
    with subprocess.Popen([MIGTRACE, "record", "-o", out, *map(str, options)], stderr=subprocess.PIPE, text=True,
                          **pipes) as process:
        try:
            need("it records", lambda: out.exists() and '"kind":"clock"' in out.read_text())
            yield process
        finally:
            process.kill()


def ended(process, sig=signal.SIGINT):
    if sig:
        process.send_signal(sig)
    said = process.communicate(timeout=HANGS_S)[1]
    return process.returncode, said


## Situations: each gets a daemon and a directory of its own, and returns the exit status and what was said.

def of_daemon(*options, prefix=()):
    return lambda daemon, _: migtrace("record", "--pid", daemon.pid, *SHORT, *options, prefix=prefix)


def anywhere(*arguments, prefix=()):
    return lambda _daemon, _directory: migtrace(*arguments, *SHORT, prefix=prefix)


def hidden(what):
    def run(daemon, _):
        done = without(what, MIGTRACE, "record", *SHORT, "--pid", str(daemon.pid))
        return done.returncode, done.stderr
    return run


def no_daemon_there(_daemon, _directory):
    with subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        done = migtrace("record", *SHORT, "--netns", f"/proc/{other.pid}/ns/net")
        other.stdin.close()
    return done


def beside_tool(name, *options):
    def run(daemon, _):
        with OtherTool(DRIVER, name):
            return of_daemon(*options)(daemon, None)
    return run


def too_fast(*options):
    """More comes than the ring buffer holds, while the recorder does not run."""
    def run(daemon, directory):
        with recording(directory, "--pid", daemon.pid, *options) as recorder:
            daemon.do("source", 1)  # of whose domain they are is known then
            recorder.send_signal(signal.SIGSTOP)
            daemon.do("events", 20011)
            recorder.send_signal(signal.SIGCONT)
            return ended(recorder)
    return run


def something_else(daemon, directory):
    (directory / "text").write_text("kept")
    return of_daemon("-o", directory / "text")(daemon, directory)


def disk_full(daemon, directory):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", directory], check=True)
    try:
        with recording(directory, "--pid", daemon.pid) as recorder:
            fill(directory)
            daemon.do("source", 20)
            first = recorder.stderr.readline()
            while "no room" not in first.splitlines()[-1]:
                first += recorder.stderr.readline()
            status, said = ended(recorder)
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)
    return status, first + said


def nobody_asks(daemon, directory):
    with recording(directory, "--pid", daemon.pid, "--answer", "--silence", "1s", stdin=subprocess.PIPE) as recorder:
        recorder.wait(HANGS_S)
        return recorder.returncode, recorder.stderr.read()


def rubbish_asked(daemon, directory):
    with recording(directory, "--pid", daemon.pid, "--answer", stdin=subprocess.PIPE) as recorder:
        recorder.stdin.write("rubbish\n")
        recorder.stdin.flush()
        return ended(recorder, None)


def with_peer(command):
    def run(daemon, directory):
        with recording(directory, "--pid", daemon.pid, "--peer-command", command, "--peer-output",
                       directory / "peer") as recorder:
            said = recorder.stderr.readline()
            while "the peer" not in said.splitlines()[-1]:
                said += recorder.stderr.readline()
            status, rest = ended(recorder)
        return status, said + rest
    return run


def watching(command):
    """`live`, with a peer that is not there."""
    def run(daemon, _):
        with subprocess.Popen([MIGTRACE, "live", "--pid", str(daemon.pid), "--peer-command", command], text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as live:
            said = ""
            while not re.search(r"trying again|giving up", said):
                said += live.stderr.readline()
            status, rest = ended(live)
        return status, said + rest
    return run


def prober_killed(daemon, directory):
    with recording(directory, "--pid", daemon.pid) as recorder:
        pid = recorder.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        return ended(recorder, None)


def second_service(daemon, directory):
    with subprocess.Popen([MIGTRACE, "record", "--pid", str(daemon.pid), "--store", directory / "store"],
                          stderr=subprocess.DEVNULL) as first:
        need("it records", lambda: '"kind":"clock"' in (directory / "store/current.jsonl").read_text()
             if (directory / "store/current.jsonl").exists() else False)
        done = of_daemon("--store", directory / "store")(daemon, directory)
        first.terminate()
    return done


TOOL = "another tool has probed it without its semaphore"
NO_DOWNTIME = "the downtime cannot be measured without it; --best-effort records the rest"
LOST = r"\d+ events were lost: reports leave out what they may have changed"
VERSION = "protocol error: is its migtrace of another version\\?"


@dataclasses.dataclass
class Situation:
    name: str
    run: typing.Callable
    status: int
    said: tuple  # patterns, a line each


SITUATIONS = (
    Situation("no such process", anywhere("record", "--pid", "4194305"), FAILURE, ("no process with that process id",)),
    Situation("a process of something else", anywhere("record", "--pid", str(os.getpid())), FAILURE,
              (rf"process {os.getpid()} is not a libvirt daemon with a QEMU driver",)),
    Situation("no daemon there", no_daemon_there, FAILURE,
              ("no libvirt daemon in that network namespace: start libvirtd/virtqemud",)),
    Situation("nobody there", anywhere("record", "--netns", "1"), FAILURE, ("no process in that network namespace",)),
    Situation("no rights", of_daemon(prefix=NOBODY), FAILURE, (r"run as root: this needs CAP_BPF to .*",)),
    Situation("root of a user namespace", of_daemon(prefix=("unshare", "--user", "--map-root-user")), FAILURE,
              ("run as root: this needs the host's user namespace: .*",)),
    Situation("no /sys", hidden(NO_SYS), FAILURE, ("cannot load the BPF programs: no BTF: /sys is not mounted here",)),
    Situation("no BTF", hidden(NO_BTF), FAILURE,
              ("cannot load the BPF programs: no BTF: the kernel was built without CONFIG_DEBUG_INFO_BTF",)),
    Situation("a pod without hostPID", anywhere("record", prefix=POD), OK,
              ("no libvirt daemon yet: recording from the first one's start on",
               r"of this PID namespace: to record all of the host's, run in its own \(hostPID: true\)")),
    Situation("/proc of another PID namespace", anywhere("record", prefix=OTHER_PROC), FAILURE,
              (r"/proc shows another PID namespace than ours: mount ours \(.*\), or run in the host's \(hostPID: true\)",)),
    Situation("another tool on a probe", beside_tool("qemu_monitor_recv_reply"), OK,
              (f"not probed: qemu_monitor_recv_reply: {TOOL}",)),
    Situation("another tool on a vital probe", beside_tool("qemu_monitor_recv_event"), FAILURE,
              (f"not probed: qemu_monitor_recv_event: {TOOL}", NO_DOWNTIME)),
    Situation("the same, where the rest is wanted", beside_tool("qemu_monitor_recv_event", "--best-effort"), OK,
              (f"not probed: qemu_monitor_recv_event: {TOOL}",)),
    Situation("a kernel whose return probes kill", of_daemon("--test-no-returns"), FAILURE,
              ("returns are not probed: this kernel kills .*", NO_DOWNTIME)),
    Situation("more builds than there is room for", of_daemon("--test-sites", "2"), FAILURE,
              ("more daemons, or builds of libvirt and QEMU, than can be probed at a time: what the others do is not "
               "recorded; --netns or --mntns records some of them",)),
    Situation("events were lost", too_fast(), INCOMPLETE, (LOST,)),
    Situation("the same, where less is wanted", too_fast("--best-effort"), OK, (LOST,)),
    Situation("something else is in the file", something_else, FAILURE,
              ("/.*/text: there is something else in it than a recording: name another file",)),
    Situation("the disk is full", disk_full, FAILURE,
              ("/.*/recording: no room on its disk: waiting for it", "cannot write the recording: No space left on device")),
    Situation("nobody asks", nobody_asks, OK, ("no clock query on stdin for 1 s: assuming that the peer is lost",)),
    Situation("rubbish is asked", rubbish_asked, FAILURE, ("invalid clock query on stdin: .*",)),
    Situation("a peer that ends", with_peer("exit 1"), INCOMPLETE, ("the peer: ended",)),
    Situation("a peer that is none", with_peer("echo rubbish; cat >/dev/null"), INCOMPLETE, (f"the peer: {VERSION}",)),
    Situation("live: a peer that ends", watching("exit 1"), INCOMPLETE,
              ("peer 1: ended", "peer 1: trying again in 1 s",
               "peer 1: not connected: its side may be missing")),
    Situation("live: a peer that is none", watching("echo rubbish; cat >/dev/null"), INCOMPLETE,
              (f"peer 1: {VERSION}", "peer 1: giving up: its side of migrations is not seen")),
    Situation("who probes is killed", prober_killed, FAILURE, ("the probing process has ended",)),
    Situation("a second service", second_service, FAILURE, ("/.*/store: another migtrace adds to this store",)),
)


def check(tap, situation, usual):
    daemon = Daemon()
    try:
        with tempfile.TemporaryDirectory() as directory:
            pathlib.Path(directory).chmod(0o755)
            status, said = situation.run(daemon, pathlib.Path(directory))
    finally:
        daemon.end()
    lines = [line for line in said.splitlines() if line not in usual]
    is_said = len(lines) == len(situation.said) and all(
        re.fullmatch(f"migtrace: {pattern}", line) for pattern, line in zip(situation.said, lines))
    tap.true(f"{situation.name}: said once, exit status {situation.status}", is_said and status == situation.status,
             (status, lines))


def main():
    tap = Tap()
    daemon = Daemon()
    usual = migtrace("record", "--pid", daemon.pid, *SHORT)[1].splitlines()  # what the stand-in lacks
    daemon.end()
    for situation in SITUATIONS:
        if len(sys.argv) == 1 or situation.name in sys.argv[1:]:
            tap.run(check, situation, usual)
    tap.end()


if __name__ == "__main__":
    main()
