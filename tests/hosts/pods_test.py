#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two pods of one node, as KubeVirt has them, and where the recorder may be: on the node, or in a pod of its own."""
import pathlib
import signal
import subprocess
import sys

TESTS = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "e2e")]
from e2e_test import report
from kinds import P2P
from lab import Lab
from live import Live
from live_test import is_recording
from machine import is_inside, run_inside
from recorder import MIGTRACE, Recorder
from rows import run_each
from tap import Tap
from waiting import need
from ways import unix_sockets

ONE_CLOCK = {"est_ns": 0, "lo_ns": 0, "hi_ns": 0, "how": "one clock"}
HIDDEN = ("migtrace: no libvirt daemon yet: recording from the first one's start on\n"
          "migtrace: of this PID namespace: to record all of the host's, run in its own (hostPID: true)\n")


def migrate(lab):
    """There and back, through relays: each pod sees nothing but unix sockets."""
    with unix_sockets(lab) as options:
        for host in "ab":
            lab.run("migrate", host, *P2P, *options[host])


def told(migrations):
    return [(m["domain"]["name"], m["source"]["host"], m["destination"]["host"], m["outcome"], m["matched"],
             m["lost_events"], m["clock"]["offset"]) for m in migrations]


BOTH = [("beat", "host-a", "host-b", "completed", "cookie", 0, ONE_CLOCK),
        ("beat", "host-b", "host-a", "completed", "cookie", 0, ONE_CLOCK)]


def recorded(tap, lab, name, *prefix):
    """One recorder of the node: who runs it may be a pod that sees the node's processes."""
    with Recorder(prefix=prefix) as recorder:
        migrate(lab)
        recorder.process.send_signal(signal.SIGINT)
        said = recorder.process.communicate()[1]
        lines = recorder.lines()
        migrations, done = report(recorder.file.name)
    tap.equal(f"{name}: both ways, each whole, by the clock that they share", told(migrations), BOTH)
    tap.equal(f"{name}: each file is probed once, and nothing is said",
              (sum(line["kind"] == "target" for line in lines), said, done.stderr), (3, "", ""))


def on_the_node(tap, lab):
    """One recorder for the node: one clock, and each side is a daemon's."""
    recorded(tap, lab, "on the node")


def with_host_pid(tap, lab):
    """privileged and hostPID: all namespaces but that of the processes are the pod's own."""
    recorded(tap, lab, "a pod with hostPID", "unshare", "--mount", "--uts", "--ipc", "--net", "--cgroup")


def without_host_pid(tap, lab):
    """It sees no other pod: that is said, with what to do."""
    done = subprocess.run(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", MIGTRACE, "record", "-o",
                           f"{lab.directory}/hidden.jsonl", "--duration", "1s"], text=True, capture_output=True, check=False)
    tap.equal("a pod without hostPID: said, with what to do", (done.returncode, done.stderr), (0, HIDDEN))


def inside(lab, host):
    """A command that records in a pod, as kubectl exec would start it there."""
    return f"nsenter -t {lab.run('pid', host).strip()} -m -u -i -n -p {MIGTRACE} record -o - --answer"


def by_exec(tap, lab):
    """A recorder in each pod, started there by --peer-command as by kubectl exec; the pods' pids are their own."""
    records = pathlib.Path(lab.directory) / "records"
    with Live("--json", "--netns", "/proc/self/ns/net", "--record", records, "--peer-command", inside(lab, "a"),
              "--peer-command", inside(lab, "b")) as live:
        need("recorders in the pods", is_recording, *(pathlib.Path(f"{records}.peer-{number}") for number in (1, 2)))
        migrate(lab)
        live.wait_for("migtrace.migration/1", count=2)
        status = live.end()
    tap.equal("by exec into each: both ways, each whole, by the clock that they share", told(live.reports()), BOTH)
    tap.equal("by exec into each: a good end", status, 0)


def main():
    if not is_inside():
        sys.exit(run_inside())
    tap = Tap()
    with Lab("--pods") as lab:
        lab.run("guest", "a")
        tests = (on_the_node, with_host_pid, without_host_pid, by_exec)
        run_each(tap, "pods_test", tests, tests, lab)
    tap.end()


if __name__ == "__main__":
    main()
