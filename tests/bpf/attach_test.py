#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Attaching and detaching: what cannot be probed costs that alone and is named; detaching is fast."""
import contextlib
import ctypes
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from bpf_test import SOURCE_EVENTS, Daemon, events
from recorder import BUILD, MIGTRACE, Recorder
from tap import Tap
from waiting import HANGS_S, eventually

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
                          capture_output=True, timeout=HANGS_S, check=False)


def missing(lines):
    return {one["name"]: one["why"] for line in lines if line["kind"] == "target"
            for one in line["missing"]}


TRIES = 10  # on a busy machine all may have ended when we look


def recorders():
    """The recorders of this test, by their pids; others of what is built run beside it."""
    found = set()
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "exe") == str(MIGTRACE) and b"--test-attach" in (process / "cmdline").read_bytes():
                found.add(int(process.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):  # ended, or another machine's init
            continue
    return found


def detached():
    """Waits until all recorders have ended; returns those that have not."""
    eventually(lambda: not recorders())
    return recorders()


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
              [name for name, *_ in SOURCE_EVENTS if name not in ("monitor-reply", "migration-info", "error")] * 2)
    tap.equal(f"{way}: the recording says which, and why",
              missing(lines).get("qemu_monitor_recv_reply"), REASON)
    tap.equal(f"{way}: and so does stderr", [line for line in said.splitlines() if REASON in line],
              [f"migtrace: not probed: qemu_monitor_recv_reply: {REASON}"])
    tap.equal(f"{way}: that is no failure", recorder.process.returncode, 0)


def vital_refused(tap, way):
    """Without it there is no downtime: nothing is recorded, unless that is wanted."""
    detached()  # our own probe has a semaphore, which would keep the other tool out
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


def held_besides_probes():
    """What the only process that is left has open; waits until it has closed what it does not need."""
    def besides():
        held = {os.readlink(fd) for pid in recorders()
                for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir() if os.path.lexists(fd)}
        return {name for name in held if not re.match(r"anon_inode:(\[perf_event\]|bpf[-_]link)", name)}
    eventually(lambda: not besides())
    return besides()


@contextlib.contextmanager
def at_once():
    """We go before all others that want a CPU."""
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def ended_first(daemon):
    """Returns what a recorder that has ended had recorded, and which of its processes were left then."""
    detached()
    recorder = Recorder("--pid", str(daemon.pid), "--test-attach", "perf")
    daemon.do("source", 1)
    with at_once():
        recorder.process.send_signal(signal.SIGINT)
        recorder.process.wait()
        left = recorders()
    return recorder.lines(), left


def detaching(tap):
    """Perf events take the kernel a grace period each: whoever ends the recorder does not wait."""
    daemon = Daemon()
    for _ in range(TRIES):
        lines, left = ended_first(daemon)
        if left:
            break
    tap.equal("perf: all events are there", len(events(lines)), len(SOURCE_EVENTS))
    tap.true("perf: it ends while another process still detaches", left, left)
    tap.equal("perf: what detaches holds nothing but the probes", held_besides_probes(), set())
    again = Recorder("--pid", str(daemon.pid), "--test-attach", "perf")
    daemon.do("source", 3)
    lines = again.end()
    tap.equal("perf: a recorder that begins meanwhile has each event once", len(events(lines)),
              3 * len(SOURCE_EVENTS))
    tap.equal("perf: and it ends by itself", detached(), set())
    daemon.end()


def without(what, *command):
    """Runs it where that is hidden, in namespaces of its own."""
    return subprocess.run(["unshare", *what, *command], text=True, capture_output=True, timeout=HANGS_S,
                          check=False)


NO_SYS = ("--mount", "sh", "-c", 'mount -t tmpfs none /sys && exec "$@"', "sh")
NO_BTF = ("--mount", "sh", "-c", 'mount -t tmpfs none /sys/kernel/btf && exec "$@"', "sh")
USER = ("--user", "--map-root-user")


def reasons(tap):
    """Where nothing can be loaded one line says why, and nothing else is said to lack."""
    daemon = Daemon()
    reason = {NO_SYS: "no BTF: /sys is not mounted here",
              NO_BTF: "no BTF: the kernel was built without CONFIG_DEBUG_INFO_BTF"}
    for where, why in reason.items():
        said = f"migtrace: cannot load the BPF programs: {why}\n"
        for command in (("record", "-d", "300ms"), ("live", "-d", "300ms"), ("wait", "beat")):
            done = without(where, MIGTRACE, *command, "--pid", str(daemon.pid))
            tap.equal(f"{why[:20]}: {command[0]} says so and fails", (done.returncode, done.stderr),
                      (1, said))
        done = without(where, MIGTRACE, "doctor", "--json", "--pid", str(daemon.pid))
        told = json.loads(done.stdout)
        tap.equal(f"{why[:20]}: so does doctor",
                  (done.returncode, told["features"]["BPF programs"], told["why_not"]["BPF programs"],
                   told["features"]["BPF ring buffer"]), (1, False, why, True))
    shown = without(NO_BTF, MIGTRACE, "doctor", "--verbose", "--pid", str(daemon.pid)).stdout
    tap.true("doctor --verbose shows what libbpf said",
             re.search(r"\nlibbpf\n(  .*\n)*  libbpf: .*BTF", shown), shown)
    daemon.end()


# Has system call 335 of x86-64, by which newer kernels return, refused; then runs what is named.
FILTERED = """import ctypes, os, struct, sys
code = (struct.pack("=HBBI", 0x20, 0, 0, 0) + struct.pack("=HBBI", 0x15, 0, 1, 335) +
        struct.pack("=HBBI", 6, 0, 0, 0x50001) + struct.pack("=HBBI", 6, 0, 0, 0x7fff0000))
text = ctypes.create_string_buffer(code)
program = struct.pack("HxxxxxxP", 4, ctypes.addressof(text))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program) == 0
os.execv(sys.argv[1], sys.argv[1:])"""


OF_RETURNS = ("cookie-statistics", "set-state")  # what comes also depends on returns
ENTRIES = [e[0] for e in SOURCE_EVENTS if e[1] == "enter" and e[0] not in OF_RETURNS]


def entries(lines):
    return [e["event"] for e in events(lines) if e["edge"] == "enter" and e["event"] not in OF_RETURNS]


def returns(lines):
    return [e["event"] for e in events(lines) if e["edge"] == "return"]


def filtered_daemon(tap):
    """A daemon whose seccomp filter does not know by what a return probe returns lives on."""
    daemon = Daemon([sys.executable, "-c", FILTERED, BUILD / "bpf/daemon"])
    recorder = Recorder("--pid", str(daemon.pid), "--best-effort")
    daemon.do("source", 3)
    lines = recorder.end()
    lacks = [name for name in missing(lines) if name.endswith(" (return)")]
    tap.equal("filtered: it runs on, and gives all events that are probed",
              (daemon.process.poll(), entries(lines)), (None, ENTRIES * 3))
    tap.equal("filtered: returns, too, where that is safe", returns(lines),
              [] if lacks else [e[0] for e in SOURCE_EVENTS if e[1] == "return"] * 3)
    daemon.end()


def no_returns(tap):
    """As on a kernel that would kill such a daemon: entries alone, and only if that is wanted."""
    daemon = Daemon()
    options = ("--pid", str(daemon.pid), "--test-no-returns")
    done = record(*options)
    tap.equal("no returns: they are vital", (done.returncode, done.stdout), (1, ""))
    tap.true("no returns: which is said", "returns are not probed: this kernel kills" in done.stderr,
             done.stderr)
    recorder = Recorder(*options, "--best-effort")
    daemon.do("source", 2)
    lines = recorder.end()
    tap.equal("no returns: the entries come", (entries(lines), returns(lines)), (ENTRIES * 2, []))
    tap.true("no returns: the recording names each",
             {"qemuMigrationSrcRun (return)", "qemuProcessStartCPUs (return)"} <= set(missing(lines)),
             missing(lines))
    shown = subprocess.run([MIGTRACE, "doctor", *options], text=True, capture_output=True, check=False)
    tap.true("no returns: doctor says that downtime cannot be measured",
             shown.returncode == 1 and "qemuMigrationSrcRun" in shown.stdout and
             "RETURN NOT PROBED" in shown.stdout, shown.stdout)
    daemon.end()


UNSEEN = "cannot read /proc/PID of all processes: "


def rights(tap):
    """What may not be looked at is not taken for what is not there."""
    daemon = Daemon()
    caps = "+bpf,+perfmon,+sys_ptrace,+sys_admin"
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
            "--inh-caps", caps, "--ambient-caps", caps]
    for command in (("record", "-d", "300ms"), ("live", "-d", "300ms"), ("wait", "beat")):
        done = subprocess.run([*user, MIGTRACE, *command, "--pid", str(daemon.pid)], text=True,
                              capture_output=True, timeout=HANGS_S, check=False)
        tap.true(f"without CAP_DAC_READ_SEARCH {command[0]} says so and fails",
                 done.returncode == 1 and "CAP_DAC_READ_SEARCH" in done.stderr and
                 "no libvirt daemon" not in done.stderr, (done.returncode, done.stderr))
    done = subprocess.run([*user[:6], MIGTRACE, "doctor"], text=True, capture_output=True, check=False)
    tap.true("without any right doctor says so, and not that there is no daemon",
             done.returncode == 1 and UNSEEN in done.stderr and "no libvirt" not in done.stderr,
             done.stderr)
    for command in (("record", "-d", "300ms"), ("live", "-d", "300ms"), ("doctor",)):
        done = without(USER, MIGTRACE, *command)
        tap.true(f"{command[0]} as root of a user namespace says so and fails",
                 done.returncode == 1 and "user namespace" in done.stderr, (done.returncode, done.stderr))
    daemon.end()


NAME = "qemu-system-\x1b[31m\x07 \u202e"


def hostile_name(tap):
    """A file's name is any user's to choose: what is no plain text in it is not printed."""
    daemon = Daemon()
    with tempfile.TemporaryDirectory() as directory:
        program = pathlib.Path(directory) / NAME
        shutil.copy(BUILD / "bpf/qemu-system-fixture", program)
        guest = Daemon(["nsenter", "-t", str(daemon.pid), "-n", program])
        recorder = Recorder("--pid", str(daemon.pid))
        recorder.process.send_signal(signal.SIGINT)
        said = recorder.process.stderr.read()
        lines = recorder.end()
        shown = subprocess.run([MIGTRACE, "doctor", "--pid", str(daemon.pid)], capture_output=True,
                               check=False)
        guest.end()
    daemon.end()
    tap.true("a hostile name is recorded as plain text",
             "qemu-system-?[31m?" in [line["file"] for line in lines if line["kind"] == "target"],
             [line.get("file") for line in lines])
    tap.true("and printed as such", "\x1b" not in said and b"\x1b" not in shown.stdout + shown.stderr and
             b"qemu-system-?[31m?" in shown.stdout, (said, shown))


def by(daemon, recorder):
    return [event for event in events(recorder.so_far()) if event["pid"] == daemon.pid]


def storm(tap):
    """Whoever runs programs named like a daemon, on and on, does not keep a new daemon from notice."""
    daemon = Daemon()
    with tempfile.TemporaryDirectory() as directory:
        busy = pathlib.Path(directory) / "libvirtd"
        shutil.copy("/bin/true", busy)
        fresh = pathlib.Path(directory) / "fresh"
        shutil.copytree(BUILD / "bpf", fresh, ignore=shutil.ignore_patterns("modern", "plain"))
        (fresh / "daemon").rename(fresh / "virtqemud")
        recorder = Recorder()
        script = (f"for i in 1 2 3 4; do while :; do {busy}; done & done; "
                  f"for i in $(seq 100); do {busy}; done; echo; wait")
        with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True,
                              stderr=subprocess.DEVNULL) as running:
            running.stdout.readline()
            try:
                later = Daemon([fresh / "virtqemud"])
                eventually(lambda: later.do("source", 1) or by(later, recorder), every_s=0.1)
            finally:
                os.killpg(running.pid, signal.SIGKILL)
        tap.true("exec storm: a new daemon's files are found while it lasts", by(later, recorder),
                 [line["file"] for line in recorder.lines() if line["kind"] == "target"])
        recorder.end()
    later.end()
    daemon.end()


def output(daemon, path):
    """What record makes of that output: its status, and what it says of the file."""
    done = record("--pid", str(daemon.pid), "-o", path)
    said = [line.removeprefix(f"migtrace: {path}: ") for line in done.stderr.splitlines()
            if line.startswith(f"migtrace: {path}: ")]
    return done.returncode, said


def outputs(tap):
    """What stands where the recording is to go is not waited for, followed or overwritten."""
    daemon = Daemon()
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as shared:
        os.chmod(shared, 0o1777)
        own, open_to_all = pathlib.Path(directory), pathlib.Path(shared)
        os.mkfifo(own / "fifo")
        tap.equal("-o: a FIFO that nobody reads", output(daemon, own / "fifo"),
                  (1, ["nobody reads from it"]))
        with subprocess.Popen(["cat", own / "fifo"], stdout=subprocess.PIPE) as reader:
            status = output(daemon, own / "fifo")
            lines = [json.loads(line)["kind"] for line in reader.stdout]
        tap.equal("-o: a FIFO that is read", (status, lines[0], lines[-1]), ((0, []), "header", "end"))
        (own / "kept").write_text("kept")
        os.symlink(own / "kept", open_to_all / "link")
        os.link(own / "kept", open_to_all / "other-name")
        (open_to_all / "theirs").write_text("theirs")
        os.chown(open_to_all / "theirs", 65534, 65534)
        for name, why in (("link", "a link"), ("other-name", "has another name"),
                          ("theirs", "another user's")):
            tap.equal(f"-o: {why}, where anyone may write", output(daemon, open_to_all / name),
                      (1, [f"{why}, in a directory that anyone may write to"]))
        tap.equal("-o: and nothing was written there",
                  ((own / "kept").read_text(), (open_to_all / "theirs").read_text()),
                  ("kept", "theirs"))
        tap.equal("-o: a file of the kernel's", output(daemon, "/proc/self/comm"),
                  (1, ["a file of the kernel's"]))
        tap.equal("-o: a directory", output(daemon, own), (1, ["Is a directory"]))
        os.symlink(own / "later", own / "link")
        for name, data in (("text", b"kept"), ("packed", b"\x1f\x8b..."), ("zeros", bytes(9))):
            (own / name).write_bytes(data)
            tap.equal(f"-o: a file with something else in it, {name}: refused, and as it was",
                      (output(daemon, own / name), (own / name).read_bytes()),
                      ((1, ["there is something else in it than a recording: name another file"]), data))
        (own / "kept").write_text("")
        os.chown(own / "kept", 65534, 65534)
        for path, written in ((own / "link", own / "later"), (own / "kept", own / "kept"),
                              (open_to_all / "new", open_to_all / "new")):
            tap.equal("-o: one's own link, another's file elsewhere, a new one", output(daemon, path),
                      (0, []))
            tap.equal("-o: it is written", [json.loads(line)["kind"] for line in written.read_text().splitlines()][-1],
                      "end")
        first = (own / "later").read_text()
        (own / "later").write_text(first[:-9])  # as a recorder that was killed leaves it
        tap.equal("-o: a recording that is there already: it stays, and the next one stands behind it",
                  (output(daemon, own / "later"), (own / "later").read_text().startswith(first[:-9] + "\n{\"kind\":\"header\""),
                   [line[9:14] for line in (own / "later").read_text().splitlines()].count("heade")), ((0, []), True, 2))
        tap.equal("-o: a character device", output(daemon, "/dev/null"), (0, []))
    daemon.end()


def duration(tap):
    """It counts from when all is attached: what it takes before is not recorded."""
    daemon = Daemon()
    lines = [json.loads(line) for line in record("--pid", str(daemon.pid)).stdout.splitlines()]
    stamps = [line["mono_before_ns"] for line in lines if line["kind"] == "clock"]
    tap.true("--duration is how long is recorded", 300e6 <= stamps[-1] - stamps[0], stamps)
    daemon.end()


def silence(tap):
    """So does --silence: whoever asks begins with the first line, however long it took to attach."""
    daemon = Daemon()
    with subprocess.Popen([MIGTRACE, "record", "-o", "-", "--pid", str(daemon.pid), "--answer", "--silence", "2s"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as recorder:
        lines = [json.loads(line) for line in recorder.stdout]
    daemon.end()
    stamps = [line["mono_before_ns"] for line in lines if line["kind"] == "clock"]
    tap.true("--silence is how long nobody has to ask", 2e9 <= stamps[-1] - stamps[0], stamps)


def told(tap):
    """On a terminal it is said that it records: when the peer does, too."""
    daemon = Daemon()
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory, "a.jsonl")
        wanted = f"migtrace: recording to {file}: "
        peer = ["--peer-output", f"{directory}/b.jsonl", "--peer-command", f"{MIGTRACE} record -o - --answer --pid {daemon.pid}"]
        for name, options in (("alone", []), ("with a peer", peer)):
            ours, theirs = pty.openpty()
            with subprocess.Popen([MIGTRACE, "record", "-o", file, "--pid", str(daemon.pid), *options], stderr=theirs) as recorder:
                os.close(theirs)
                said = ""
                with contextlib.suppress(OSError):
                    while wanted not in said:
                        said += os.read(ours, 4096).decode()
                kinds = [json.loads(line)["kind"] for line in file.read_text().rpartition("\n")[0].splitlines()]
                recorder.terminate()
            os.close(ours)
            file.unlink()
            tap.equal(f"{name}: it is said that it records, once it does", (
                said.count(wanted), "clock" in kinds, "exchange" in kinds), (1, True, bool(options)))
    daemon.end()


def main():
    tap = Tap()
    tap.run(duration)
    tap.run(silence)
    tap.run(told)
    tap.run(outputs)
    tap.run(filtered_daemon)
    tap.run(no_returns)
    tap.run(rights)
    tap.run(hostile_name)
    tap.run(storm)
    tap.run(reasons)
    for way in ("multi", "perf"):
        tap.run(one_refused, way)
        tap.run(vital_refused, way)
    tap.run(detaching)
    tap.end()


if __name__ == "__main__":
    main()
