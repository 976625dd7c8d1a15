#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line on a real migration's recordings: golden reports, and every bad input."""
import gzip
import json
import lzma
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import golden
from recorder import BUILD
from tap import Tap
from waiting import need

REPLAY = pathlib.Path(__file__).parent.parent / "replay"
A, B = REPLAY / "p2p/1-a.jsonl", REPLAY / "p2p/1-b.jsonl"
REPORTED = ["--reported-source", REPLAY / "p2p/reported-source",
            "--reported-destination", REPLAY / "p2p/reported-destination"]
COLUMNS = 79
MUTANTS = 400
FORMATS = ("text", "json", "html", "perfetto", "csv", "otlp")
MIGTRACE = BUILD / "sanitized/migtrace"  # under ASan and UBSan: what it reads is hostile
USAGE, INCOMPLETE, INCONSISTENT = 2, 3, 4


def migtrace(*arguments, stdin=None):
    done = subprocess.run([MIGTRACE, *arguments], capture_output=True, input=stdin, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def is_command(line):
    """Whole, to be copied: it is not broken."""
    return line.strip().startswith("virsh ")


def replay(tap, directory):
    """Recordings of a real migration of some kind, see tests/replay/remake."""
    files = sorted(directory.glob("*.jsonl"))
    reported = [f"--reported-{side}={directory}/reported-{side}"
                for side in ("source", "destination") if (directory / f"reported-{side}").exists()]
    for form in ("text", "json"):
        command = ["report", "--format", form, "--explain-clock", *reported]
        status, out, err = migtrace(*command, *files)
        name = f"{directory.name}, {form}"
        golden.same_as(tap, directory / f"report.{form}", out)
        golden.same_as(tap, directory / "report.status", f"{status}\n{err}")
        tap.equal(f"{name}: the order of the files does not matter",
                  migtrace(*command, *files[::-1]), (status, out, err))
        widest = max((len(line) for line in out.splitlines() if not is_command(line)), default=0)
        tap.true(f"{name}: under 80 columns", form == "json" or widest <= COLUMNS, widest)
        tap.equal(f"{name}: what is said, too", [l for l in err.splitlines() if len(l) > COLUMNS], [])
        tap.true(f"{name}: no blanks at the ends of lines",
                 not any(line.endswith(" ") for line in out.splitlines()), out)


def reports(tap):
    status, out, err = migtrace("report", "--format", "json", A, "-", stdin=B.read_bytes())
    tap.equal("a recording from stdin", (status, json.loads(out)["outcome"], err),
              (0, "completed", ""))


def without_qemu(path, directory):
    """As of a QEMU that exports nothing, and has no SDT probes."""
    lines = []
    for line in map(json.loads, path.read_text().splitlines()):
        if line.get("event", "").startswith("qemu-"):
            continue
        if line["kind"] == "target" and line["file"].startswith("qemu"):
            line["missing"] = [{"name": name, "why": "no such function in this file"}
                               for name in ("vm_state_notify", "vm_stop_force_state", "cpu_exec_end")]
        lines.append(json.dumps(line) + "\n")
    copy = directory / f"no-qemu-{path.name}"
    copy.write_text("".join(lines))
    return copy


def part_views(tap, directory):
    """One host alone, or with events lost: what is sure is given, the rest says why not."""
    lost = pathlib.Path(directory) / "lost"  # between the STOP and the migration's end
    lines = A.read_text().splitlines(keepends=True)
    stop = next(i for i, line in enumerate(lines) if '\\"event\\": \\"STOP' in line)
    lost.write_text("".join(lines[:stop]) + "".join(
        line.replace('"lost":0', '"lost":3') for line in lines[stop + 1:]))
    hidden = [without_qemu(file, pathlib.Path(directory)) for file in (A, B)]
    for name, files in {"source-only": [A], "destination-only": [B], "lost": [lost, B],
                        "no-qemu": hidden}.items():
        for form in ("text", "json"):
            status, out, err = migtrace("report", "--format", form, *files)
            golden.same_as(tap, REPLAY / f"p2p/{name}.{form}", out)
        golden.same_as(tap, REPLAY / f"p2p/{name}.status", f"{status}\n{err}")
    parts = [json.loads((REPLAY / f"p2p/{name}").read_text())["breakdown"] for name in
             ("report.json", "source-only.json", "destination-only.json")]
    tap.equal("one host's part is the same as of both",
              [part for part in parts[0] if part["side"] != "transfer"], parts[1] + parts[2])
    got = json.loads((REPLAY / "p2p/lost.json").read_text())
    tap.equal("lost events: their number, and what they spoil", (
        got["lost_events"], got["downtime"], got["downtime_net"], got["transfer"]),
              (3, *[{"unknown": "events were lost while it ran"}] * 3))


def parts_add_up(tap):
    m = json.loads(migtrace("report", "--format=json", A, B)[1])
    tap.equal("the breakdown adds up to the downtime",
              sum(p["duration"]["est_ns"] for p in m["breakdown"]), m["downtime"]["est_ns"])
    tap.equal("downtime is downtime_net and transfer",
              m["downtime_net"]["est_ns"] + m["transfer"]["est_ns"], m["downtime"]["est_ns"])
    for name in ("elapsed_net", "downtime_net"):
        tap.equal(f"{name} is exact", m[name]["lo_ns"], m[name]["hi_ns"])
    for name in ("elapsed", "transfer", "downtime"):
        tap.true(f"{name} is an interval", m[name]["lo_ns"] < m[name]["est_ns"] < m[name]["hi_ns"],
                 m[name])


def complains(tap, name, arguments, status, message, numbers=False):
    got_status, out, err = migtrace(*arguments)
    tap.equal(f"{name}: status", got_status, status)
    tap.true(f"{name}: one clear line", err.count("\n") == 1 and message in err,
             f"expected {message!r}\n     got {err!r}")
    tap.true(f"{name}: not a number without evidence",
             numbers or not re.search(r"±|downtime +\d", out), out)


def usage(tap, name, arguments, message):
    got_status, out, err = migtrace(*arguments)
    tap.equal(f"{name}: status", (got_status, out), (USAGE, ""))
    tap.true(f"{name}: says why, in under 80 columns", message in err and
             max(map(len, err.splitlines()[:1])) <= COLUMNS, err)


def bad_recordings(tap, directory):
    lines = A.read_text().splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if '"kind":"event"' in line)
    before = "".join(lines[:first])

    def file(name, content):
        path = pathlib.Path(directory) / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    foreign = {
        "empty": ("", ":0: not a migtrace recording: file: is empty"),
        "binary": (bytes(range(256)) * 300, ":1: not a migtrace recording: line: not JSON"),
        "zeros": (b"\0" * 100000, ":1: not a migtrace recording: file: no whole line"),
        "text": ("hello\n", ":1: not a migtrace recording: line: not JSON"),
        "json": ("{}\n", ":1: not a migtrace recording: kind: not there"),
        "array": ("[1]\n", ":1: not a migtrace recording: line: not a JSON object"),
        "deep": ("[" * 5000 + "\n", ":1: not a migtrace recording: line: not JSON"),
        "schema": (lines[0].replace("record/1", "record/9"), "schema: not migtrace.record/1"),
        "headless": ("".join(lines[1:]), ":1: not a migtrace recording: header"),
    }
    for name, (content, message) in foreign.items():
        complains(tap, f"foreign recording, {name}", ["report", file(name, content), B], 1,
                  message)
    complains(tap, "unreadable recording", ["report", pathlib.Path(directory) / "none", B], 1,
              "No such file or directory")
    complains(tap, "a directory", ["report", directory, B], 1, "Is a directory")

    header_only = file("nothing", lines[0] + "rubbish\n" * 3)
    status, out, err = migtrace("report", header_only)
    tap.equal("nothing but a header can be read: an error", (status, out, err), (1, "", "".join(
        f"migtrace: {header_only}{said}\n" for said in (
            ":2: line: not JSON: line skipped", ":4: not a migtrace recording: file: nothing in it can be read",
            ": 3 lines skipped"))))

    cut = file("cut", A.read_bytes()[:-30])
    status, out, err = migtrace("report", cut, B)
    tap.equal("cut in its last line: whole without it",
              (status, err), (0, f"migtrace: {cut}: last line ({len(lines)}) is truncated, and ignored\n"))
    tap.true("cut in its last line: same figures", re.search(r"downtime +26\.0 ms ±", out), out)
    at = next(i for i, line in enumerate(lines) if '"event":"run","edge":"return"' in line)
    early = file("early", "".join(lines[:at]) + lines[at][:40])
    status, out, err = migtrace("report", early, B)
    tap.equal("cut before the hand-over: incomplete", status, INCOMPLETE)
    tap.true("cut before the hand-over: not a number", "±" not in out and "unknown" in out, out)
    unknown = file("newer", before + '{"kind":"new","x":1}\n' + "".join(lines[first:]))
    tap.equal("a kind of record of a newer migtrace is passed over",
              migtrace("report", unknown, B)[0], 0)
    hostile = file("hostile", A.read_text().replace("<name>beat<", "<name>\\u001b[2J<"))
    tap.true("a terminal does not obey the domain's name",
             "\x1b" not in migtrace("report", hostile, B)[1], "escape in the report")
    ahead = []  # as if the destination's clock stepped by 5 s between Prepare and Finish
    for line in B.read_text().splitlines():
        record = json.loads(line)
        if '"event":"finish"' in "".join(ahead) or record.get("event") == "finish":
            for key in ("ktime_ns", "call_ktime_ns", "mono_before_ns", "mono_after_ns", "raw_ns"):
                if record.get(key):
                    record[key] += 5 * 10**9
        ahead.append(json.dumps(record, separators=(",", ":")))
    stepped = file("stepped", "\n".join(ahead) + "\n")
    complains(tap, "a clock that stepped", ["report", A, stepped], INCONSISTENT,
              "clocks contradict each other")


def contradicting_looks(tap, directory):
    """Looks that cannot be true, long after the hand-over: what ends among them is unknown, and all else as it was."""
    paths = [REPLAY / f"paused-before/1-{host}.jsonl" for host in "ab"]
    lines = [json.loads(line) for line in paths[1].read_text().splitlines()]
    finish = next(i for i, line in enumerate(lines) if line.get("event") == "finish")
    for line in [line for line in lines[finish:] if line["kind"] == "clock"][4:]:
        line["raw_ns"] += 10**9
    changed = pathlib.Path(directory) / "contradicting.jsonl"
    changed.write_text("".join(json.dumps(line) + "\n" for line in lines))
    before, now = (json.loads(migtrace("report", "--format", "json", paths[0], path)[1]) for path in (paths[1], changed))
    tap.equal("looks that contradict each other: what ends there is unknown", now["paused"].pop("whole"),
              {"unknown": "one host's clock snapshots contradict each other"})
    tap.true("looks that contradict each other: it was known", before["paused"].pop("whole").get("est_ns"), "")
    tap.equal("looks that contradict each other: all else is as it was", now, before)


def figures(out):
    """All that is known of one migration, but for who saw it."""
    return {key: value for key, value in json.loads(out).items() if isinstance(value, dict) and (
        "est_ns" in value or "unknown" in value)}


def bad_lines(tap, directory):
    """A line that is wrong costs itself, and what it could change; nothing else."""
    lines = A.read_bytes().splitlines(keepends=True)
    run = next(i for i, line in enumerate(lines) if b'"event":"run","edge":"return"' in line)
    clock = next(line for line in lines if b'"kind":"clock"' in line)
    event, path = lines[run], pathlib.Path(directory) / "bad\nname\x1b[31m"
    last = json.loads([line for line in lines if b'"kind":"clock"' in line][-1])
    later = [json.dumps({key: value + s * 10**9 if key.endswith("_ns") else value for key, value in last.items()}
                        ).encode() + b"\n" for s in (1, 2)]
    good = figures(migtrace("report", "--format", "json", A, B)[1])
    wrong = {
        "no stamp": (event.replace(b'"ktime_ns":', b'"x":'), "ktime_ns: not there"),
        "negative": (event.replace(b'"ktime_ns":', b'"ktime_ns":-'), "ktime_ns: out of range"),
        "huge": (event.replace(b'"ktime_ns":', b'"ktime_ns":9999'), "ktime_ns: out of range"),
        "huger": (event.replace(b'"ktime_ns":', b'"ktime_ns":' + b"9" * 90), "ktime_ns: out of range"),
        "fractional": (event.replace(b'"ktime_ns":', b'"ktime_ns":0.'), "ktime_ns: not a number"),
        "pid": (event.replace(b'"pid":', b'"pid":99999999'), "pid: out of range"),
        "UUID": (event.replace(b'"uuid":"', b'"uuid":"x'), "uuid: invalid UUID"),
        "clock": (clock, "clock: goes backwards"),
        "gone": (b'{"kind":"gone","pid":-1,"ktime_ns":1}\n', "pid: out of range"),
        "gone, but when": (b'{"kind":"gone","pid":1}\n', "ktime_ns: not a number"),
        "text": (b"hello\n", "line: not JSON"),
        "two on a line": (event[:-1] + event, "line: not JSON"),
        "array": (b"[1]\n", "line: not a JSON object"),
        "null": (b"null\n", "line: not JSON"),
        "deep": (b"[" * 5000 + b"\n", "line: not JSON"),
        "NUL": (event.replace(b'"pid"', b'"p\0d"'), "line: not JSON"),
        "1 MiB": (b'{"kind":"' + b"x" * 2**20 + b'"}\n', "line: too long"),
    }
    shown = str(path).replace("\n", "?").replace("\x1b", "?")
    for name, (line, message) in wrong.items():
        path.write_bytes(b"".join(lines[:run]) + line + b"".join(lines[run + 1:]))
        status, out, err = migtrace("report", "--format", "json", path, B)
        tap.equal(f"a bad line, {name}: named, on a terminal, too", err.splitlines()[0],
                  f"migtrace: {shown}:{run + 1}: {message}: line skipped")
        got = figures(out)
        tap.equal(f"a bad line, {name}: what it could change is unknown", (status, {
            key: got[key] for key in got if got[key] != good[key]}.keys() >= {"downtime", "elapsed"}, got["downtime"]),
                  (INCOMPLETE, True, {"unknown": "a line of the recording could not be read"}))
        path.write_bytes(b"".join(lines[:-1] + later + [line] + lines[-1:]))
        status, out, err = migtrace("report", "--format", "json", path, B)
        tap.equal(f"a bad line long after, {name}: nothing else", (status, figures(out), err.count("\n")), (0, good, 1))
    harmless = {
        "blank lines": lambda i, line: b"\n \t\n" + line,
        "CRLF": lambda i, line: line[:-1] + b"\r\n",
        "a byte-order mark": lambda i, line: b"\xef\xbb\xbf" * (not i) + line,
        "unknown keys": lambda i, line: line[:-2] + b',"x":{"y":[1.5,null]}}\n',
        "keys that come twice: the last counts": lambda i, line: line.replace(
            b'"ktime_ns":', b'"ktime_ns":1,"ktime_ns":'),
        "unknown kinds": lambda i, line: line + b'{"kind":"new","x":1}\n' * (i < len(lines) - 1),
        "unknown events": lambda i, line: line.replace(
            b'{"kind":"clock"', b'{"kind":"event","event":"new","edge":"enter"}\n{"kind":"clock"'),
    }
    for name, change in harmless.items():
        path.write_bytes(b"".join(change(i, line) for i, line in enumerate(lines)))
        status, out, err = migtrace("report", "--format", "json", path, B)
        tap.equal(f"{name}: read as ever", (status, figures(out), err), (0, good, ""))
    path.write_bytes(b"".join(lines).replace(b'"host":"host-a"', b'"host":"h\xff\xc2\x9b\xe2\x80\xaeA"'))
    status, out, err = migtrace("report", "--format", "json", path, B)
    tap.equal("a host's name of an earlier recorder that is no UTF-8: nothing is lost", (
        status, json.loads(out)["source"]["host"], err), (0, "h\\xff\x9b\u202eA", ""))
    tap.true("and a terminal is not sent it", "h???A -> host-b" in migtrace("report", path, B)[1],
             migtrace("report", path, B)[1])


def several(tap, directory):
    """What stands behind another recording in its file, is packed, or has lost its beginning."""
    a, b = A.read_bytes(), B.read_bytes()
    path = pathlib.Path(directory) / "several"
    expected = migtrace("report", A, B)
    headless = b[b.index(b'{"kind":"clock"'):]
    count = headless.count(b"\n")

    def is_read(name, data, said=""):
        path.write_bytes(data)
        tap.equal(f"{name}: read as the two", migtrace("report", path), (*expected[:2], said.replace("FILE", str(path))))
        tap.equal(f"{name}, from stdin: as well", migtrace("report", "-", stdin=data),
                  (*expected[:2], said.replace("FILE", "-")))

    is_read("one behind the other", a + b)
    is_read("a header behind a header", a.splitlines(keepends=True)[0] + a + b)
    cut = a[:-30]
    is_read("a recorder that was killed, and started again", cut + b,
            f"migtrace: FILE: last line ({cut.count(10) + 1}) is truncated, and ignored\n")
    is_read("a hole", bytes(9999) + a + bytes(99) + b)
    is_read("one whose beginning was cut off", headless + a + b,
            f"migtrace: FILE:1: {count} lines without a header before them: skipped\n")
    is_read("a header of a newer migtrace in between", a + a.splitlines()[0].replace(b"record/1", b"record/9") +
            b"\n" + headless + b, f"migtrace: FILE:{a.count(10) + 1}: {count + 1} lines without a header before them: "
            "skipped\n")
    is_read("gzip", gzip.compress(a + b))
    is_read("gzip, appended", gzip.compress(a) + gzip.compress(b))
    is_read("xz", lzma.compress(a + b))
    is_read("xz, appended", lzma.compress(a) + lzma.compress(b))
    said = "migtrace: FILE: is packed, and damaged or cut short: read as far as it goes\n"
    is_read("gzip, with rubbish behind it", gzip.compress(a + b) + b"rubbish", said)
    is_read("xz, cut in its last bytes", lzma.compress(a + b)[:-4], said)
    for name, data in (("gzip", gzip.compress(a + b)), ("xz", lzma.compress(a + b))):
        path.write_bytes(data[:len(data) // 2])
        status, out, err = migtrace("report", path)
        tap.equal(f"{name}, cut in half: incomplete, and said", (status, err.splitlines()[0]),
                  (INCOMPLETE, said.strip().replace("FILE", str(path))))
        damaged = bytearray(data)
        damaged[len(data) // 2] ^= 0xff
        path.write_bytes(damaged)
        tap.true(f"{name}, damaged: said", said.replace("FILE", str(path)) in migtrace("report", path)[2],
                 migtrace("report", path)[2])
    path.write_bytes(a.splitlines(keepends=True)[0] * 10002)
    complains(tap, "very many recordings in one file", ["report", path], 1, "more than 10000 recordings in one file")


def waits(tap, directory):
    """A pipe without a writer: waited for, but not without a word."""
    pipe = pathlib.Path(directory) / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen([MIGTRACE, "report", "--format", "json", pipe, B], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        tap.equal("a pipe without a writer: said", process.stderr.readline(),
                  f"migtrace: {pipe}: waiting for its first line\n")
        pipe.write_bytes(A.read_bytes())
        out, err = process.communicate()
        tap.equal("and read when one comes", (process.returncode, json.loads(out)["outcome"], err), (0, "completed", ""))


def gone(tap, directory):
    """A daemon that is said to have ended: what it was doing is over."""
    killed = REPLAY / "source-daemon-killed"
    lines = [line for line in (killed / "1-a.jsonl").read_text().splitlines(keepends=True)
             if '"kind":"gone"' not in line]
    last = [e for e in map(json.loads, lines) if e.get("event") and not e["event"].startswith("qemu-")][-1]
    path = pathlib.Path(directory) / "gone"
    # QEMU says how it ended where the daemon does not any more; of one that lives nothing is concluded.
    for name, pid, expected in (
            ("its daemon", last["pid"], (0, "failed", "")),
            ("another", last["pid"] + 1, (INCOMPLETE, "unknown", "its end was not recorded"))):
        line = {"kind": "gone", "pid": pid, "ktime_ns": last["ktime_ns"] + 1}
        path.write_text("".join(lines[:-1]) + json.dumps(line) + "\n" + lines[-1])
        status, out, err = migtrace("report", "--format", "json", path, killed / "1-b.jsonl")
        tap.equal(f"{name} has ended", (status, json.loads(out)["outcome"], err.split(": ")[-1].strip()),
                  expected)


def mutant(rng, data):
    """The recording with some bytes, or some numbers, or some lines changed."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data))
        kind = rng.randrange(4)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            digits = [m for m in re.finditer(rb"[0-9]+", data[at:at + 300])]
            if digits:
                start, end = (at + x for x in rng.choice(digits).span())
                data[start:end] = str(rng.choice(EDGES)).encode()
        elif kind == 2:
            del data[at:at + rng.randrange(200)]
        else:
            lines = data.splitlines(keepends=True)
            lines.insert(rng.randrange(len(lines)), rng.choice(lines))
            data = bytearray(b"".join(lines))
        if not data:
            return b""
    return bytes(data)


EDGES = [0, 1, 2**16, 2**31, 2**32 - 1, 2**53, 2**59, 2**59 + 1, 2**63 - 1, 2**63, 2**64]


def mutants(tap, directory):
    """Whatever is in a recording: a status of ours, no sanitizer's complaint, no hang."""
    path = pathlib.Path(directory) / "mutant"
    bad = []
    for seed in range(MUTANTS):
        path.write_bytes(mutant(random.Random(seed), A.read_bytes()))
        status, _, err = migtrace("report", "--format", FORMATS[seed % len(FORMATS)], path, B)
        if status not in (0, 1, INCOMPLETE, INCONSISTENT) or "Sanitizer" in err or \
                "runtime error" in err:
            bad.append((seed, status, err[:2000]))
    tap.equal(f"{MUTANTS} changed recordings are read or refused", bad, [])


def bad_combinations(tap):
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as other:
        other.write(A.read_bytes().replace(b'"id":"b3', b'"id":"c4', 1))  # as of another recorder of that host
        other.flush()
        complains(tap, "the same side twice", ["report", A, other.name], INCOMPLETE, "both recorded its source", True)
    tap.equal("the same recording twice is one", migtrace("report", A, A, B), migtrace("report", A, B))
    complains(tap, "no destination", ["report", A], INCOMPLETE, "no recording of its destination")
    complains(tap, "no source", ["report", B], INCOMPLETE, "no recording of its source")
    complains(tap, "none of that UUID",
              ["report", "--uuid", "00000000-0000-0000-0000-000000000001", A, B], INCOMPLETE,
              "no migration of 00000000-0000-0000-0000-000000000001")
    complains(tap, "not what virsh prints", ["report", A, B, "--reported-source", A], 1,
              "not what virsh domjobinfo --rawstats prints")
    usage(tap, "no file", ["report"], "no recording given")
    usage(tap, "invalid UUID", ["report", "--uuid", "x", A], "x: invalid UUID")
    usage(tap, "no condition", ["wait", "beat", "--fail-if", "downtime=5"], "invalid condition (expected e.g. 'downtime>500ms')")
    usage(tap, "no format", ["report", "--format", "xml", A], "xml: unknown format")
    usage(tap, "no command, but a wrong option", ["--none"], "unrecognized option")
    usage(tap, "unknown option", ["report", "--pid", "1", A], "unrecognized option")


def plain_locale(tap):
    done = subprocess.run([MIGTRACE, "report", A, B], capture_output=True, check=False,
                          env={**os.environ, "LC_ALL": "C"})
    tap.true("LC_ALL=C: nothing but ASCII", done.stdout.isascii() and b"+-" in done.stdout and
             b"#" in done.stdout, done.stdout.decode())


def outputs(tap):
    """A reader that has had enough is no error, also where SIGPIPE is ignored; a full disk is one."""
    for name, arguments in (("report", ["report", A, B]), ("json", ["report", "--format=json", A, B]),
                            ("html", ["report", "--format=html", A, B]), ("verify", ["verify", A, B]),
                            ("doctor", ["doctor", "--pid", "1"]), ("usage", ["--help"])):
        for restores in (True, False):
            reader, writer = os.pipe()
            os.close(reader)
            with subprocess.Popen([MIGTRACE, *arguments], stdout=writer, stderr=subprocess.PIPE,
                                  restore_signals=restores) as process:
                os.close(writer)
                said = process.stderr.read().decode()
                tap.equal(f"{name}: nobody reads it, SIGPIPE ignored: {not restores}",
                          (process.wait(), "write" in said), (-signal.SIGPIPE, False))
        with open("/dev/full", "wb") as full:
            done = subprocess.run([MIGTRACE, *arguments], stdout=full, stderr=subprocess.PIPE,
                                  text=True, check=False)
        tap.true(f"{name}: a full disk", done.returncode == 1 and done.stderr.endswith(
            "migtrace: cannot write to stdout: No space left on device\n"), done)


def bad_targets(tap):
    complains(tap, "no such process", ["record", "--pid", "4194305"], 1, "no process with that process id")
    with subprocess.Popen(["sleep", "60"]) as other:
        complains(tap, "no daemon", ["record", "--pid", str(other.pid)], 1, "is not a libvirt daemon")
        other.kill()
    with subprocess.Popen(["unshare", "--net", "sleep", "60"]) as alone:
        namespace = f"/proc/{alone.pid}/ns/net"
        need("a namespace", lambda: os.readlink(namespace) != os.readlink("/proc/self/ns/net"))
        complains(tap, "no daemon in the namespace", ["record", "--netns", namespace], 1,
                  "no libvirt daemon")
        alone.kill()
    complains(tap, "no such namespace", ["record", "--netns", "/run/none"], 1, "/run/none")
    usage(tap, "no process id", ["record", "--pid", "x"], "x: invalid process id")
    usage(tap, "two filters", ["record", "--pid", "1", "--netns", "1"], "exclude each other")
    usage(tap, "no time", ["record", "--duration", "soon"], "soon: invalid duration (expected e.g. 90s, 500ms, 5m)")
    usage(tap, "files for record", ["record", "x"], "takes no arguments")
    complains(tap, "a file for doctor that is none of libvirt's", ["doctor", A], 1,
              "not files of libvirt or QEMU", True)
    status, out, err = migtrace("doctor", "--pid", "1")
    tap.equal("doctor without a daemon", (status, err.count("\n")), (1, 1))
    tap.true("doctor without a daemon: says so", "CANNOT be measured" in out, out)
    status, out, err = migtrace("record", "--pid", str(os.getpid()), "-o", "/none/x")
    tap.equal("nothing is written where nothing can be recorded", (status, out), (1, ""))
    done = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all",
                           MIGTRACE, "record"], capture_output=True, text=True, check=False)
    tap.true("without root: says what is missing",
             done.returncode == 1 and "run as root" in done.stderr and
             done.stderr.count("\n") == 1, done)
    tap.true("record --help tells its options", "--netns" in migtrace("record", "--help")[1],
             "--netns not in --help")


def main():
    tap = Tap()
    for directory in sorted(path for path in REPLAY.iterdir() if path.is_dir()):
        tap.run(replay, directory)
    tap.run(reports)
    tap.run(parts_add_up)
    with tempfile.TemporaryDirectory() as directory:
        tap.run(part_views, directory)
        tap.run(bad_recordings, directory)
        tap.run(bad_lines, directory)
        tap.run(contradicting_looks, directory)
        tap.run(several, directory)
        tap.run(waits, directory)
        tap.run(gone, directory)
        tap.run(mutants, directory)
    tap.run(bad_combinations)
    tap.run(bad_targets)
    tap.run(plain_locale)
    tap.run(outputs)
    tap.end()


if __name__ == "__main__":
    main()
