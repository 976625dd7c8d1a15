#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the downtime went: what was done to it on purpose is found again by its name."""
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import typing

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from e2e_test import report
from kinds import (P2P, at_switchover, destroy_all, dirtied, faster, guest, held, meanwhile, qemu_pid, seen,
                   start_recorders, virsh)
from lab import Lab
from tap import Tap
from waiting import HANGS_S, is_listening, need

MS = 10**6
HELD_S = 2.0
FLUSH_S = 0.4
DELAY_S = 0.2
STARVED_S = 0.6
MUTE_S = 5.0  # glibc's first timeout for a name server


def hold(what, host="b"):
    """Stops the destination's daemon or QEMU for a while, as soon as its Finish has begun."""
    return meanwhile(at_switchover(seen(host, '"event":"finish"'), held(signal.SIGSTOP, what),
                                   lambda lab: time.sleep(HELD_S), held(signal.SIGCONT, what)))


def is_traced(pid):
    return all("TracerPid:\t0\n" not in (task / "status").read_text()
               for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


def slow_flush(lab):
    """The source's disk takes long to flush what the guest has written."""
    virsh(lab, "a", "qemu-monitor-command", guest(lab), "--hmp",
          'qemu-io -d ide0-0-0 "write 0 4096"')
    delay = int(FLUSH_S * 10**6)
    with subprocess.Popen(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e",
                           f"inject=fdatasync:delay_exit={delay}", "-p", str(qemu_pid(lab, "a"))]) as tracer:
        try:
            need("strace", is_traced, qemu_pid(lab, "a"))
            lab.run("migrate", "a", *P2P, "--unsafe")  # the disk is each host's own
        finally:
            tracer.terminate()


def delayed(lab, port):
    """Carries what both libvirts say to each other, each piece DELAY_S late; runs in host a."""
    code = (pathlib.Path(__file__).parent / "delay_relay.py").as_posix()
    return lab.running("exec", "a", sys.executable, code, str(port), "192.168.77.2", "16509",
                       str(DELAY_S))


def slow_link(lab):
    with delayed(lab, 7100):
        need("the relay", is_listening, lab.run("pid", "a").strip(), 7100)
        lab.run("migrate", "a", *P2P, "--desturi", "qemu+tcp://192.168.77.1:7100/system")


def fast_memory(lab):
    """It is dirtied faster than it can be sent, but QEMU may take its time."""
    dirtied(lab)
    virsh(lab, "a", "migrate-setmaxdowntime", guest(lab), "8000")
    lab.run("migrate", "a", *P2P, "--bandwidth", "200")


def mute_names(lab):
    """The destination's name server does not answer when libvirt asks for the host's own name."""
    resolv = pathlib.Path(lab.directory) / "resolv.conf"
    resolv.write_text("nameserver 192.168.77.1\noptions attempts:1\n")
    with lab.running("exec", "a", "socat", "-u", "UDP4-RECV:53", "/dev/null"):
        lab.run("exec", "b", "mount", "--bind", str(resolv), "/etc/resolv.conf")
        need("the name server", is_listening, lab.run("pid", "a").strip(), 53, "udp")
        lab.run("migrate", "a", *P2P)


def vcpu_tid(pid):
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().startswith("CPU 0/"):
            return int(task.name)
    raise RuntimeError("no vCPU's thread")


HOG = f"""
import os, time
os.sched_setaffinity(0, {{1}})
os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(20))
print("ready", flush=True)
input()
end = time.monotonic() + {STARVED_S}
while time.monotonic() < end:
    pass
"""


def starve(lab, is_ready):
    """The destination's vCPU may run where another process does, which goes before it from Finish on."""
    tid = vcpu_tid(lab.held["qemu"])
    os.sched_setaffinity(tid, {1})
    os.sched_setscheduler(tid, os.SCHED_IDLE, os.sched_param(0))
    with subprocess.Popen([sys.executable, "-c", HOG], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as hog:
        hog.stdout.readline()
        is_ready.set()
        seen("b", '"event":"finish"')(lab)
        hog.stdin.write("go\n")
        hog.stdin.flush()


def starved(lab):
    """What is needed is there before the guest stands still."""
    lab.held = {"qemu": qemu_pid(lab, "b")}
    is_ready = threading.Event()
    thread = threading.Thread(target=starve, args=(lab, is_ready))
    thread.start()
    is_ready.wait(HANGS_S)
    faster(lab)
    thread.join()


@dataclasses.dataclass
class Fault:
    run: typing.Callable
    side: str
    names: tuple  # that the longest part may begin with
    at_least_s: float
    guest: tuple = ()


# What the destination's QEMU does from Finish on: on a busy machine it is stopped later in it.
QEMUS_TURN = ("QMP", "wait for QEMU to load", "QEMU's cont", "block activate", "start preparation", "RESUME event", "start notifiers",
              "vCPU wake-up")

FAULTS = {
    "slow-flush": Fault(slow_flush, "source", ("block drain", "block flush", "block inactivate"), FLUSH_S * 0.9,
                        ("--disk",)),
    "daemon-held": Fault(hold("daemon"), "destination", ("libvirt", "QMP", "reply in transit"), HELD_S * 0.9),
    "qmp-held": Fault(hold("qemu"), "destination", QEMUS_TURN, HELD_S * 0.9),
    "slow-link": Fault(slow_link, "transfer", ("Finish call in transit",), DELAY_S * 0.9),
    "fast-memory": Fault(fast_memory, "source", ("last RAM",), 0.1, ("--memory", "2048")),
    "starved-vcpu": Fault(meanwhile(starved), "destination", ("start notifiers", "vCPU wake-up"),
                          STARVED_S / 3),
    "mute-names": Fault(mute_names, "destination", ("libvirt, cookie and host name",), MUTE_S * 0.9),
}


# The quick ones; all of them where KINDS is "all".
OFTEN = ["slow-flush", "qmp-held", "slow-link"]


def longest(migration, side, names):
    """Of the parts that may be it: on a busy machine any other may be longer."""
    parts = [p for p in migration["breakdown"] if p["side"] == side and p["name"].startswith(names)]
    return max(parts, key=lambda part: part["duration"]["est_ns"], default=None)


def fault(tap, lab, name):
    wanted = FAULTS[name]
    lab.environment["LAB_GUEST"] = name
    lab.run("guest", "a", *wanted.guest)
    lab.forget_recordings()
    start_recorders(lab)
    wanted.run(lab)
    for recorder in lab.recordings:
        recorder.end()
    migrations, done = report(*(recorder.file.name for recorder in lab.recordings))
    tap.equal(f"{name}: one whole migration", (len(migrations), done.returncode, done.stderr), (1, 0, ""))
    part = longest(migrations[0], wanted.side, wanted.names)
    tap.true(f"{name}: its part is there, by its name, and as long as it was made",
             part and wanted.at_least_s * 10**9 <= part["duration"]["est_ns"], migrations[0]["breakdown"])
    tap.equal(f"{name}: the parts add up",
              sum(p["duration"]["est_ns"] for p in migrations[0]["breakdown"]),
              migrations[0]["downtime"]["est_ns"])
    destroy_all(lab)


def main():
    tap = Tap()
    for name in sys.argv[1:] or (FAULTS if os.environ.get("KINDS") == "all" else OFTEN):
        with Lab() as lab:
            tap.run(fault, lab, name)
    tap.end()


if __name__ == "__main__":
    main()
