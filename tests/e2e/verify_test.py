#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Is libvirt right? verify on real migrations whose wall clocks are off, or set: each as predicted."""
import contextlib
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import kinds
from e2e_test import arrivals, departures, receptions
from lab import Lab
from recorder import MIGTRACE, Recorder
from schema import Schema
from tap import Tap
from waiting import HANGS_S, eventually, need

WRONG, INCOMPLETE = 6, 3
P2P = ("--live", "--p2p")
POSTCOPY = (*P2P, "--postcopy", "--postcopy-after-precopy", "--bandwidth", "8")
SLOW = ("--bandwidth", "1")
FIELDS = ("downtime", "downtime_net", "time_elapsed", "time_elapsed_net", "delta", "setup_time")
MARK = "<!-- made by `make verdict-table` -->\n"
ROUNDING = 2  # ms
BUSY = ("--tolerance", "1s")  # libvirt's threads may have waited for a CPU as they took their stamps
IMAGES = "/var/lib/libvirt/images"
rows = []  # of the table


def verify(*arguments):
    done = subprocess.run([MIGTRACE, "verify", "--format", "json", *arguments], text=True,
                          capture_output=True, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@contextlib.contextmanager
def recorded(lab):
    recorders = [Recorder("--stats", "--netns", lab.run("netns", host).strip()) for host in "ab"]
    try:
        yield [recorder.file.name for recorder in recorders]
    finally:
        for recorder in recorders:
            recorder.kill()


def leeway_ms(files):
    """
    By how much any of libvirt's stamps may differ from when we saw the same: its thread may wait for a CPU
    in between. On a machine at rest that is less than 1 ms.
    """
    recorded = [[json.loads(line) for line in pathlib.Path(file).read_text().splitlines()] for file in files]
    doubts = [sum(found) for lines in recorded for found in departures(lines)]
    doubts += [late + cookie - returned for lines in recorded for late, (_, returned, cookie) in
               zip(receptions(lines), arrivals(lines))]
    return -(-sum(sorted(doubts)[-2:]) // 10**6)


def answered(files):
    """Whether each call that may be a job's last has returned, and libvirt was asked then."""
    for file in files:
        whole = pathlib.Path(file).read_text().rpartition("\n")[0]
        lines = [json.loads(line) for line in whole.splitlines()]
        calls = {edge: [l["ktime_ns"] for l in lines if l.get("event") in ("perform", "finish") and l["edge"] == edge]
                 for edge in ("enter", "return")}
        asked = {l["end_ktime_ns"] for l in lines if l["kind"] == "stats"}
        if len(calls["return"]) < len(calls["enter"]) or not asked >= set(calls["return"]):
            return False
    return True


def end(lab_files, *options):
    """Of recorders that still run: they are read up to now."""
    need("libvirt's answers", answered, lab_files)
    return verify("--tolerance", f"{ROUNDING + leeway_ms(lab_files)}ms", *options, *lab_files)


def ms(quantity):
    return quantity["est_ns"] / 1e6 if "est_ns" in quantity else None


def predicted(theta, truth, has_dropped):
    """
    What facts of libvirt's formulas make of each number; theta, truth: ms. has_dropped: libvirt drops the
    destination's numbers of a post-copy migration.
    """
    delta = truth["delta"] + theta
    expected = {}
    for side in ("source", "destination"):
        def put(field, verdict, side=side):
            expected[side, field] = verdict
        elapsed = truth["source elapsed" if side == "source" else "time_elapsed"]
        whole = elapsed if side == "source" else elapsed + theta
        off = "agrees" if abs(theta) <= ROUNDING else "skewed"
        put("setup_time", "agrees")
        put("delta", off)
        put("downtime", "partial" if truth["downtime"] + theta < 0 else off)
        put("downtime_net", "missing" if delta < 0 or delta >= truth["downtime"] + theta else "agrees")
        put("time_elapsed", "agrees" if side == "source" else "partial" if whole < 0 else off)
        put("time_elapsed_net", "missing" if delta < 0 or delta >= whole else
            off if side == "source" else "agrees")
        nets = (expected[side, "downtime_net"], expected[side, "time_elapsed_net"])
        if side == "source" and nets == ("missing", "missing"):
            put("delta", "unknown")
        if has_dropped and side == "destination":
            for field in FIELDS:
                if field != "delta":
                    put(field, "not comparable")
    return expected


def truths(line):
    """migtrace's values, ms."""
    by = {(v["side"], v["field"]): ms(v["truth"]) for v in line["verdicts"]}
    truth = {field: by["destination", field] for field in FIELDS}
    truth["source elapsed"] = by["source", "time_elapsed"]
    return truth


def table_add(case, line):
    for v in line["verdicts"]:
        said = "-" if v["reported_ms"] is None else f"{v['reported_ms']}"
        truth = "?" if ms(v["truth"]) is None else f"{ms(v['truth']):.1f}"
        if ms(v["truth"]) is not None and v["truth"]["hi_ns"] > v["truth"]["lo_ns"]:
            truth += f" ±{(v['truth']['hi_ns'] - v['truth']['lo_ns']) / 2e6:.1f}"
        rows.append(f"| {case} | {v['side']} | {v['field']} | {said} | {truth} | {v['verdict']} |")


def check(tap, case, line, theta, is_postcopy, leeway):
    got = {(v["side"], v["field"]): v["verdict"] for v in line["verdicts"]}
    # Not where all pages had come before Finish looked whether it is by post-copy, as on a busy machine.
    has_numbers = any(v["reported_ms"] is not None for v in line["verdicts"]
                      if v["side"] == "destination" and v["field"] != "delta")
    expected = predicted(theta, truths(line), is_postcopy and not has_numbers)
    if is_postcopy:  # QEMU's own: it may be near, or left out
        for field in ("downtime", "downtime_net"):
            tap.true(f"{case}: source {field} is QEMU's",
                     got["source", field] in ("not comparable", "agrees", "missing"), got)
            expected["source", field] = got["source", field]
        if got["source", "downtime_net"] == expected["source", "time_elapsed_net"] == "missing":
            expected["source", "delta"] = "unknown"
    if abs(truths(line)["downtime"] + theta) < 5:  # libvirt's last stamp, and its rounding, decide
        expected.update({key: got[key] for key in got if key[1].startswith("downtime")})
    # What lacks no more than libvirt's stamps may be off agrees: its threads had waited for a CPU.
    near = {(v["side"], v["field"]) for v in line["verdicts"] if v["reported_ms"] is not None
            and ms(v["truth"]) is not None and abs(v["reported_ms"] - ms(v["truth"])) <= ROUNDING + leeway}
    expected.update({key: "agrees" for key in near if (expected[key], got[key]) == ("partial", "agrees")})
    tap.equal(f"{case}: each number as predicted", got, expected)
    offset = line["inputs"]["wall_offset"]
    tap.true(f"{case}: the offset that was set is within the bounds of what delta shows",
             offset["lo_ns"] - (1 + leeway) * 1e6 <= theta * 1e6 <= offset["hi_ns"] + (1 + leeway) * 1e6,
             (theta, offset, leeway))
    table_add(case, line)


def cancel(lab, host):
    thread = threading.Thread(target=failing, args=(lab, host, *P2P, *SLOW))
    thread.start()
    kinds.is_sending(lab)
    lab.run("exec", host, "virsh", "domjobabort", "beat")
    thread.join()


def failing(lab, *arguments):
    with contextlib.suppress(RuntimeError):
        lab.run("migrate", *arguments)


def skewed(tap, skew):
    """There, back, both again by post-copy; then one cancelled, one that fails: of those, no number."""
    seconds = float(skew)
    with Lab("--skew-b", skew) as lab, recorded(lab) as files:
        lab.run("guest", "a")
        name = f"b {seconds:+g} s"
        for host, options in (("a", P2P), ("b", P2P), ("a", POSTCOPY)):
            lab.run("migrate", host, *options)
            need("libvirt's answers", answered, files)  # it must still know when it is asked
        connected(tap, lab, files, name)
        lab.run("migrate", "b", *POSTCOPY)
        need("libvirt's answers", answered, files)
        cancel(lab, "a")
        failing(lab, "a", *P2P, "--dname", "x/y")
        status, lines, err = end(files)
        leeway = leeway_ms(files)
        there, back, postcopy, postcopy_back, *failed = lines[:-1]
        check(tap, f"{name}, a to b", there, seconds * 1000, False, leeway)
        check(tap, f"{name}, b to a", back, -seconds * 1000, False, leeway)
        check(tap, f"{name}, post-copy, a to b", postcopy, seconds * 1000, True, leeway)
        check(tap, f"{name}, post-copy, b to a", postcopy_back, -seconds * 1000, True, leeway)
        tap.equal(f"{name}: wrong figures make the exit status, and nothing is complained of",
                  (status, err), (WRONG, ""))
        tap.equal(f"{name}: of one that was cancelled, or failed, libvirt says nothing",
                  [(line["outcome"], line["verdicts"]) for line in failed],
                  [("cancelled", []), ("failed", [])])
        tap.equal(f"{name}: the counts add up", lines[-1]["migrations"], len(lines) - 1)


def connected(tap, lab, files, name):
    """What libvirt says now is of the last migration to b, or of none."""
    uri = f"qemu+unix:///system?socket=/proc/{lab.run('pid', 'a').strip()}/root/run/libvirt/"
    tap.equal(f"{name}: nothing listens there", verify("--connect", uri + "none", "beat", *files)[0], 1)
    status, _, err = verify("--connect", uri + "libvirt-sock", "none", *files)
    tap.true(f"{name}: a domain that is not there",
             status == 1 and "Domain not found" in err and err.count("\n") == 1, err)
    for socket in ("libvirt-sock", "libvirt-sock-ro"):
        status, lines, err = verify("--connect", uri + socket, "beat", *files)
        tap.true(f"{name}: {socket}: what a says now is of the migration by post-copy",
                 status in (0, WRONG) and len(lines) == 2 and
                 all(v["side"] == "source" for v in lines[0]["verdicts"]), (status, lines, err))


def other_job(tap):
    """libvirt's last job is one that the recordings do not have: never judged by another."""
    with Lab() as lab:
        lab.run("guest", "a")
        with recorded(lab) as files:
            lab.run("migrate", "a", *P2P)
            need("libvirt's answers", answered, files)
            kept = [pathlib.Path(file).read_bytes() for file in files]
        lab.run("migrate", "b", *P2P)
        lab.run("migrate", "a", *P2P, "--bandwidth", "20", "--timeout", "1")
        paths = [pathlib.Path(lab.directory) / name for name in ("1", "2")]
        for path, data in zip(paths, kept):
            path.write_bytes(data)
        for host in "ab":
            uri = f"qemu+unix:///system?socket=/proc/{lab.run('pid', host).strip()}/root/run/libvirt/" \
                  "libvirt-sock"
            status, _, err = verify("--connect", uri, "beat", *paths)
            tap.equal(f"statistics of a later job: {host} says so, and judges none", (status, err),
                      (INCOMPLETE, "migtrace: libvirt's statistics match no migration in these recordings\n"))
        stats = pathlib.Path(lab.directory) / "stats"
        stats.write_text(lab.run("stats", "b"))
        status, _, err = verify("--reported-destination", stats, *paths)
        tap.true("a file with those of a later job", status == INCOMPLETE and
                 "statistics are of another job" in err, (status, err))


def stepped(tap):
    """The wall clock of the source is set while it migrates."""
    with Lab("--clock-b", "0") as lab, recorded(lab) as files:
        lab.run("guest", "b")
        thread = threading.Thread(target=failing, args=(lab, "b", *P2P, *SLOW))
        thread.start()
        kinds.is_sending(lab, "b")
        lab.run("clock", "+3")
        lab.run("exec", "b", "virsh", "migrate-setspeed", "beat", "2000")
        thread.join()
        status, lines, err = end(files)
    verdicts = {(v["side"], v["field"]): (v["verdict"], v["explanation"]) for v in lines[0]["verdicts"]}
    table_add("b set +3 s ahead in mid-migration, b to a", lines[0])
    tap.equal("a source's clock that is set: status", (status, err), (WRONG, ""))
    tap.equal("a source's clock that is set: its time_elapsed shows that",
              verdicts["source", "time_elapsed"],
              ("skewed", "the source's wall clock was set meanwhile"))
    tap.true("a source's clock that is set: nothing is unexplained",
             not any(v[0] == "unexplained" for v in verdicts.values()), verdicts)


def right(tap):
    """Clocks that agree: all is right. Watched as it is recorded; JUnit."""
    with Lab() as lab, recorded(lab) as files:
        lab.run("guest", "a")
        watch = subprocess.Popen([MIGTRACE, "verify", "--watch", "--format", "json", *BUSY, *files], text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        lab.run("migrate", "a", *P2P)
        line = json.loads(watch.stdout.readline())
        tap.equal("watch: a migration is judged when it is over, with the recorders running",
                  (line["outcome"], len(line["verdicts"])), ("completed", 12))
        lab.run("migrate", "b", *P2P)
        watch.stdout.readline()
        watch.send_signal(2)
        out, err = watch.communicate(timeout=HANGS_S)
        tap.equal("watch: SIGINT ends it with the counts",
                  (watch.returncode, json.loads(out.splitlines()[-1])["migrations"], err), (0, 2, ""))
        status, lines, err = end(files)
        records = [line for file in files for line in pathlib.Path(file).read_text().splitlines()]
        tap.equal("watch: records with libvirt's numbers are as migtrace schema says",
                  (any('"kind":"stats"' in line for line in records), Schema().faults([*records, *lines])), (True, []))
        check(tap, "clocks agree, a to b", lines[0], 0, False, leeway_ms(files))
        tap.equal("clocks agree: status", (status, err), (0, ""))
        junit = subprocess.run([MIGTRACE, "verify", "--format", "junit", *BUSY, *files], text=True,
                               capture_output=True, check=False).stdout
        tap.equal("JUnit: a suite for each, a case for each number, no failure",
                  (junit.count("<testsuite "), junit.count("<testcase "), junit.count("<failure")),
                  (2, 24, 0))


def children_of(pid):
    path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()]


def children(recorder):
    """Who talks to libvirt: children of the process that probes, the recorder's only child."""
    return [talker for prober in children_of(recorder.process.pid) for talker in children_of(prober)]


POLL, PPOLL = 7, 271  # system calls of x86-64


def polled_by(pid):
    """The files that the process waits for, if it does."""
    number, *arguments = pathlib.Path(f"/proc/{pid}/syscall").read_text().split()
    if number not in (str(POLL), str(PPOLL)):
        return []
    at, count = (int(argument, 16) for argument in arguments[:2])
    with open(f"/proc/{pid}/mem", "rb") as memory:
        memory.seek(at)
        return [fd for fd, _, _ in struct.iter_unpack("ihh", memory.read(8 * count))]


def is_listening_to(relay):
    """Whether its client is in libvirt's event loop, which polls its stdout, too: its session is open."""
    return any(1 in polled_by(client) for client in children_of(relay))


def status_of(pid, key):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(key + ":"))


def events_of(recorder):
    return [line for line in recorder.lines() if line["kind"] == "stats" and line["from"] == "event"]


def events(tap):
    """The source forgets its domain: its event is left, also when the listener was lost before."""
    with Lab() as lab:
        lab.run("guest", "a")
        recorders = [Recorder("--stats", "--netns", lab.run("netns", host).strip()) for host in "ab"]
        with recorders[0], recorders[1]:
            files = [recorder.file.name for recorder in recorders]
            first, = eventually(children, recorders[0])
            need("a listener that has nothing to do but that", is_listening_to, first)
            tap.equal("who listens has no privileges", int(status_of(first, "CapPrm"), 16), 0)
            for host in "ab":
                lab.run("migrate", host, *P2P, "--persistent", "--undefinesource")
                need("libvirt's answers", answered, files)
            os.kill(first, signal.SIGKILL)
            tap.true("one that is lost is tried again", eventually(
                lambda: children(recorders[0]) not in ([], [first])), children(recorders[0]))
            need("another listener", is_listening_to, *children(recorders[0]))
            lab.run("migrate", "a", *P2P, "--persistent", "--undefinesource")
            status, lines, err = end(files)
            tap.equal("each source's numbers are the event's, and right",
                      [(line["libvirt"]["source"]["by_event"] or "").startswith("Domain not found")
                       for line in lines[:-1]], [True] * 3)
            tap.equal("status, all that was judged, and no complaint",
                      (status, lines[-1]["verdicts"]["agrees"], err), (0, 36, ""))
            tap.equal("a's events and b's", [len(events_of(recorder)) for recorder in recorders], [2, 1])
            tap.equal("QEMU's own: all three of each, none of them a wrong figure",
                      [[number["field"] for number in line["qemu"]] for line in lines[:-1]],
                      [["downtime", "total-time", "setup-time"]] * 3)
            before = children(recorders[0])
            lab.run("restart", "a")
            tap.true("of a daemon that was restarted, too", eventually(
                lambda: children(recorders[0]) not in ([], before)), children(recorders[0]))
            need("a listener at the new daemon", is_listening_to, *children(recorders[0]))
            lab.run("migrate", "b", *P2P)
            lab.run("migrate", "a", *P2P, "--persistent", "--undefinesource")
            tap.equal("the restarted daemon's event is heard",
                      eventually(lambda: len(events_of(recorders[0])) == 3), True)
            listening = children(recorders[0])
            recorders[0].process.send_signal(signal.SIGINT)
            recorders[0].process.wait()
            said = recorders[0].process.stderr.read()
            tap.equal("each loss is said once: the listener's, and the daemon's",
                      (said.count("cannot subscribe to job events"), said.count("\n")), (2, 2))
            eventually(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in listening))
            tap.equal("nobody listens any more",
                      [pid for pid in listening if pathlib.Path(f"/proc/{pid}").exists()], [])


def oddly(lab, name, run, *options):
    """A guest of that name is migrated so, and judged."""
    lab.environment["LAB_GUEST"] = name
    lab.run("guest", "a", *options)
    lab.forget_recordings()
    kinds.start_recorders(lab, "--stats")
    run(lab)
    status, lines, err = end([recorder.file.name for recorder in lab.recordings])
    return status, lines[0], err


def odd(tap):
    """Suspended while it migrates; and a client that drives one that fails after the switchover."""
    with Lab() as lab:
        status, line, err = oddly(lab, "suspended", kinds.meanwhile(kinds.first(
            kinds.on_guest("suspend"), kinds.pause(0.2), kinds.faster)))
        table_add("suspended in mid-migration", line)
        verdicts = {(v["side"], v["field"]): v for v in line["verdicts"]}
        tap.equal("suspended: libvirt counts from that STOP, the only one, and is right",
                  (status, err, {v["verdict"] for v in line["verdicts"]}), (0, "", {"agrees"}))
        tap.true("suspended: QEMU counts its own stop alone, which is a small part of it",
                 line["qemu"][0]["reported_ms"] < 200 <= verdicts["source", "downtime"]["reported_ms"],
                 (line["qemu"][0], verdicts["source", "downtime"]))
        tap.equal("suspended: it runs on the destination all the same",
                  lab.run("exec", "b", "virsh", "domstate", "suspended").strip(), "running")
        lab.run("exec", "b", "virsh", "destroy", "suspended")
        status, line, err = oddly(lab, "stale", kinds.meanwhile(kinds.at_switchover(
            kinds.held(signal.SIGSTOP, "qemu"), kinds.pause(0.2), kinds.held(signal.SIGKILL, "qemu")),
            *kinds.LIVE))
        table_add("client-driven, destination's QEMU killed at the switchover", line)
        tap.equal("failed: the source says that it completed; no event says so",
                  (status, err, line["outcome"], {(v["side"], v["verdict"]) for v in line["verdicts"]},
                   events_of(lab.recordings[0])),
                  (WRONG, "", "failed", {("source", "stale")}, []))
        lab.forget_recordings()


def small_disk(lab):
    """Host a's images are on a file system that takes 8 MiB."""
    lab.run("exec", "a", "mount", "-t", "tmpfs", "-o", "size=8m", "images", IMAGES)
    lab.run("exec", "a", "truncate", "-s", "64M", f"{IMAGES}/disk.img")


def fill(lab):
    lab.run("exec", "a", "sh", "-c", f"head -c 8M /dev/zero >{IMAGES}/all || :")


def io_error(tap):
    """QEMU stops the guest, as its disk cannot be written to, while it migrates."""
    with Lab() as lab:
        small_disk(lab)
        status, line, err = oddly(lab, "full", kinds.meanwhile(
            kinds.first(fill, kinds.seen("a", kinds.STOP), kinds.pause(0.3), kinds.faster),
            *P2P, "--unsafe"), "--disk")
        table_add("paused by an I/O error in mid-migration", line)
        delta = next(v["reported_ms"] for v in line["verdicts"] if v["field"] == "delta")
        wrong = {(v["side"], v["field"]): (v["reported_ms"], v["explanation"])
                 for v in line["verdicts"] if v["verdict"] != "agrees"}
        tap.equal("I/O error: libvirt's downtime is QEMU's, on both sides, and all else is right",
                  (status, err, wrong),
                  (WRONG, "", {(side, field): (line["qemu"][0]["reported_ms"] - less,
                                               "QEMU's number, as libvirt missed the STOP")
                               for side in ("source", "destination")
                               for field, less in (("downtime", 0), ("downtime_net", delta))}))
        tap.true("I/O error: the guest stood still for as long as it was left paused",
                 300 < truths(line)["downtime"] > line["qemu"][0]["reported_ms"] + 250, line["verdicts"])
        lab.forget_recordings()


def table_write(path):
    """TABLE=docs/libvirt-numbers.md: what was measured in this run takes the place of what was."""
    head = "| case | side | field | libvirt, ms | migtrace, ms | verdict |\n|---|---|---|---|---|---|\n"
    before, _, rest = path.read_text().partition(MARK)
    _, _, after = rest.partition(MARK)
    path.write_text(before + MARK + head + "\n".join(rows) + "\n" + MARK + after)


SKEWS = ("-7.3", "7.3", "-0.02", "0.05")


def main():
    tap = Tap()
    tap.run(right)
    tap.run(events)
    # All of them where KINDS is "all", and for the table.
    for skew in SKEWS if os.environ.get("KINDS") == "all" or os.environ.get("TABLE") else SKEWS[:1]:
        tap.run(skewed, skew)
    tap.run(stepped)
    tap.run(other_job)
    if os.environ.get("KINDS") == "all" or os.environ.get("TABLE"):
        tap.run(odd)
        tap.run(io_error)
    if os.environ.get("TABLE") and not tap.failed:
        table_write(pathlib.Path(os.environ["TABLE"]))
    tap.end()


main()
