#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Live: what is said at once is what a report of the records says, on one host and on two."""
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from kinds import destroy_all, virsh
from lab import Lab
from live import Live
from recorder import MIGTRACE
from schema import Schema
from tap import Tap
from waiting import eventually, need

COLUMNS = 79
READY = "probes in"
MANY = 30
ENDED, FAILED, USAGE, INCOMPLETE, CONDITION = 0, 1, 2, 3, 5


def netns(lab, host):
    return ["--netns", lab.run("netns", host).strip()]


def peer(lab, host):
    return ["--peer-command", " ".join(map(str, [MIGTRACE, "record", *netns(lab, host), "-o - --answer"]))]


@contextlib.contextmanager
def records():
    with tempfile.TemporaryDirectory() as directory:
        yield pathlib.Path(directory, "records")


def events(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in lines if line["kind"] == "event"]


def offline(*paths):
    done = subprocess.run([MIGTRACE, "report", "--format", "json", *paths], capture_output=True,
                          text=True, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


def told(reports):
    """But for the hits, which are counted at the end only."""
    return [{key: value for key, value in report.items() if key != "overhead"}
            for report in reports]


def differences(some, others):
    """Only what differs: reports are long."""
    if len(some) != len(others):
        return [len(some), len(others)]
    return [(key, one.get(key), other.get(key)) for one, other in zip(some, others)
            for key in {**one, **other} if one.get(key) != other.get(key)]


def is_recording(*paths):
    """Each recorder looks at its clocks first when all probes are attached."""
    return all(path.exists() and '"kind":"clock"' in path.read_text() for path in paths)


def last_end_ns(path):
    """When the last call of a migration on that host was answered."""
    return max(e["ktime_ns"] for e in events(path) if e["event"] == "rpc-server-send")


def one_host(tap, lab):
    with records() as path, Live(*netns(lab, "a"), "--record", path) as live:
        live.wait_for(READY)
        tap.true("one host: it says what it watches, before it has probes",
                 "watching host-a" in live.text()[0] and READY not in live.text()[0], live.text())
        lab.run("migrate", "a")
        row = live.wait_for("beat", "downtime here")
        late = row[0] - last_end_ns(path)
        tap.true("one host: the result comes after the last event, and by itself", 0 < late, late)
        lab.run("migrate", "b")
        live.wait_for("downtime here", count=2)
        tap.equal("one host: Ctrl-C is a good end", live.end(), ENDED)
        text = live.text()
        tap.true("one host: a row when it begins, each way",
                 any("beat" in t and t.endswith("out to 192.168.77.2") for t in text) and
                 any("beat" in t and t.endswith("in from host-b") for t in text), text)
        tap.true("one host: the passes", any("pass 1" in t for t in text), text)
        tap.true("one host: the summary", text[-2].startswith("2 migrations: 2 completed; 0 events")
                 and text[-1].startswith("downtime here: median "), text)
        tap.true("one host: under 80 columns", max(map(len, text)) <= COLUMNS, text)
        tap.equal("one host: nothing on stderr", live.errors(), [])
        tap.equal("one host: no escapes in a pipe", [t for t in text if "\x1b" in t], [])


def two_hosts(tap, lab):
    with records() as path, Live(*netns(lab, "a"), *peer(lab, "b"), "--record", path,
                                 "--json", environment={**os.environ, "LC_ALL": "C"}) as live:
        of_peer = path.with_name("records.peer-1")
        need("two hosts: a peer's clock", is_recording, path, of_peer)
        late = []
        for i, host in enumerate("aba"):
            lab.run("migrate", host)
            row = live.wait_for("migtrace.migration/1", count=i + 1)
            late.append(row[0] - max(last_end_ns(path), last_end_ns(of_peer)))
        tap.true("two hosts: the results come after the last event, and by themselves",
                 all(0 < ns for ns in late), late)
        tap.equal("two hosts: Ctrl-C is a good end", live.end(), ENDED)
        reports = live.reports()
        tap.equal("two hosts: what was told at once is what a report tells",
                  differences(told(reports), told(offline(path, of_peer))), [])
        tap.equal("two hosts: all is known", [r["downtime"].get("unknown") for r in reports],
                  [None] * 3)
        objects = [json.loads(text) for text in live.text()]
        begun = [o for o in objects if o.get("state") == "begun"]
        tap.equal("two hosts: one row for both sides", len(begun), 3)
        tap.equal("two hosts: the summary", [objects[-1][key] for key in (
            "schema", "migrations", "completed", "lost_events", "of_one_host")],
            ["migtrace.summary/1", 3, 3, 0, False])
        tap.equal("two hosts: it and its records are as migtrace schema says", Schema().faults(
            [*live.text(), *path.read_text().splitlines(), *of_peer.read_text().splitlines()]), [])
        tap.equal("two hosts: nothing on stderr", live.errors(), [])


def filters(tap, lab):
    for name, options, rows in (("another name", ["--name", "other"], 0),
                                ("its name", ["--name", "beat"], 1),
                                ("its UUID", ["--uuid", virsh(lab, "b", "domuuid", "beat").strip()], 1),
                                ("a longer downtime", ["--min-downtime", "10s"], 0)):
        here = "b" if "beat" in virsh(lab, "b", "list", "--name") else "a"
        with Live(*netns(lab, here), *options) as live:
            live.wait_for(READY)
            lab.run("migrate", here)
            live.end()
            tap.equal(f"{name}: {rows} results",
                      len([t for t in live.text() if "downtime here" in t and "beat " in t]), rows)
            counted = "0 migrations" if name == "another name" else "1 migration: 1 completed"
            tap.true(f"{name}: the summary counts", any(counted in t for t in live.text()),
                     live.text())


def waited(lab, host, *options, migrate=("--live", "--p2p"), command=("wait", "beat"), peers=()):
    with Live(*netns(lab, host), *peers, *options, command=command) as live:
        live.wait_for(READY)
        if peers:
            live.wait_for("connected")
        if migrate:
            with contextlib.suppress(RuntimeError):
                lab.run("migrate", host, *migrate)
        return live.end(sig=None), live.text(), live.errors()


def wait(tap, lab):
    status, text, errors = waited(lab, "b", "--fail-if", "downtime<=1us")
    tap.equal("wait: 0 where nothing is wrong", (status, errors), (ENDED, []))
    tap.true("wait: its result is the last line", "downtime here" in text[-1], text)
    status, _, errors = waited(lab, "a", "--fail-if", "downtime > 10us")
    tap.true("wait: 5 where one side is enough to know that it holds", status == CONDITION and re.fullmatch(
        r"migtrace: downtime > 10us holds: downtime is at least \d+\.\d\d ms", *errors), (status, errors))
    status, _, errors = waited(lab, "b", "--fail-if", "downtime>10s")
    tap.equal("wait: undecided where the other side could change it", (status, errors),
              (INCOMPLETE, ["migtrace: downtime>10s: undecided: the destination's side was not seen"]))
    uuid = virsh(lab, "a", "domuuid", "beat").strip()
    status, _, errors = waited(lab, "a", "--fail-if", "downtime>10s", "--fail-if", "elapsed>1ms",
                               command=("wait", uuid), peers=peer(lab, "b"))
    tap.true("wait: by UUID, on both hosts, one of two conditions holds", status == CONDITION and re.fullmatch(
        r"migtrace: elapsed>1ms holds: elapsed is \d+\.\d\d ms", *errors), (status, errors))
    status, _, errors = waited(lab, "b", "--timeout", "1s", migrate=None)
    tap.equal("wait: 3 after the timeout", (status, errors),
              (INCOMPLETE, ["migtrace: timed out waiting for a migration of beat"]))

    status, _, _ = waited(lab, "b", "--timeout", "4s", command=("wait", "another"))
    tap.equal("wait: another domain's migration is not it", status, INCOMPLETE)


def wait_fails(tap, lab):
    """Cancelled on the way."""
    with Live(*netns(lab, "a"), command=("wait", "beat")) as live:
        live.wait_for(READY)
        thread = threading.Thread(target=migrate_slowly, args=(lab,))
        thread.start()
        live.wait_for("pass 1")
        virsh(lab, "a", "domjobabort", "beat")
        status = live.end(sig=None)
        thread.join()
        tap.equal("wait: 1 where it did not come to its end", status, FAILED)
        tap.true("wait: says so", "cancelled" in live.text()[-1], live.text())


def migrate_slowly(lab):
    with contextlib.suppress(RuntimeError):
        lab.run("migrate", "a", "--live", "--p2p", "--bandwidth", "1")


def is_asked_until_known(lab, live):
    with contextlib.suppress(RuntimeError):
        virsh(lab, "a", "domjobinfo", "beat")
    running = [o for o in map(json.loads, live.text()) if o.get("state") == "running"]
    return len(running) > 1 and any(o["remaining_bytes"] and o["total_bytes"] and o["pass"] for o in running)


def progress(tap, lab):
    """What QEMU says of itself when it is asked."""
    with records() as path, Live(*netns(lab, "a"), "--json", "--record", path) as live:
        need("progress: a clock", is_recording, path)  # JSON has no line before the first migration
        began_ns = time.monotonic_ns()
        thread = threading.Thread(target=migrate_slowly, args=(lab,))
        thread.start()
        live.wait_for('"begun"')
        eventually(is_asked_until_known, lab, live)
        virsh(lab, "a", "domjobabort", "beat")
        thread.join()
        live.end()
        running = [o for o in map(json.loads, live.text()) if o.get("state") == "running"]
        known = [o for o in running if o["remaining_bytes"] and o["total_bytes"]]
        tap.true("progress: passes, and bytes that are left", known and known[-1]["pass"] and
                 known[-1]["remaining_bytes"] <= known[-1]["total_bytes"], running)
        tap.equal("progress: it is as migtrace schema says", Schema().faults(live.text()), [])
        # A line may be read late, but is not said early: so from the begin on there was time for all.
        last_ns = max(ns for ns, text in live.lines if '"running"' in text)
        tap.true("progress: not more than one line a second",
                 (len(running) - 1) * 10**9 <= last_ns - began_ns, (len(running), last_ns - began_ns))


class Terminal:
    """A live migtrace on a pseudo terminal of so many columns: all that was written there."""

    def __init__(self, options, columns=80, **environment):
        self.ours, theirs = pty.openpty()
        self.resize(columns)
        self.bytes = b""
        self.process = subprocess.Popen(
            [MIGTRACE, *options], stdout=theirs, stderr=theirs,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment})
        os.close(theirs)
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self):
        with contextlib.suppress(OSError):
            while more := os.read(self.ours, 65536):
                self.bytes += more
        os.close(self.ours)

    def resize(self, columns):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def wait_for(self, *words):
        return eventually(lambda: all(w in self.text() for w in words))

    def text(self):
        return self.bytes.decode(errors="replace").replace("\r\n", "\n")

    def end(self):
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait()
        self.thread.join()
        return status


CURSOR, COLOUR = re.compile(r"\x1b\[\d*[AJ]"), re.compile(r"\x1b\[\d*m")
WHOLE = re.compile(r"\[.*\] \d+ s +pass \d+, .* left, .*/s, \d+ ms expected$")
DRAWN = re.compile(r"beat +(out to [0-9.]+ +)?(\[[█ ]+\] )?\d+ s .*")


def migrate_seen(lab):
    """Slow, while QEMU is asked for its numbers, then as fast as can be."""
    here = "b" if "beat" in virsh(lab, "b", "list", "--name") else "a"
    thread = threading.Thread(target=lab.run, args=("migrate", here, "--live", "--p2p", "--verbose",
                                                    "--bandwidth", "2"))
    thread.start()
    return here, thread


def shown(text):
    return COLOUR.sub("", CURSOR.sub("\n", text)).splitlines()


def drawn_in(text):
    return [line for line in shown(text) if DRAWN.match(line)]


def terminals(tap, lab):
    for name, environment, columns, has_cursor, has_colour in (
            ("a wide terminal, an empty NO_COLOR", {"TERM": "xterm", "NO_COLOR": ""}, 200, True, True),
            ("NO_COLOR", {"TERM": "xterm", "NO_COLOR": "1"}, 80, True, False),
            ("TERM=dumb", {"TERM": "dumb"}, 80, False, False)):
        here = "b" if "beat" in virsh(lab, "b", "list", "--name") else "a"
        terminal = Terminal(netns(lab, here), columns, **environment)
        try:
            terminal.wait_for(READY)
            here, thread = migrate_seen(lab)
            eventually(lambda: any(map(WHOLE.search, drawn_in(terminal.text()) if has_cursor else [])) or
                       not has_cursor and "pass 1" in terminal.text())
            seen = terminal.text()
            terminal.resize(60)
            if has_cursor:
                eventually(lambda: any(len(line) < 60 for line in drawn_in(terminal.text()[len(seen):])))
            resized = terminal.text()[len(seen):]
            virsh(lab, here, "migrate-setspeed", "beat", "2000")
            thread.join()
            tap.true(f"{name}: the result", terminal.wait_for("downtime here"), terminal.text())
        finally:
            status = terminal.end()
        text = terminal.text()
        tap.equal(f"{name}: a good end", status, ENDED)
        tap.equal(f"{name}: the cursor is moved, colours are used",
                  (bool(CURSOR.search(text)), bool(COLOUR.search(text))), (has_cursor, has_colour))
        tap.equal(f"{name}: no other escapes", COLOUR.sub("", CURSOR.sub("", text)).count("\x1b"), 0)
        lines = shown(seen)
        tap.true(f"{name}: under {columns} columns", max(map(len, lines)) < columns, lines)
        if not has_cursor:
            tap.equal(f"{name}: no bar", [l for l in lines if "█" in l], [])
            continue
        drawn = drawn_in(seen)
        tap.true(f"{name}: a progress line with all of it, and a bar", any(map(WHOLE.search, drawn)), drawn[-3:])
        drawn = drawn_in(resized)
        tap.true(f"{name}: made smaller, it fits again", drawn and len(drawn[-1]) < 60, drawn)


def has_all(gate, kept, number):
    """Whether all that many_peer.py has said so far was read."""
    said, records = gate.with_name(f"1-{'ab'[number - 1]}.jsonl"), kept.with_name(f"{kept.name}.peer-{number}")
    return said.exists() and said.read_text() == str(records.read_text().count('"kind":"event"'))


def many(tap, _lab):
    """More than a terminal has rows: how many are not shown is said, and each has its result. They are
    one recording's, told by peers: so many guests would be too much for the machine that tests this."""
    here = pathlib.Path(__file__).parent
    with tempfile.TemporaryDirectory() as directory:
        gate = pathlib.Path(directory, "gate")
        options = ["--netns", "/proc/self/ns/net"]
        for host in "ab":
            options += ["--peer-command", f"exec {sys.executable} {here}/many_peer.py "
                        f"{here.parent}/replay/p2p/1-{host}.jsonl {MANY} {gate}"]
        kept = pathlib.Path(directory, "kept")
        with Live(*options, "--json", "--record", kept) as live:
            live.wait_for('"begun"', count=MANY)
            eventually(lambda: all(has_all(gate, kept, n) for n in (1, 2)))
            live.end()
            tap.equal("many: ended meanwhile, both sides are one that is going on",
                      json.loads(live.text()[-1])["going_on"], MANY)
        terminal = Terminal(options, TERM="xterm")
        try:
            tap.true("many: more than there is room for", terminal.wait_for(f"and {MANY - 21} more"),
                     terminal.text()[-2000:])
            # the last frame of those that are whole: the next one may have begun
            drawn = [frame for frame in CURSOR.split(terminal.text()) if f"and {MANY - 21} more" in frame][-1]
            tap.equal("many: as many as there is room for", len(re.findall(r"^web\d\d +\[", drawn, re.M)), 21)
            gate.touch()
            tap.true("many: all are reported while it runs", eventually(
                lambda: terminal.text().count(", elapsed ") == MANY), terminal.text()[-2000:])
        finally:
            status = terminal.end()
        lines = shown(terminal.text())
        rows = [line.split()[1] for line in lines if ", elapsed " in line]
        tap.equal("many: a row for each", sorted(rows), [f"web{i:02d}" for i in range(MANY)])
        tap.true("many: the summary", any(l.startswith(f"{MANY} migrations: {MANY} completed; 0 events lost")
                                          for l in lines), lines[-3:])
        tap.equal("many: a good end", status, ENDED)


def json_errors(tap, _lab):
    other = str(os.getpid())
    no_daemon = f"process {other} is not a libvirt daemon with a QEMU driver"
    for name, arguments, error in (
            ("no daemon", ["live", "--json", "--pid", other], no_daemon),
            ("wait, no daemon", ["wait", "beat", "--json", "--pid", other], no_daemon),
            ("record", ["record", "--json", "x"], "record takes no arguments; use -o FILE"),
            ("an unknown option", ["--json", "--none"], "migtrace live: unrecognized option '--none'")):
        done = subprocess.run([MIGTRACE, *arguments], capture_output=True, text=True, check=False)
        tap.equal(f"--json, {name}: the error is JSON", json.loads(done.stderr.splitlines()[0]),
                  {"schema": "migtrace.error/1", "error": error})
        tap.equal(f"--json, {name}: nothing on stdout", done.stdout, "")


def usage(tap, lab):
    for name, arguments, words in (
            ("wait without a domain", ["wait"], "no domain given"),
            ("no condition", ["wait", "beat", "--fail-if", "downtime=5"], "invalid condition"),
            ("a host that is an option", ["--peer", "-oProxyCommand=x"], "invalid host"),
            ("files for live", ["live", "x"], "takes no files")):
        done = subprocess.run([MIGTRACE, *arguments], capture_output=True, text=True, check=False)
        tap.equal(f"{name}: wrong usage", (done.returncode, words in done.stderr), (USAGE, True))


def daemon_killed(tap, lab):
    """The source's, in the middle: nobody else can say that it is over. It is not started again."""
    with Live(*netns(lab, "a"), *peer(lab, "b")) as both, Live(*netns(lab, "a")) as alone, \
            Live(*netns(lab, "b")) as other:
        for live in (both, alone, other):
            live.wait_for(READY)
        both.wait_for("connected")
        thread = threading.Thread(target=migrate_slowly, args=(lab,))
        thread.start()
        both.wait_for("pass 1")
        killed_ns = time.monotonic_ns()
        os.kill(int(lab.run("pid", "a")), signal.SIGKILL)
        thread.join()
        for name, live, row, count in (
                ("one host", alone, "unknown, libvirt of the source ended before", "1 unknown"),
                ("two hosts", both, "failed, libvirt of the source ended before", "1 failed"),
                ("the other host", other, "failed", "1 failed")):
            row = live.wait_for("beat", row)
            tap.true(f"daemon killed, {name}: its row comes by itself, and after that",
                     killed_ns < row[0], (row, killed_ns, live.text()))
            tap.equal(f"daemon killed, {name}: a good end, and nothing said",
                      (live.end(), live.errors()), (ENDED, []))
            tap.true(f"daemon killed, {name}: counted once",
                     any(t.startswith(f"1 migration: {count}; 0 events") for t in live.text()),
                     live.text())


def main():
    tap = Tap()
    with Lab() as lab:
        lab.run("guest", "a")
        for test in (one_host, two_hosts, filters, wait, wait_fails, progress, terminals, many,
                     json_errors, usage):
            tap.run(test, lab)
        destroy_all(lab)
        lab.run("guest", "a")
        tap.run(daemon_killed, lab)
        destroy_all(lab)
    tap.end()


if __name__ == "__main__":
    main()
