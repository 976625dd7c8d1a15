#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts of other shapes than two daemons of one file system: what is found, matched and recorded there."""
import collections
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from e2e_test import report
from kinds import MODULAR, P2P, daemon_pid
from lab import Lab, lacks_daemons
from pods import pods
from recorder import MIGTRACE, Recorder
from tap import Tap
from waiting import need


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


AHEAD_S = 7.3  # of host a's clock, by which host b's recorder is made to stamp
TUNNELLED = [*P2P, "--tunnelled"]
POSTCOPY = [*P2P, "--postcopy", "--postcopy-after-precopy"]


def by_tls(lab, host):
    """libvirt's connection to the other host, and QEMU's."""
    there = {"a": "192.168.77.2", "b": "192.168.77.1"}[host]
    return [*P2P, "--tls", "--desturi", f"qemu+tls://{there}/system?pkipath={lab.directory}/tls"]


@contextlib.contextmanager
def recorded_lab(*options):
    with Lab(*options) as lab, contextlib.ExitStack() as stack:
        lab.run("guest", "a")
        yield lab, [stack.enter_context(Recorder("--stats", "--netns", lab.run("netns", host).strip(), *clock))
                    for host, clock in (("a", ["--test-clock-offset=0s"]), ("b", [f"--test-clock-offset={AHEAD_S}s"]))]


def events(lines, kind):
    return [line for line in lines if line.get("event") == kind]


def rewritten(recorders, drop):
    """What is reported of recordings without those kinds of events."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".jsonl")) for _ in recorders]
        for file, recorder in zip(files, recorders):
            file.writelines(json.dumps(line) + "\n" for line in recorder.lines() if line.get("event") not in drop)
            file.flush()
        return report(*(file.name for file in files))[0]


def width(migration):
    return migration["clock"]["offset"]["hi_ns"] - migration["clock"]["offset"]["lo_ns"]


def contains_truth(tap, name, migrations):
    """The hosts' clocks are one; what host b's recorder stamps is AHEAD_S ahead."""
    for migration in migrations:
        truth = int(AHEAD_S * 10**9) * (1 if migration["destination"]["host"] == "host-b" else -1)
        offset = migration["clock"]["offset"]
        tap.true(f"{name}, to {migration['destination']['host']}: the offset contains the truth",
                 offset.get("lo_ns", 2**63) <= truth <= offset.get("hi_ns", -2**63), migration["clock"])


def answered(tap, name, ended):
    """virtqemud says by its own socket what libvirtd would: asked on both hosts, and as the source's event."""
    told = collections.Counter((line["from"], line.get("type")) for lines in ended for line in lines
                               if line["kind"] == "stats")
    tap.equal(f"{name}: libvirt's numbers, asked for and by event", told, {("asked", 3): 8, ("event", 3): 4})


def joined(tap, name, lines, serials):
    """Both connections of the proxy: what it passed on is what virtqemud replied to, meanwhile."""
    proxied, served = events(lines, "rpc-proxy-send"), events(lines, "rpc-server-send")
    inner = [(p, s) for p in proxied for s in served
             if (p["uuid"], p["proc"], p["passed_serial"], p["call_len"], p["len"]) ==
             (s["uuid"], s["proc"], s["serial"], s["call_len"], s["len"]) and
             p["call_ktime_ns"] < s["call_ktime_ns"] < s["ktime_ns"] < p["ktime_ns"] and p["pid"] != s["pid"]]
    tap.equal(f"{name}: calls that were passed on", [p["proc"] for p in proxied], serials)
    tap.equal(f"{name}: each wraps one call of virtqemud's", [p for p, _ in inner], proxied)


def modular(tap):
    """virtqemud behind virtproxyd on both hosts: the messages between the hosts are the proxy's."""
    if lacks_daemons(tap, "modular"):
        return
    with recorded_lab("--tls", *MODULAR) as (lab, recorders):
        for host, options in zip("abab", (P2P, TUNNELLED, POSTCOPY, by_tls(lab, "b"))):
            lab.run("migrate", host, *options)
        ended = [recorder.end() for recorder in recorders]
        migrations, said = report(*(recorder.file.name for recorder in recorders))
        unproxied = rewritten(recorders, {"rpc-proxy-send"})
        by_rpc = rewritten(recorders, {"tcp-state", "qemu-ping", "qemu-pong", "qemu-shut"})
    tap.equal("modular: completed, whole, without a word",
              ([(m["outcome"], m["matched"], m["lost_events"]) for m in migrations], said.stderr),
              ([("completed", "cookie", 0)] * 4, ""))
    for host, lines, serials in zip("ab", ended, ([304, 306, 303, 306], [303, 306, 303, 306])):
        joined(tap, f"modular, host {host}", lines, serials)
    answered(tap, "modular", ended)
    contains_truth(tap, "modular", migrations)
    contains_truth(tap, "modular, by rpc alone", by_rpc)
    tap.equal("modular: four more messages than without the proxy's, each time",
              [m["clock"]["messages"] - u["clock"]["messages"] for m, u in zip(migrations, unproxied)], [4] * 4)
    tap.equal("modular: tunnelled, they are the bound", migrations[1]["clock"]["from"], ["rpc"])
    tap.true("modular: tunnelled, it is tighter than without", width(migrations[1]) < width(unproxied[1]),
             (migrations[1]["clock"], unproxied[1]["clock"]))
    names = [[p["name"] for p in m["breakdown"] if p["side"] == "transfer"] for m in migrations]
    tap.equal("modular: the proxy's share of the downtime is told", [n.count("proxy daemon") for n in names], [1] * 4)


def at_once(lab, names):
    """Migrates them from a to b at the same time: their calls have the same serials and lengths."""
    threads = [threading.Thread(target=lab.run, args=("migrate", "a", *P2P), kwargs={"guest": name}) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def one_modular(tap):
    """libvirtd on host a, virtqemud on host b: two guests there at once, and one back."""
    if lacks_daemons(tap, "one modular"):
        return
    with recorded_lab("--shape-b", "modular") as (lab, recorders):
        lab.run("guest", "a", "also")
        at_once(lab, ["beat", "also"])
        lab.run("migrate", "b", *P2P)
        for recorder in recorders:
            recorder.end()
        migrations, said = report(*(recorder.file.name for recorder in recorders))
        by_rpc = rewritten(recorders, {"tcp-state", "qemu-ping", "qemu-pong", "qemu-shut"})
        proxied = [events(recorder.lines(), "rpc-proxy-send") for recorder in recorders]
    tap.equal("one modular: completed, whole, without a word",
              ([(m["outcome"], m["matched"], m["lost_events"]) for m in migrations], said.stderr),
              ([("completed", "cookie", 0)] * 3, ""))
    tap.equal("one modular: only host b's calls are passed on, each for its domain",
              [collections.Counter(line["proc"] for line in lines if line["uuid"] == m["domain"]["uuid"])
               for lines in proxied for m in migrations[:2]], [{}] * 2 + [{303: 1, 306: 1}] * 2)
    contains_truth(tap, "one modular", migrations)
    contains_truth(tap, "one modular, by rpc alone", by_rpc)
    tap.equal("one modular: bound by rpc all ways", [m["clock"]["from"] for m in by_rpc], [["rpc"]] * 3)


USER = 65534
SESSION = """
    mkdir -p "$1/run" "$1/.config/libvirt"
    printf 'stdio_handler = "file"\nmigration_host = "%s"\nmigration_address = "%s"\n' "$2" "$2" >"$1/.config/libvirt/qemu.conf"
    printf 'host_uuid = "%s"\n' "$3" >"$1/.config/libvirt/libvirtd.conf"
    chown -R "$0:$0" "$1" && chmod 700 "$1/run"
    exec setpriv --reuid "$0" --regid "$0" --clear-groups env -i PATH="$PATH" HOME="$1" XDG_RUNTIME_DIR="$1/run" \\
        libvirtd >"$1.log" 2>&1
"""


def session_uri(lab, host):
    return f"qemu+unix:///session?socket={lab.directory}/{host}/user/run/libvirt/libvirt-sock"


@contextlib.contextmanager
def sessions(lab):
    """A libvirtd of a user on each host, beside the system's: it has one socket, which is closed to all others."""
    directory = pathlib.Path(lab.directory)
    for path in (directory, directory / "a", directory / "b"):
        path.chmod(0o711)
    with contextlib.ExitStack() as stack:
        for host, address in (("a", "192.168.77.1"), ("b", "192.168.77.2")):
            stack.enter_context(lab.running("exec", host, "sh", "-c", SESSION, str(USER), f"{directory}/{host}/user",
                                            address, str(uuid.uuid4())))
            need(f"host {host}: a session daemon", lambda at=host: subprocess.run(
                ["virsh", "-c", session_uri(lab, at), "uri"], capture_output=True, check=False).returncode == 0)
        yield


def of_user(lab, serial="type='null'>"):
    """The guest's definition; TCG, as KVM is not everyone's."""
    loader = (pathlib.Path(lab.directory) / "firmware").read_text().strip()
    return f"""<domain type='qemu'><name>users</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
        <os><type arch='x86_64' machine='pc'>hvm</type>{f"<loader type='rom'>{loader}</loader>" if loader else ""}
        <kernel>{lab.directory}/guest.elf</kernel></os>
        <devices><controller type='usb' model='none'/><memballoon model='none'/><serial {serial}</serial></devices></domain>"""


def session(tap):
    """Several daemons of one host, one of them a user's: libvirt's numbers are asked of the one that migrates."""
    with Lab() as lab, sessions(lab):
        (pathlib.Path(lab.directory) / "guest.elf").chmod(0o644)
        subprocess.run(["virsh", "-c", session_uri(lab, "a"), "create", "/dev/stdin"], input=of_user(lab), text=True,
                       capture_output=True, check=True)
        with contextlib.ExitStack() as stack:
            recorders = [stack.enter_context(Recorder("--stats", "--netns", lab.run("netns", host).strip()))
                         for host in "ab"]
            subprocess.run(["virsh", "-c", session_uri(lab, "a"), "migrate", "--live", "--p2p", "users",
                            session_uri(lab, "b"), "--migrateuri", "tcp://192.168.77.2:49555"],
                           capture_output=True, check=True)
            told = [collections.Counter((line["from"], line.get("type")) for line in recorder.end()
                                        if line["kind"] == "stats") for recorder in recorders]
            migrations, said = report(*(recorder.file.name for recorder in recorders))
    tap.equal("session: one migration, whole", ([(m["outcome"], m["matched"], m["domain"]["name"], "est_ns" in m["downtime"])
                                                 for m in migrations], said.stderr),
              ([("completed", "cookie", "users", True)], ""))
    # The source's guest is gone with its job's numbers: what was heard of them is left.
    tap.equal("session: the source's daemon says when its job is done, and the destination's is asked",
              (told[0]["event", 3], told[1]), (1, {("asked", 3): 1}))


def main():
    tap = Tap()
    tap.run(proc_of_another)
    tap.run(inside_a_pod)
    tap.run(containers_of_one_image)
    tap.run(many_pods)
    tap.run(modular)
    tap.run(one_modular)
    tap.run(session)
    tap.end()


if __name__ == "__main__":
    main()
