#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The BPF programs on a stand-in daemon: each event and each byte, and what must not be there."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import types

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from gate import Gate
from recorder import BUILD, MIGTRACE, Recorder
from tap import Tap
from waiting import HANGS_S, need

SOURCE = "11223344-0506-0708-090a-0b0c0d0e0f10"
QEMU = "aa020304-0506-0708-090a-0b0c0d0e0fbb"
DESTINATION = "ff020304-0506-0708-090a-0b0c0d0e0ffe"
TIMES = 23  # a prime: no other count divides it
FEATURE = "  <feature name='0123456789012345678901234567890123456789'/>\n"
STATISTICS = ("\n    <started>1700000000123</started>\n    <stopped>1700000004567</stopped>\n"
              "    <sent>1700000004602</sent>\n    <setup_time>3</setup_time>\n  </statistics>")
COOKIE = ("<qemu-migration>\n  <name>fixture</name>\n" + 4 * FEATURE +
          "  <domain><statistics><started>1</started></statistics><graphics passwd='hunter2'/>"
          f"</domain>\n  <statistics>{STATISTICS}\n  <nbd passwd='hunter2'/>\n</qemu-migration>\n")
HEAD = COOKIE[:256]
BACK_STATISTICS = "\n    <started>1700000000123</started>\n    <delta>-7290</delta>\n  </statistics>"
COOKIE_BACK = f"<qemu-migration>\n  <statistics>{BACK_STATISTICS}\n</qemu-migration>\n"
TIMESTAMP = '{"timestamp": {"seconds": 1746240028, "microseconds": '
RESUME = TIMESTAMP + '540071}, "event": "RESUME"}'

SOURCE_EVENTS = [
    ("perform", "enter", {"uuid_agrees": True, "p2p": True}),
    ("rpc-client-send", "enter", {"proc": 303, "serial": 5, "len": 170}),
    ("rpc-client-receive", "enter",
     {"proc": 303, "serial": 5, "len": 240, "status": 0, "call_len": 170}),
    ("run", "enter", {"uuid_agrees": True}),
    ("monitor-send", "enter", {"command": ""}),  # on no list: not even its name is recorded
    ("monitor-send", "enter", {"command": "migrate"}),
    ("monitor-reply", "enter", {"command": "migrate", "failed": True}),
    ("monitor-send", "enter", {"command": "query-migrate"}),
    ("monitor-reply", "enter", {"command": "query-migrate", "failed": False}),
    ("migration-info", "enter", {
        "status": "active", "total_time_ms": None, "setup_time_ms": None,
        "expected_downtime_ms": 300, "downtime_ms": None, "transferred_bytes": None,
        "remaining_bytes": 4096, "total_bytes": None, "kbit_per_s": 1500,
        "downtime_limit_ms": None, "dirty_pages_per_s": None, "passes": 2}),
    ("error", "enter", {"code": 0, "qemu": True, "message": "no way: password=..."}),
    ("monitor-event", "enter", {"text": TIMESTAMP + '5}, "event": "STOP"}'}),
    ("set-state", "enter", {"state": 3, "reason": 2}),
    ("monitor-event", "enter",
     {"text": TIMESTAMP + '540071}, "event": "MIGRATION", "data": {"status": "device"}}'}),
    ("cookie-format", "enter", {"party": 1}),
    ("cookie-format", "return",
     {"party": 1, "cookie_len": len(COOKIE) + 1, "cookie_head": HEAD}),
    ("cookie-statistics", "enter", {"statistics": STATISTICS}),
    ("run", "return", {"returned": 0}),
    ("perform", "return", {"returned": -3}),
    ("rpc-server-send", "enter",
     {"proc": 305, "serial": 9, "len": 64, "status": 0, "call_len": 500}),
    ("set-state", "enter", {"state": 1, "reason": 1}),  # of a thread that works for no domain
]
DESTINATION_EVENTS = [
    ("prepare", "enter",
     {"uuid_agrees": None, "cookie_len": len(COOKIE) + 1, "cookie_head": HEAD}),
    ("cookie-statistics", "enter", {"statistics": STATISTICS}),
    ("prepare", "return", {"returned": -7}),
    ("rpc-server-send", "enter",
     {"proc": 303, "serial": 5, "len": 240, "status": 0, "call_len": 170}),
    ("finish", "enter",
     {"uuid_agrees": True, "cancelled": False, "cookie_len": len(COOKIE) + 1, "cookie_head": HEAD}),
    ("cookie-statistics", "enter", {"statistics": STATISTICS}),
    ("monitor-send", "enter", {"command": "cont"}),
    ("monitor-reply", "enter", {"command": "cont", "failed": False}),
    ("start-cpus", "enter", {"uuid_agrees": True, "reason": 2}),
    ("start-cpus", "return", {"returned": 0}),
    ("cookie-format", "enter", {"party": 2}),
    ("cookie-format", "return",
     {"party": 2, "cookie_len": len(COOKIE_BACK) + 1, "cookie_head": COOKIE_BACK}),
    ("cookie-statistics", "enter", {"statistics": BACK_STATISTICS}),
    ("finish", "return", {"succeeded": True}),
    ("rpc-server-send", "enter",
     {"proc": 306, "serial": 6, "len": 240, "status": 1, "call_len": 170}),
    ("monitor-close", "enter", {}),
]
COMMON = {"kind", "event", "edge", "ktime_ns", "uuid", "pid", "tid", "comm"}


class Daemon:
    """The stand-in, in network and mount namespaces of its own."""

    def __init__(self, command=(BUILD / "bpf/daemon",)):
        self.process = subprocess.Popen(["unshare", "--net", "--mount", *command], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self.process.pid
        self.do("nothing", 0)  # it is up when it answers

    def do(self, command, count):
        self.process.stdin.write(f"{command} {count}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def events(lines, uuid=None):
    """All but what threads were off their CPUs for, which is as the machine is."""
    return [l for l in lines if l["kind"] == "event" and l["event"] != "sched"
            and uuid in (None, l["uuid"])]


def specific(event):
    """What is not common to all events, without the stamps and hashes that no test can know."""
    return {key: value for key, value in event.items()
            if key not in COMMON | {"call_ktime_ns", "sent_ktime_ns", "dispatch_ktime_ns", "cookie_hash",
                                    "stalled_ns", "longest_stall_ns"}}


def waits(lines):
    """Of each QEMU's pages that were waited for: in all, and the longest, ms."""
    return [(e["stalled_ns"] / 1e6, e["longest_stall_ns"] / 1e6) for e in events(lines)
            if e.get("stalls")]


def every_event_and_byte(tap, way, build="."):
    """Also of a libvirt without SDT probes: by functions, all is the same."""
    daemon = Daemon([BUILD / "bpf" / build / "daemon"])
    recorder = Recorder("--pid", str(daemon.pid), "--test-attach", way)
    way = f"{way}, {build}"
    daemon.do("source", TIMES)
    daemon.do("destination", TIMES)
    lines = recorder.end()
    daemon.end()
    for uuid, expected in ((SOURCE, SOURCE_EVENTS), (DESTINATION, DESTINATION_EVENTS)):
        got = [(e["event"], e["edge"], specific(e)) for e in events(lines, uuid)]
        tap.equal(f"{way}: {TIMES} times the {len(expected)} events of {uuid[:4]}, in order",
                  got, expected * TIMES)
    all_events = events(lines)
    tap.equal(f"{way}: no event of any other domain", len(all_events),
              TIMES * (len(SOURCE_EVENTS) + len(DESTINATION_EVENTS)))
    tap.equal(f"{way}: each names its process", {(e["pid"], e["tid"], e["comm"])
                                          for e in all_events},
              {(daemon.pid, daemon.pid, "daemon")})
    stamps = [e["ktime_ns"] for e in all_events]
    tap.true(f"{way}: stamps rise", stamps == sorted(stamps), stamps)
    answers = [e for e in all_events if "sent_ktime_ns" in e]
    tap.true(f"{way}: each answer has its command's stamp",
             len(answers) == 3 * TIMES and
             all(0 < e["ktime_ns"] - e["sent_ktime_ns"] < 10**9 for e in answers), answers[:4])
    replies = [e for e in all_events if "call_ktime_ns" in e]
    tap.true(f"{way}: each reply has its call's stamp",
             len(replies) == 4 * TIMES and
             all(0 < e["ktime_ns"] - e["call_ktime_ns"] < 10**9 for e in replies), replies[:4])
    served = [e for e in all_events if "dispatch_ktime_ns" in e]
    tap.true(f"{way}: each reply of a worker has the stamp of its beginning with the call",
             len(served) == 3 * TIMES and
             all(e["call_ktime_ns"] < e["dispatch_ktime_ns"] < e["ktime_ns"] for e in served), served[:3])
    hashes = {e["cookie_hash"] for e in all_events
              if e.get("cookie_head") == HEAD}
    tap.equal(f"{way}: the cookie has one hash at both ends", len(hashes), 1)
    tap.equal(f"{way}: end line", lines[-1], {"kind": "end", "hits": lines[-1]["hits"], "lost": 0,
                                              "unreadable": 0})
    tap.true(f"{way}: secrets and other monitors stay in the kernel",
             not any(word in recorder.raw() for word in (b"hunter2", b"secret-uri", b"VNC")),
             recorder.raw())


def filters(tap):
    """Two daemons in one recording, then only one of them by each kind of filter."""
    ours, other = Daemon(), Daemon()
    mine = {"--pid": str(ours.pid), "--netns": f"/proc/{ours.pid}/ns/net",
            "--mntns": str(os.stat(f"/proc/{ours.pid}/ns/mnt").st_ino)}
    for option, value in mine.items():
        recorder = Recorder(option, value)
        ours.do("source", 1)
        other.do("source", 1)
        tap.equal(f"{option} keeps one host's events",
                  [e["pid"] for e in events(recorder.end())], [ours.pid] * len(SOURCE_EVENTS))
    recorder = Recorder()
    ours.do("source", 1)
    other.do("source", 1)
    lines = recorder.end()
    both = {ours.pid, other.pid}  # and whatever else runs on this machine
    tap.equal("without a filter both are recorded",
              sorted(e["pid"] for e in events(lines) if e["pid"] in both),
              sorted(list(both) * len(SOURCE_EVENTS)))
    tap.equal("each daemon is named",
              {l["pid"] for l in lines if l["kind"] == "daemon"} & both, both)
    other.end()
    ours.end()


def forced_loss(tap):
    """A recorder that cannot run while more events come than the ring buffer holds."""
    burst = 20011
    daemon = Daemon()
    recorder = Recorder("--pid", str(daemon.pid))
    daemon.do("source", 1)
    recorder.process.send_signal(signal.SIGSTOP)
    daemon.do("events", burst)
    recorder.process.send_signal(signal.SIGCONT)
    lines = recorder.end()
    daemon.end()
    resumes = sum(e.get("text") == RESUME for e in events(lines))
    tap.true("a full ring buffer loses events", 0 < resumes < burst, resumes)
    tap.equal("recorded and lost events make up all", resumes + lines[-1]["lost"], burst)
    tap.equal("the last look at the clocks has the losses",
              [l["lost"] for l in lines if l["kind"] == "clock"][-1], lines[-1]["lost"])


def other_arguments(tap):
    """Where a cookie is expected and something else is found, that is neither believed nor told."""
    daemon = Daemon()
    recorder = Recorder("--pid", str(daemon.pid))
    daemon.do("other", 1)
    lines = recorder.end()
    daemon.end()
    finish = [e for e in events(lines) if (e["event"], e["edge"]) == ("finish", "enter")]
    tap.equal("something else is no cookie",
              [(e["cookie_len"], e["cookie_hash"], e["cookie_head"]) for e in finish],
              [(0, "0" * 16, "")])
    tap.equal("something else is counted", lines[-1]["unreadable"], 1)
    tap.true("something else stays in the kernel", b"hunter2" not in recorder.raw(),
             recorder.raw())


def probed(recorder, file):
    """In how many files of that name it has all probes by now: the line comes when they are attached."""
    return sum(l["kind"] == "target" and l["file"] == file for l in recorder.so_far())


def later_versions(tap):
    """A libvirt that is installed and started while the recorder runs is probed by itself."""
    daemon = Daemon()
    recorder = Recorder()
    before = probed(recorder, "libvirt_driver_qemu.so")
    with tempfile.TemporaryDirectory() as directory:
        shutil.copytree(BUILD / "bpf", directory, dirs_exist_ok=True)
        program = pathlib.Path(directory) / "libvirtd"
        (pathlib.Path(directory) / "daemon").rename(program)
        later = Daemon([program])
        need("probes in the later version", lambda: probed(recorder, "libvirt_driver_qemu.so") > before)
        later.do("source", TIMES)
        shutil.rmtree(directory)  # as an upgrade does, while the daemon runs on
        os.mkdir(directory)
        restarted = Recorder("--pid", str(later.pid))
        later.do("source", 1)
        lines, again = recorder.end(), restarted.end()
    targets = [l["file"] for l in lines if l["kind"] == "target"]
    ours = [l for l in lines if l.get("pid") == later.pid]
    tap.equal("a later version's daemon is named", [l["kind"] for l in ours][:1], ["daemon"])
    tap.equal("a later version's events come", len(events(ours)),
              (TIMES + 1) * len(SOURCE_EVENTS))
    # A libvirt that runs on this machine anyway is one more, whose library has its version's number.
    tap.true("both files of both versions are targets, each once",
             targets.count("libvirt_driver_qemu.so") >= 2 and
             targets.count("libvirt_driver_qemu.so") ==
             sum(file.startswith("libvirt.so.0") for file in targets), targets)
    tap.equal("a file that was deleted is probed all the same", len(events(again)),
              len(SOURCE_EVENTS))
    later.end()
    daemon.end()


def copy_without(directory, name):
    """Copies the stand-in to the directory, without the function of that name."""
    shutil.copytree(BUILD / "bpf", directory, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("modern", "plain"))
    for path in pathlib.Path(directory).iterdir():
        other = name[:-1] + chr(ord(name[-1]) ^ 1)
        path.write_bytes(path.read_bytes().replace(name.encode(), other.encode()))
    return pathlib.Path(directory) / "daemon"


OTHER = "11111111-2222-3333-4444-555555555555"


def guest(daemon, program, uuid=QEMU):
    """A QEMU of the daemon's host; libvirt tells it its domain on the command line."""
    return Daemon(["nsenter", "-t", str(daemon.pid), "-n", program, "-uuid", uuid])


def states(one, agrees, devices=()):
    """What QEMU's functions give of one migration: that no change is none, nor what is not its time."""
    def event(kind, **fields):
        return (kind, one.pid, QEMU, {**fields, "uuid_agrees": agrees})

    def step(name, about=0, device=None):
        return event("qemu-step", step=name, about=about, kvm_exit_ktime_ns=None, device=device)

    return [step("stop-decided"), step("vcpus-pause"), step("vcpu-stop", 1), step("vcpu-stop", 2),
            event("qemu-run-state", running=False, run_state=7), step("block-drain"),
            event("qemu-migration-state", old=4, new=11, state="pre-switchover", stalls=0),
            event("qemu-migration-state", old=11, new=12, state="device", stalls=2),
            step("devices-save"), *(step("device-save", device=name) for name in devices),
            step("source-cleanup"), step("start-prepare"), step("vcpu-start", 1),
            step("vcpu-start", 2), event("qemu-run-state", running=True, run_state=9)]


def told(lines):
    """A device's description is anywhere in memory."""
    return [(e["event"], e["pid"], e["uuid"], {**specific(e), **({"about": 0} if e.get("device") else {})})
            for e in events(lines)]


def qemu(tap):
    """QEMU's own states, with the UUID that it has itself, of this host's QEMUs only."""
    daemon, other = Daemon(), Daemon()
    guests = [guest(d, BUILD / "bpf/qemu-system-fixture") for d in (daemon, other)]
    for filters in (["--pid", str(daemon.pid)], ["--netns", f"/proc/{daemon.pid}/ns/net"]):
        recorder = Recorder(*filters)
        for one in guests:
            one.do("qemu", TIMES)
        lines = recorder.end()
        tap.equal(f"{filters[0]}: {TIMES} times QEMU's 14 events, no change is none",
                  told(lines), states(guests[0], True) * TIMES)
        tap.true(f"{filters[0]}: a page is waited for from the first request to when it comes",
                 len(waits(lines)) == TIMES and
                 all(20 <= longest <= total < longest + 20 for total, longest in waits(lines)),
                 waits(lines))
    recorder = Recorder("--pid", str(daemon.pid), "--devices")
    guests[0].do("qemu", TIMES)
    tap.equal(f"--devices: {TIMES} times each device, and no part of one", told(recorder.end()),
              states(guests[0], True, ("cpu", "serial")) * TIMES)
    for process in (*guests, other):
        process.end()
    liar, hidden = guest(daemon, BUILD / "bpf/qemu-system-fixture", OTHER), guest(
        daemon, BUILD / "bpf/qemu-kvm")
    recorder = Recorder("--pid", str(daemon.pid))
    liar.do("qemu", 1)
    hidden.do("qemu", 1)
    lines = recorder.end()
    tap.equal("a QEMU whose UUID is not what libvirt told it: both are not believed",
              [e for e in told(lines) if e[1] == liar.pid], states(liar, False))
    tap.equal("a QEMU that exports nothing: by its SDT probe, with the UUID of its command line",
              [e for e in told(lines) if e[1] == hidden.pid],
              [e for e in states(hidden, None) if e[0] == "qemu-run-state"])
    for process in (liar, hidden):
        process.end()
    with tempfile.TemporaryDirectory() as directory:
        program = pathlib.Path(directory) / "qemu-system-new"
        shutil.copy(BUILD / "bpf/qemu-system-fixture", program)
        recorder = Recorder("--pid", str(daemon.pid))
        late = guest(daemon, program)
        need("probes in a QEMU of a new file", lambda: probed(recorder, program.name))
        late.do("qemu", 1)
        lines = recorder.end()
        late.end()
    tap.equal("a QEMU of a new file is probed by itself", told(lines),
              states(late, True))
    daemon.end()


def wait_line(fifo):
    with open(fifo, encoding="ascii") as answers:
        return answers.readline()


def named_anyhow(tap):
    """A QEMU is what a daemon has started, or has a domain's UUID, whatever the name of its program is."""
    with tempfile.TemporaryDirectory() as directory:
        shutil.copytree(BUILD / "bpf", directory, dirs_exist_ok=True)
        here = pathlib.Path(directory)
        (here / "daemon").rename(here / "libvirtd")
        for name in ("one", "other"):
            shutil.copy(here / "qemu-system-fixture", here / name)
        os.mkfifo(here / "orders")
        os.mkfifo(here / "answers")
        os.environ["START"] = f"exec '{here}/one' -uuid {QEMU} <'{here}/orders' 1<>'{here}/answers'"
        daemon = Daemon([here / "libvirtd"])
        running = guest(daemon, here / "other", OTHER)
        none = subprocess.Popen(["nsenter", "-t", str(daemon.pid), "-n", sys.executable, "-c", "input()",
                                 "-uuid", OTHER], stdin=subprocess.PIPE, text=True)
        recorder = Recorder("--pid", str(daemon.pid))
        tap.equal("another name, running: it is probed from the start", probed(recorder, "other"), 1)
        daemon.do("start", 1)
        with open(here / "orders", "w", encoding="ascii") as orders:
            need("probes in what the daemon has started", lambda: probed(recorder, "one"))
            print("qemu 1", file=orders, flush=True)
            wait_line(here / "answers")
            running.do("qemu", 1)
            lines = recorder.end()
        none.communicate("\n")
        running.end()
        daemon.end()
    started = [e["pid"] for e in events(lines) if e["pid"] != running.pid][:1]
    tap.equal("another name, started by the daemon: all of its events",
              [e for e in told(lines) if e[1] in started],
              [e for pid in started for e in states(types.SimpleNamespace(pid=pid), True)])
    files = [l["file"] for l in lines if l["kind"] == "target"]
    tap.equal("another name: what has a UUID and is no QEMU is not probed",
              [files.count(name) for name in ("one", "other", pathlib.Path(sys.executable).resolve().name)], [1, 1, 0])
    tap.equal("another name, running: all of its events",
              [e for e in told(lines) if e[1] == running.pid], states(running, False))


def slow_start(tap):
    """Start notifiers that take longer than a second: each vCPU is seen to start all the same."""
    daemon = Daemon()
    one = guest(daemon, BUILD / "bpf/qemu-system-fixture")
    recorder = Recorder("--pid", str(daemon.pid))
    one.do("slow", 1)
    lines = recorder.end()
    tap.equal("vCPUs that start after more than a second are seen", told(lines), states(one, True))
    starts = [e["ktime_ns"] for e in events(lines) if e.get("step") in ("start-prepare", "vcpu-start")]
    tap.true("and when they did", starts[1] - starts[0] > 1.1e9, starts)
    one.end()
    daemon.end()


def stands(tap):
    """A QEMU that sleeps, is stopped by a signal, and shares its CPU, for 60 ms each."""
    daemon = Daemon()
    guest_ = guest(daemon, BUILD / "bpf/qemu-system-fixture")
    recorder = Recorder("--netns", f"/proc/{daemon.pid}/ns/net")
    guest_.do("qemu", 1)
    need("its first event", lambda: any(l["kind"] == "event" for l in recorder.so_far()))
    guest_.do("stand", 1)
    lines = recorder.end()
    guest_.end()
    daemon.end()
    offs = [l for l in lines if l.get("event") == "sched" and l["tid"] == guest_.pid]
    slept = {e["where"]: e["slept_ns"] / 1e6 for e in offs if e["slept_ns"] > 50e6}
    tap.equal("a QEMU that sleeps and is stopped, and where",
              [any(name in where.split() for where in slept)
               for name in ("hrtimer_nanosleep", "do_signal_stop")], [True, True])
    tap.true("one that is stopped does not want a CPU, one that shares its CPU does",
             sum(e["runnable_ns"] for e in offs if "do_signal_stop" in (e["where"] or "")) < 30e6
             and sum(e["runnable_ns"] for e in offs if not e["slept_ns"]) > 10e6, offs)
    begun = [e["ktime_ns"] for e in events(lines) if e.get("step") == "stop-decided"][-1]
    end = [l for l in lines if l.get("event") == "sched"][-1]
    tap.true("it is said until when all was seen", end["slept_ns"] == end["runnable_ns"] == 0 and
             abs(end["ktime_ns"] - end["watched_ns"] - begun) < 1e6, end)
    tap.equal("they are the domain's, and only its QEMU's",
              {(e["uuid"], e["pid"]) for e in lines if e.get("event") == "sched"},
              {(QEMU, guest_.pid)})


def loads(tap):
    """A QEMU that loads a guest: it waits for the stream, sleeps and is stopped, for 60 ms each."""
    daemon = Daemon()
    guest_ = guest(daemon, BUILD / "bpf/qemu-system-fixture")
    recorder = Recorder("--netns", f"/proc/{daemon.pid}/ns/net")
    guest_.do("qemu", 1)
    need("its first event", lambda: any(l["kind"] == "event" for l in recorder.so_far()))
    guest_.do("load", 1)
    lines = recorder.end()
    guest_.end()
    daemon.end()
    waits = [l for l in lines if l.get("event") == "sched" and l["alone_ns"]]
    slept = {e["where"]: e["slept_ns"] / 1e6 for e in waits if e["slept_ns"] > 50e6}
    tap.equal("who loads sleeps and is stopped, and where",
              [any(name in where.split() for where in slept)
               for name in ("hrtimer_nanosleep", "do_signal_stop")], [True, True])
    tap.true("what it waits for the stream is apart", sum(e["short_slept_ns"] for e in waits) > 50e6 and
             not any("poll" in (e["where"] or "") for e in waits), waits)
    load, loaded = (next(e["ktime_ns"] for e in events(lines) if e.get("step") == step) for step in ("load", "loaded"))
    tap.true("all of it was seen, from its begin to its end", abs(waits[-1]["ktime_ns"] - loaded) < 1e6 and
             abs(waits[-1]["ktime_ns"] - waits[-1]["alone_ns"] - load) < 1e6, (waits[-1], load, loaded))
    tap.equal("it is the domain's", {(e["uuid"], e["pid"], e["tid"]) for e in waits}, {(QEMU, guest_.pid, guest_.pid)})


def client_left(tap):
    """No reply is sent to a client that has gone: the thread's next work is not its domain's."""
    daemon = Daemon()
    recorder = Recorder("--pid", str(daemon.pid), "--test-entries", "3")
    daemon.do("left", TIMES)
    lines = recorder.end()
    daemon.end()
    tap.equal("a client that left: what its call did, and nothing of the next ones",
              [(e["event"], e["edge"], specific(e)) for e in events(lines)],
              SOURCE_EVENTS[:-2] * TIMES)
    tap.equal("a client that left leaves nothing behind: there is room for the next",
              lines[-1]["lost"], 0)


def no_room(tap):
    """What cannot be kept is counted, and a report says of which figures that is why."""
    many, room = 7, 3
    daemon = Daemon()
    recorder = Recorder("--pid", str(daemon.pid), "--test-entries", str(room))
    daemon.do("many", many)
    lines = recorder.end()
    daemon.end()
    known = room - 1  # monitors: the third place is the domain object's, while Perform runs
    sends = 3  # on each monitor, of which each would have made it known
    tap.equal("each monitor that found no room is counted as lost, each time",
              lines[-1]["lost"], (many - known) * sends)
    tap.equal("and those that did are known",
              sum(e["event"] == "monitor-event" and "STOP" in e["text"] for e in events(lines)),
              known)
    report = subprocess.run([MIGTRACE, "report", "--format", "json", recorder.file.name],
                            capture_output=True, text=True, check=False)
    told_of = [json.loads(line) for line in report.stdout.splitlines()]
    tap.true("a report gives no figure that the loss may have changed",
             told_of and all("unknown" in m["downtime_net"] and m["lost_events"] > 0
                             for m in told_of), report.stdout)


def unreadable_text(tap):
    """A monitor's text that cannot be read is lost: it may have been STOP."""
    daemon = Daemon()
    recorder = Recorder("--pid", str(daemon.pid))
    daemon.do("source", 1)
    daemon.do("unreadable", TIMES)
    lines = recorder.end()
    daemon.end()
    tap.equal("unreadable texts of a guest that migrates are lost, and no event",
              (lines[-1]["lost"], len(events(lines))), (2 * TIMES, len(SOURCE_EVENTS)))


def processes_end(tap):
    """What a process had in the kernel goes with it: each finds as much room as the first."""
    daemon = Daemon()
    resting = guest(daemon, BUILD / "bpf/qemu-system-fixture")  # so that its file is probed
    recorder = Recorder("--netns", f"/proc/{daemon.pid}/ns/net", "--test-entries", "4")
    for _ in range(6):
        inside = ["nsenter", "-t", str(daemon.pid), "-n"]
        guest_, other = guest(daemon, BUILD / "bpf/qemu-system-fixture"), Daemon(
            inside + [BUILD / "bpf/daemon"])
        other.do("source", 1)
        guest_.do("qemu", 1)
        for one in (other, guest_):
            one.end()
    lines = recorder.end()
    resting.end()
    daemon.end()
    tap.equal("six daemons and guests, one after the other, find room for four",
              (lines[-1]["lost"], sum(e["event"] == "perform" for e in events(lines)),
               sum(e.get("step") == "vcpu-start" for e in events(lines))), (0, 12, 12))


def kept_by(pid):
    """The programs and maps that the process holds, as bpftool shows them."""
    numbers = {"prog": set(), "map": set()}
    for path in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        for kind, number in re.findall(r"^(prog|map)_id:\s+(\d+)$", path.read_text(), re.M):
            numbers[kind].add(number)
    bpftool = shutil.which("bpftool", path=os.environ["PATH"] + ":/usr/sbin")
    return {kind: [json.loads(subprocess.check_output([bpftool, "-j", kind, "show", "id", n]))
                   for n in sorted(ids)] for kind, ids in numbers.items()}, bpftool


def as_before(tap, pid, names):
    """How many instructions the verifier walked through, of each program; kernels differ in how many they prune."""
    release = ".".join(os.uname().release.split(".")[:2])
    gate, verified = Gate(f"bpf-{release}"), {}
    for path in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        said = dict(re.findall(r"^(prog_id|verified_insns):\s+(\d+)$", path.read_text(), re.M))
        if len(said) == 2 and said["prog_id"] in names:
            verified[names[said["prog_id"]]] = int(said["verified_insns"])
    if gate.was or "UPDATE" in os.environ:
        gate.check(tap, f"programs on Linux {release}", verified)
    else:
        print(f"# Linux {release}: the verifier walked through {sum(verified.values())} instructions; there is no number of before")


def in_the_kernel(tap):
    """Nothing is kept by CPU, nothing is evicted, and each uprobe's program has a tail call."""
    daemon = Daemon()
    recorder = Recorder("--pid", str(daemon.pid))
    kept, bpftool = kept_by(recorder.process.pid)
    maps = {m["name"]: m["type"] for m in kept["map"] if not m["name"].startswith("migtrace")}
    hashes = ("asked", "awaited", "calls", "children", "commands", "emulators", "guests", "kvm_exits", "limits",
              "monitor_events", "monitor_threads", "offs", "places", "disk_ids", "disk_places", "domains", "ports", "processes", "servings", "sockets", "started",
              "tap_indexes", "threads", "vcpu_places")
    tap.equal("maps: by hash, without eviction, none by CPU", maps,
              {**{name: "hash" for name in hashes}, "events": "ringbuf", "switches": "ringbuf",
               "sites": "array", "programs": "prog_array"})
    tap.true("maps: sizes come from the number of CPUs", [m["max_entries"] for m in kept["map"]
             if m["name"] == "kvm_exits"] == [1024 + 64 * possible_cpus()], kept["map"])
    uprobes = {p["name"]: p["id"] for p in kept["prog"] if p["type"] == "kprobe"}
    tap.equal("programs of uprobes", sorted(uprobes),
              ["cookie_hit", "disk_hit", "monitor_hit", "pages_hit", "phase_hit", "probe_hit", "qemu_hit",
               "rpc_hit", "statistics_hit"])
    without = [name for name, number in uprobes.items() if "bpf_tail_call" not in
               subprocess.check_output([bpftool, "prog", "dump", "xlated", "id", str(number)],
                                       text=True)]
    tap.equal("each has a tail call, by which no kernel gives it a private stack", without, [])
    watched = uprobes.keys() | {p["name"] for p in kept["prog"]} & {"kvm_exit_seen"}
    infos = [os.readlink(path) for path in pathlib.Path(f"/proc/{recorder.process.pid}/fd").iterdir()]
    infos = [pathlib.Path(info).read_text() for info in infos if "/fdinfo/" in info]
    tap.equal("of each whose skipped runs matter the recorder can read how many there were",
              (len(infos), all("recursion_misses:" in info for info in infos)), (len(watched), True))
    tap.true("the kernel knows their source lines", all(p.get("btf_id") for p in kept["prog"]),
             kept["prog"])
    as_before(tap, recorder.process.pid, {str(p["id"]): p["name"] for p in kept["prog"]})
    recorder.end()
    daemon.end()


def possible_cpus():
    last = pathlib.Path("/sys/devices/system/cpu/possible").read_text().strip()
    return int(last.rsplit("-", 1)[-1]) + 1


def private_stack(tap):
    """A program that a task could lose by preemption: where the kernel makes one, nothing is attached."""
    daemon = Daemon()
    has_private_stacks = tuple(int(n) for n in os.uname().release.split(".")[:2]) >= (6, 13)
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory) / "out"
        done = subprocess.run([MIGTRACE, "record", "--pid", str(daemon.pid), "-d", "100ms",
                               "--test-private-stack", "-o", out], capture_output=True, text=True,
                              check=False)
        tap.equal("a program with a private stack: nothing is attached, and it says why",
                  (done.returncode, out.exists(), "private stacks" in done.stderr,
                   "nothing is attached" in done.stderr),
                  (1, False, True, True) if has_private_stacks else (0, True, False, False))
    daemon.end()


def doctor(tap):
    """What can be measured with the stand-in, and what not when one vital function is not there."""
    daemon = Daemon()
    done = subprocess.run([MIGTRACE, "doctor", "--json", "--pid", str(daemon.pid)],
                          capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    found = {p["name"]: (p["how"], p["why_not"]) for t in told["targets"] for p in t["probes"]}
    tap.equal("doctor: all is well with the stand-in",
              (done.returncode, told["can_measure_downtime"], told["missing_privileges"]),
              (0, True, []))
    tap.equal("doctor: three ways to find a probe",
              [found[name] for name in ("qemuMigrationSrcPerform", "qemuMigrationSrcRun",
                                        "rpc_client_msg_rx")],
              [(".dynsym", None), ("name string", None), ("SDT", None)])
    tap.equal("doctor: what the stand-in lacks", found["qemuMigrationSrcBegin"],
              (None, "no such function in this file"))
    daemon.end()
    with tempfile.TemporaryDirectory() as directory:
        daemon = Daemon([copy_without(directory, "qemuMigrationDstFinish")])
        done = subprocess.run([MIGTRACE, "doctor", "--pid", str(daemon.pid)],
                              capture_output=True, text=True, check=False)
        recorder = Recorder("--pid", str(daemon.pid))
        lines = recorder.end()
        daemon.end()
    tap.equal("doctor: a vital function that is not there", done.returncode, 1)
    tap.true("doctor: says what is lost without it",
             re.search(r"qemuMigrationDstFinish +NOT PROBED\n +no such function.*\n +without it: transfer",
                       done.stdout) and "CANNOT be measured" in done.stdout, done.stdout)
    asked = done.stdout.partition("please send us")[2].partition("\nlooked for in")[0]
    tap.equal("doctor: says what to send of files in which not all was found", re.findall(r"^  (.*)", asked, re.M),
              ["cat /etc/os-release", f"rpm -qf {directory}/libvirt.so.0", f"rpm -qf {directory}/libvirt_driver_qemu.so"])
    tap.true("the recording says what was not probed",
             {"name": "qemuMigrationDstFinish", "why": "no such function in this file"} in
             [m for l in lines if l["kind"] == "target" for m in l["missing"]], lines[:4])


def cache(tap):
    """What is known of a build holds for the same bytes only: a build-id can be a lie."""
    driver = BUILD / "bpf/libvirt_driver_qemu.so"
    with tempfile.TemporaryDirectory() as directory:
        other = copy_without(directory, "qemuMigrationDstFinish").parent / driver.name
        same = pathlib.Path(directory) / "libvirt_driver_qemu.so.2"
        shutil.copy(driver, same)
        done = subprocess.run([MIGTRACE, "doctor", "--json", driver, other, same], text=True,
                              capture_output=True, check=False)
    targets = json.loads(done.stdout)["targets"]
    tap.equal("cache: one build-id in three files", len({t["build_id"] for t in targets}), 1)
    tap.equal("cache: what is not in one of them is not found there",
              [next(p["how"] for p in t["probes"] if p["name"] == "qemuMigrationDstFinish")
               for t in targets], [".dynsym", None, ".dynsym"])


def kernel_damages_stacks():
    major, minor = (int(n) for n in os.uname().release.split(".")[:2])
    return (6, 18) <= (major, minor) < (7, 2)


def modern(tap):
    """Functions that begin with endbr64, and SDT sites that are nops of five bytes."""
    daemon = Daemon([BUILD / "bpf/modern/daemon"])
    recorder = Recorder("--pid", str(daemon.pid))
    daemon.do("source", TIMES)
    lines = recorder.end()
    daemon.end()
    refused = {m["name"]: m["why"] for l in lines if l["kind"] == "target" for m in l["missing"]
               if "nop" in m["why"]}
    expected = [e for e in SOURCE_EVENTS
                if not kernel_damages_stacks() or not e[0].startswith(("rpc", "monitor", "migration-info", "error"))]
    tap.equal("modern: the functions' events come, with their arguments",
              [(e["event"], e["edge"], specific(e)) for e in events(lines)
               if e["event"] != "start-cpus"],  # the reply that ends the phase may be unseen
              expected * TIMES)
    tap.equal("modern: SDT sites that the kernel would do harm at are refused",
              len(refused), 8 if kernel_damages_stacks() else 0)
    tap.equal("modern: and nothing else is", lines[-1]["unreadable"], 0)


def other_domain(tap):
    """The UUID of the access check and that of the domain object disagree: it is told."""
    daemon = Daemon()
    recorder = Recorder("--pid", str(daemon.pid))
    daemon.do("mixed", 1)
    lines = recorder.end()
    daemon.end()
    tap.equal("two UUIDs that disagree", [e["uuid_agrees"] for e in events(lines)
                                          if e["event"] == "perform" and e["edge"] == "enter"],
              [False])


def killed(tap):
    daemon = Daemon()
    recorder = Recorder("--pid", str(daemon.pid))
    daemon.do("source", TIMES)
    need("events", lambda: len(events(recorder.so_far())) >= TIMES * len(SOURCE_EVENTS))
    lines = recorder.end(signal.SIGKILL)
    daemon.end()
    tap.equal("after kill -9 every line is whole and there",
              len(events(lines)), TIMES * len(SOURCE_EVENTS))


def ends(tap):
    """Each way to end a recording ends it with its end line and status 0."""
    daemon = Daemon()
    for name, sig in (("SIGINT", signal.SIGINT), ("SIGTERM", signal.SIGTERM)):
        recorder = Recorder("--pid", str(daemon.pid))
        lines = recorder.end(sig)
        tap.equal(f"{name} ends it in order", (recorder.process.returncode, lines[-1]["kind"]),
                  (0, "end"))
    start = time.monotonic()
    done = subprocess.run([MIGTRACE, "record", "--pid", str(daemon.pid), "--duration", "700ms"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    took = time.monotonic() - start
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    tap.equal("--duration ends it in order, on stdout",
              (done.returncode, lines[0]["kind"], lines[-1]["kind"]), (0, "header", "end"))
    tap.true("--duration: it took no less", 0.7 <= took, took)
    kept = tempfile.NamedTemporaryFile()
    kept.write(b"an older recording")
    kept.flush()
    subprocess.run([MIGTRACE, "record", "--pid", "1", "-o", kept.name], check=False,
                   stderr=subprocess.DEVNULL)
    tap.equal("a file is kept where nothing can be recorded",
              pathlib.Path(kept.name).read_bytes(), b"an older recording")
    daemon.end()


def output_ends(tap):
    """A reader that has had enough ends it without a word, and at once; a full disk with one."""
    daemon = Daemon()
    for command in (["record"], ["live"], ["live", "--json"], ["wait", "beat"]):
        name = " ".join(command)
        command = [MIGTRACE, *command, "--pid", str(daemon.pid)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as process:
            if "--json" not in command:  # which prints nothing before the first migration
                process.stdout.readline()
            process.stdout.close()
            try:
                said = process.communicate(timeout=HANGS_S)[1]
            finally:
                process.kill()
            tap.equal(f"{name}: nobody reads it any more", (process.returncode, "write" in said),
                      (-signal.SIGPIPE, False))
        with open("/dev/full", "wb") as full:
            done = subprocess.run(command + ["-d", "1s"] * (name != "wait beat"), stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=HANGS_S, check=False)
        tap.equal(f"{name}: a full disk", (done.returncode, done.stderr.count("write"),
                                           "cannot write to stdout: No space left" in done.stderr),
                  (1, 1, True))
    daemon.end()


def fill(folder):
    """To the last block of its disk."""
    with contextlib.suppress(OSError), open(folder / "filler", "ab", buffering=0) as filler:
        while True:
            filler.write(b"x" * 512)


def resident_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def full_disk(tap):
    """-o on a disk that is full: what comes is held, and written when there is room; what is more is told as lost."""
    daemon = Daemon()
    with tempfile.TemporaryDirectory() as name:
        folder, file = pathlib.Path(name), pathlib.Path(name) / "kept.jsonl"
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], check=True)
        with subprocess.Popen([MIGTRACE, "record", "--pid", str(daemon.pid), "-o", file], stderr=subprocess.PIPE,
                              text=True) as process:
            try:
                full_disk_of(tap, daemon, process, folder, file)
            finally:
                process.kill()
                subprocess.run(["umount", "--lazy", folder], check=True)
    daemon.end()


def said(process):
    """The next line that is not about probes: the stand-in lacks some."""
    return next(line for line in process.stderr if "not probed" not in line)


def waits_in_poll(pid):
    return pathlib.Path(f"/proc/{pid}/syscall").read_text().split()[0] == "7"


def full_disk_of(tap, daemon, process, folder, file):
    def so_far():
        return [json.loads(line) for line in file.read_bytes().rpartition(b"\n")[0].splitlines()]

    need("it records", lambda: file.exists() and b'"kind":"clock"' in file.read_bytes())
    fill(folder)
    daemon.do("source", TIMES)
    tap.equal("a full disk is said once, and waited for", said(process),
              f"migtrace: {file}: no room on its disk: waiting for it\n")
    (folder / "filler").unlink()
    tap.equal("with room again nothing was lost, which is said", said(process),
              f"migtrace: {file}: there is room again; 0 records were lost\n")
    need("all events", lambda: len(events(so_far())) >= TIMES * len(SOURCE_EVENTS))
    tap.equal("each event is there", len(events(so_far())), TIMES * len(SOURCE_EVENTS))
    fill(folder)
    before = resident_kib(process.pid)
    need("what may be held is held", lambda: daemon.do("source", 100) or resident_kib(process.pid) > before + 900)
    daemon.do("source", 300)
    need("all of it was read", waits_in_poll, process.pid)
    tap.equal("full again: it goes on", said(process),
              f"migtrace: {file}: no room on its disk: waiting for it\n")
    subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
    lost = int(re.search(r"there is room again; (\d+) records were lost", said(process))[1])
    process.send_signal(signal.SIGINT)
    process.wait()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    told = [line["lost"] for line in lines if line["kind"] == "clock"]
    tap.true("what was more is lost, and counted", lost > 0 and told[0] == 0 and told[-1] >= lost and
             lines[-1]["lost"] >= lost, (lost, told[-1]))
    tap.equal("each line is whole, in order, and what was lost is no success", (lines[0]["kind"], lines[-1]["kind"], process.returncode), ("header", "end", 3))


TESTS = [(every_event_and_byte, "multi"), (every_event_and_byte, "perf"), (every_event_and_byte, "multi", "plain"),
         (filters,), (forced_loss,), (other_arguments,),
         (later_versions,), (qemu,), (named_anyhow,),
         (slow_start,), (stands,), (loads,),
         (client_left,), (no_room,), (unreadable_text,),
         (processes_end,), (in_the_kernel,), (private_stack,),
         (doctor,), (cache,), (other_domain,),
         (modern,), (killed,), (ends,),
         (output_ends,), (full_disk,)]


def main():
    """All of them, or those that are named."""
    tap = Tap()
    for test, *arguments in TESTS:
        if not sys.argv[1:] or test.__name__ in sys.argv[1:]:
            tap.run(test, *arguments)
    tap.end()


if __name__ == "__main__":
    main()
