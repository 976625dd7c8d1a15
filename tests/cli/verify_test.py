#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""migtrace verify on recordings of a real migration with its clocks off: goldens, and bad input."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import golden
from recorder import BUILD
from tap import Tap

HERE = pathlib.Path(__file__).parent / "verify"  # b's wall clock is 7.3 s behind
A, B = HERE / "a.jsonl", HERE / "b.jsonl"
OLD_A, OLD_B = (HERE.parent.parent / f"replay/p2p/1-{host}.jsonl" for host in "ab")  # without stats
MIGTRACE = BUILD / "sanitized/migtrace"
FAILURE, USAGE, INCOMPLETE, WRONG = 1, 2, 3, 6


def migtrace(*arguments, stdin=None):
    # libvirt leaves what it has for its whole life to the leak checker.
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run([MIGTRACE, *arguments], capture_output=True, input=stdin, check=False,
                          env=environment)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def goldens(tap):
    for form in ("text", "json", "junit"):
        status, out, err = migtrace("verify", "--format", form, A, B)
        golden.same_as(tap, HERE / f"verify.{form}", out)
        tap.equal(f"{form}: a wrong figure, and no complaint", (status, err), (WRONG, ""))
        tap.equal(f"{form}: in any order, one from stdin",
                  migtrace("verify", "--format", form, B, "-", stdin=A.read_bytes()),
                  (status, out, err))
        widest = max(len(line) for line in out.splitlines())
        tap.true(f"{form}: under 80 columns", form != "text" or widest < 80, widest)
    golden.same_as(tap, HERE / "report.virsh", migtrace("report", "--format", "virsh", A, B)[1])
    suite = xml.etree.ElementTree.fromstring(migtrace("verify", "--format", "junit", A, B)[1])[0]
    tap.equal("JUnit: its own counts are right",
              (int(suite.get("tests")), int(suite.get("failures")), int(suite.get("skipped"))),
              (len(suite), len(suite.findall("*/failure")), len(suite.findall("*/skipped"))))
    status, out, _ = migtrace("verify", "--format", "json", "--tolerance", "10s", A, B)
    kinds = {v["verdict"] for v in json.loads(out.splitlines()[0])["verdicts"]}
    tap.equal("--tolerance: all that libvirt says is right, what it leaves out is not",
              (status, kinds), (WRONG, {"agrees", "missing", "unknown"}))


def complains(tap, name, arguments, status, message):
    got_status, out, err = migtrace(*arguments)
    tap.equal(f"{name}: status", got_status, status)
    tap.true(f"{name}: one clear line", err.count("\n") == 1 and message in err,
             f"expected {message!r}\n     got {err!r}")
    tap.equal(f"{name}: no verdict", re.findall(r"^  (?:source|destination) +\w+ +(?:\d+ ms|-) .*", out, re.M), [])


def bad_stats(tap, directory):
    lines = A.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if '"kind":"stats"' in line)
    stats = json.loads(lines[at])

    def changed(name, **changes):
        line = {key: value for key, value in {**stats, **changes}.items() if value is not None}
        path = pathlib.Path(directory) / name
        path.write_text("\n".join([*lines[:at], json.dumps(line), *lines[at + 1:]]) + "\n")
        return path

    def judged(path):
        status, out, err = migtrace("verify", "--format", "json", path, B)
        verdicts = json.loads(out.splitlines()[0])["verdicts"]
        return status, err, {side: {v["field"]: v["verdict"] for v in verdicts if v["side"] == side}
                             for side in ("source", "destination")}

    good = judged(A)[2]
    for name, (changes, message) in {
            "no-type": ({"type": None}, "type: not a number"),
            "type": ({"type": "completed"}, "type: not a number"),
            "negative": ({"fields": {**stats["fields"], "downtime": -1}}, "downtime: out of range"),
            "no-fields": ({"fields": [1]}, "fields: not an object"),
            "uuid": ({"uuid": "beat"}, "uuid: invalid UUID"),
            "stamp": ({"end_ktime_ns": 2**63 - 1}, "end_ktime_ns: out of range"),
            "from": ({"from": "virsh"}, "from: unknown"),
            "from-number": ({"from": 1}, "from: not a string"),
            "version": ({"libvirt": -9}, "libvirt: out of range"),
            "error": ({"error": "x" * 600}, "error: too long"),
    }.items():
        path = changed(name, **changes)
        status, err, got = judged(path)
        tap.equal(f"stats, {name}: named, and left out", (status, err.splitlines()[0]), (
            WRONG, f"migtrace: {path}:{at + 1}: {message}: line skipped"))
        tap.equal(f"stats, {name}: the other side's numbers are judged as ever", got["destination"], good["destination"])
        tap.equal(f"stats, {name}: of this side's there are none, or it is wrong", got["source"], {
            **good["source"], "downtime": "wrong"} if name == "negative" else {})
    gone = changed("gone", fields=None, type=None, error="Domain not found: gone")
    out = migtrace("verify", gone, B)[1]
    tap.true("a domain that is gone: said plainly, and the other side is judged",
             "source      Domain not found: gone" in out and "destination downtime" in out, out)
    other = changed("other", end_ktime_ns=1)
    out = migtrace("verify", other, B)[1]
    tap.true("statistics that were asked for at another time are not of this job",
             "libvirt was not asked" in out, out)
    wild = changed("wild", fields={"downtime": 2**62, "operation": 2**62, "x": None})
    status, out, err = migtrace("verify", wild, B)
    tap.true("numbers that no time can have", status == WRONG and "Sanitizer" not in err, (status, err))


def events(tap, directory):
    """JOB_COMPLETED, heard after the last call: its numbers are the source's if it has none when asked."""
    lines = [json.loads(line) for line in A.read_text().splitlines()]
    at = next(i for i, line in enumerate(lines) if line["kind"] == "stats")
    stats = lines[at]
    # The next job there must not be taken for it.
    uuid = stats["uuid"]
    gone = [line for line in lines[:at] if line["kind"] != "stats"]
    asked = {**stats, "error": "Domain not found: gone", "from": "asked"}
    del asked["fields"], asked["type"]
    whole = json.loads(migtrace("verify", "--format", "json", A, B)[1].splitlines()[0])

    def judged(name, after_ns, **changes):
        event = {**stats, "from": "event", "end_ktime_ns": stats["end_ktime_ns"] + after_ns, **changes}
        path = pathlib.Path(directory) / f"event-{name}"
        path.write_text("\n".join(json.dumps(line) for line in [*gone, asked, event, *lines[at + 1:]]) + "\n")
        return json.loads(migtrace("verify", "--format", "json", path, B)[1].splitlines()[0])

    heard = judged("heard", 300_000_000)
    tap.equal("an event that came a little later: the same verdicts, and why they are by it",
              (heard["verdicts"], heard["libvirt"]["source"]["by_event"]),
              (whole["verdicts"], "Domain not found: gone"))
    for name, after_ns, changes in (("late", 60_000_000_000, {}), ("early", -60_000_000_000, {}),
                                    ("other", 0, {"uuid": uuid[:-1] + ("0" if uuid[-1] != "0" else "1")}),
                                    ("elsewhere", 0, {"pid": 1})):
        other = judged(name, after_ns, **changes)
        tap.equal(f"an event that is {name}: not of this job",
                  (other["libvirt"]["source"]["silent"], other["libvirt"]["source"]["by_event"],
                   {v["side"] for v in other["verdicts"] if v["reported_ms"] is not None}),
                  ("Domain not found: gone", None, {"destination"}))


def qemus(tap):
    """QEMU's own: agrees where the span is the same, and is never a wrong figure."""
    paths = [HERE.parent.parent / f"replay/devices/1-{host}.jsonl" for host in "ab"]
    _, out, _ = migtrace("verify", "--format", "json", *paths)
    line = json.loads(out.splitlines()[0])
    tap.equal("QEMU's own numbers, beside the spans of its steps",
              [(q["field"], q["reported_ms"], round(q["span"]["est_ns"] / 1e6, 1), q["verdict"])
               for q in line["qemu"]],
              [("downtime", 43, 42.2, "agrees"), ("total-time", 88, 88.1, "agrees"),
               ("setup-time", 2, 2.7, "agrees")])
    other = paths[0].read_bytes().replace(b'"downtime_ms":43', b'"downtime_ms":430')
    status, out, _ = migtrace("verify", "--format", "json", "-", paths[1], stdin=other)
    line, counts = (json.loads(text) for text in out.splitlines())
    tap.equal("one that is another span's is not comparable, and not counted among libvirt's",
              (line["qemu"][0]["verdict"], status, counts["verdicts"]["not comparable"]),
              ("not comparable", INCOMPLETE, 0))


def source_ends(tap, directory):
    """What bounds the end of the source's elapsed differs by version of libvirt."""
    lines = [json.loads(line) for line in A.read_text().splitlines()]
    stamp = {name: next(l["ktime_ns"] for l in lines if l.get("event") == name and l["edge"] == "enter")
             for name in ("perform", "complete", "monitor-close")}
    reply = next(l for l in lines if l.get("event") == "rpc-client-receive" and l["proc"] == 306)
    stop = next(l for l in lines if l.get("event") == "monitor-event")
    said = {**stop, "ktime_ns": stamp["complete"] + 50_000, "text": '{"event": "SHUTDOWN"}'}

    def without(*names):
        return [line for line in lines if line.get("event") not in names]

    for name, changed, lo, hi in (
            ("9.0: the monitor is closed", lines, stamp["complete"], stamp["monitor-close"]),
            ("11.3: QEMU says that it ends", [*without("monitor-close")[:-1], said],
             stamp["complete"], said["ktime_ns"]),
            ("7.0: no qemuMigrationSrcComplete", without("complete"), reply["ktime_ns"],
             stamp["monitor-close"]),
            ("no end", without("monitor-close"), None, None)):
        path = pathlib.Path(directory, "ends")
        path.write_text("".join(json.dumps(line) + "\n" for line in changed))
        verdicts = json.loads(migtrace("verify", "--format", "json", path, B)[1].splitlines()[0])["verdicts"]
        truth = next(v["truth"] for v in verdicts if (v["side"], v["field"]) == ("source", "time_elapsed"))
        tap.equal(f"the source's end, {name}", (truth.get("lo_ns"), truth.get("hi_ns")),
                  (lo and lo - stamp["perform"], hi and hi - stamp["perform"]))


def bad_cookies(tap, directory):
    """libvirt's stamps as no libvirt writes them: unknown, and no verdict gets better by them."""
    for name, text in {"empty": "", "cut": "<delta>-72", "words": "<delta>soon</delta>",
                       "huge": "<delta>99999999999999999999</delta>", "minus": "<delta>-</delta>"}.items():
        path = pathlib.Path(directory) / f"cookie-{name}"
        with open(path, "w", encoding="utf-8") as out:
            for line in B.read_text().splitlines():
                record = json.loads(line)
                if "statistics" in record:
                    record["statistics"] = text
                print(json.dumps(record), file=out)
        status, out, err = migtrace("verify", "--format", "json", A, path)
        first = json.loads(out.splitlines()[0])
        tap.equal(f"a cookie's statistics, {name}: no offset is made of it",
                  (status, err, "wall_offset" in first["inputs"]), (WRONG, "", False))


def bad_input(tap, directory):
    raw = pathlib.Path(directory) / "raw"
    raw.write_text("downtime: 3\n")
    complains(tap, "raw statistics of nobody", ["verify", "--reported-source", raw, A, B], FAILURE,
              "not what virsh domjobinfo --rawstats prints")
    raw.write_text("Job type: 3\n\noperation: 4\ntime_elapsed: 1\ndowntime: 1\n")
    complains(tap, "raw statistics of another job", ["verify", "--reported-source", raw, A, B],
              INCOMPLETE, "statistics are of another job")
    complains(tap, "recordings without libvirt's numbers", ["verify", OLD_A, OLD_B], INCOMPLETE,
              "libvirt was not asked")
    complains(tap, "an empty recording", ["verify", "/dev/null", B], FAILURE, "is empty")
    complains(tap, "no such recording", ["verify", directory + "/none", B], FAILURE, "No such file")
    complains(tap, "no recording", ["verify", HERE / "verify.text"], FAILURE, "not JSON")
    complains(tap, "none of that UUID",
              ["verify", "--uuid", "00000000-0000-0000-0000-000000000001", A, B], INCOMPLETE,
              "no migration of 00000000-0000-0000-0000-000000000001")
    connect = ["verify", "--connect", f"qemu+unix:///system?socket={directory}/none", "beat", A, B]
    complains(tap, "nothing listens", connect, FAILURE, "No such file or directory")
    connect[2] = "nonsense:///"
    complains(tap, "no URI", connect, FAILURE, "nonsense:///")
    for name, arguments in {"no recording given": [], "takes a DOMAIN": ["--connect", "test:///default"],
                            "unknown format": ["--format", "xml", A], "invalid duration": ["--tolerance", "x", A],
                            "verify has the formats text, json and junit": ["--format", "virsh", A],
                            "--watch takes": ["--watch", "--reported-source", A, B]}.items():
        status, out, err = migtrace("verify", *arguments)
        tap.true(f"usage: {name}", (status, out) == (USAGE, "") and name in err, (status, out, err))


def connected(tap):
    """libvirt's own test driver answers for every domain, and has had no migration."""
    status, out, err = migtrace("verify", "--connect", "test:///default", "test", A, B)
    tap.true("a driver without statistics: said plainly",
             status in (FAILURE, INCOMPLETE) and out == "" and err.count("\n") == 1, (status, out, err))
    status, out, err = migtrace("verify", "--connect", "test:///default", "none", A, B)
    tap.true("a domain that is not there: said plainly",
             status == FAILURE and out == "" and "none" in err and err.count("\n") == 1,
             (status, out, err))


def main():
    tap = Tap()
    tap.run(goldens)
    with tempfile.TemporaryDirectory() as directory:
        tap.run(bad_stats, directory)
        tap.run(events, directory)
        tap.run(source_ends, directory)
        tap.run(bad_cookies, directory)
        tap.run(bad_input, directory)
    tap.run(qemus)
    tap.run(connected)
    tap.end()


main()
