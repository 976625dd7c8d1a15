#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""migtrace schema: all that migtrace writes is as it says, and what it does not write is not."""
import json
import os
import pathlib
import re
import subprocess
import sys

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import golden
from recorder import BUILD
from schema import Schema
from tap import Tap

TESTS = pathlib.Path(__file__).parent.parent
REPLAY, VERIFY = TESTS / "replay", TESTS / "cli/verify"
MIGTRACE = BUILD / "sanitized/migtrace"
NAMES = ["record", "migration", "verify", "verify.summary", "progress", "summary", "half", "fleet", "fleet.changes",
         "doctor", "error"]
FAILURE, USAGE = 1, 2


def migtrace(*arguments, **options):
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}  # libvirt's own
    return subprocess.run([MIGTRACE, *arguments], stderr=subprocess.PIPE, text=True, check=False, env=environment,
                          **{"stdout": subprocess.PIPE, **options})


def refs(schema):
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield from [value] if key == "$ref" else refs(value)
    if isinstance(schema, list):
        for value in schema:
            yield from refs(value)


def documents(tap):
    """Each is a schema, whole, and holds nothing that it does not need."""
    for name in [None, *NAMES]:
        document = Schema(*filter(None, [name]), program=MIGTRACE).document
        jsonschema.Draft202012Validator.check_schema(document)
        tap.equal(f"{name or 'all'}: what it refers to is there, and nothing else",
                  sorted(set(refs(document))), sorted(f"#/$defs/{d}" for d in document["$defs"]))
    tap.equal("the names are those of the lines", sorted(set(
        re.findall(r'"migtrace\.([a-z.]+)/1"', migtrace("schema").stdout))), sorted(NAMES))


def recordings(tap, schema):
    """Of every kind of migration; each line also by the schema of records alone."""
    record = Schema("record", program=MIGTRACE)
    for directory in [*sorted(path for path in REPLAY.iterdir() if path.is_dir()), VERIFY]:
        lines = [line for file in sorted(directory.glob("*.jsonl")) for line in file.read_text().splitlines()]
        tap.equal(f"{directory.name}: {len(lines)} lines are records", record.faults(lines), [])
    tap.equal("records are what may be written", schema.faults(lines), [])


def reports(tap, schema):
    """What the commands print now, of those recordings."""
    for directory in [*sorted(path for path in REPLAY.iterdir() if path.is_dir()), VERIFY]:
        files = sorted(directory.glob("*.jsonl"))
        for command, files_of in {"report": [files, files[:1], files[1:]], "verify": [files]}.items():
            lines = [line for some in files_of for line in
                     migtrace(command, "--format", "json", *some).stdout.splitlines()]
            tap.equal(f"{directory.name}: {command}", schema.faults(lines), [])
            tap.true(f"{directory.name}: {command} says something", lines or directory.name in (
                "saved", "dumped", "snapshot"), lines)


def others(tap, schema):
    libraries = sorted(pathlib.Path("/usr/lib/x86_64-linux-gnu").glob("libvirt.so.0"))
    for name, arguments in {"files": libraries, "no daemon": ["--pid", "1"]}.items():
        lines = migtrace("doctor", "--json", *arguments).stdout.splitlines()
        tap.equal(f"doctor, {name}", ([json.loads(line)["schema"] for line in lines], schema.faults(lines)),
                  (["migtrace.doctor/1"], []))
    for arguments in (["record", "--json", "x"], ["--json", "--none"], ["wait", "--json"]):
        lines = migtrace(*arguments).stderr.splitlines()
        tap.equal(f"errors of {' '.join(arguments)}", ({json.loads(line)["schema"] for line in lines},
                                                       schema.faults(lines)), ({"migtrace.error/1"}, []))


def first(path, **wanted):
    lines = map(json.loads, path.read_text().splitlines())
    return next(line for line in lines if wanted.items() <= line.items())


def without(line, key):
    return {k: v for k, v in line.items() if k != key}


def changed(tap, schema):
    """What is no line of migtrace's is none by the schema: by what is wrong with it."""
    a = VERIFY / "a.jsonl"
    header, clock, stats = (first(a, kind=kind) for kind in ("header", "clock", "stats"))
    perform, returned = first(a, event="perform", edge="enter"), first(a, event="perform", edge="return")
    sent, state = first(a, event="monitor-send"), first(a, event="qemu-migration-state")
    migration = json.loads(migtrace("report", "--format", "json", a, VERIFY / "b.jsonl").stdout)
    verify, summary = golden.documents(VERIFY / "verify.json")
    quantity = migration["downtime"]
    # What earlier recorders did not write is no fault, and what this one may leave out.
    tap.equal("without what a record may lack", schema.faults(
        [without(header, "id"), without(perform, "uuid_agrees"), without(state, "state"),
         without(without(without(stats, "fields"), "libvirt"), "type") | {"error": "no domain"}]), [])
    for name, line, fault in (
            ("no line of ours", {}, "'schema' is a required property"),
            ("an unknown kind", {**clock, "kind": "clocks"}, "'clocks' is not one of"),
            ("an unknown schema", {**summary, "schema": "migtrace.verify.summary/2"}, "is not one of"),
            ("another record's schema", {**header, "schema": "migtrace.record/2"}, "was expected"),
            ("no host", without(header, "host"), "'host' is a required property"),
            ("a number as text", {**clock, "raw_ns": str(clock["raw_ns"])}, "$.raw_ns: "),
            ("less than none lost", {**clock, "lost": -1}, "$.lost: -1 is less than the minimum"),
            ("an unknown field", {**clock, "tai_ns": 1}, "'tai_ns' was unexpected"),
            ("an unknown event", {**perform, "event": "performed"}, "'performed' is not one of"),
            ("no edge", without(perform, "edge"), "'edge' is a required property"),
            ("an edge that this event has not", {**sent, "edge": "return"}, "'return' is not one of"),
            ("another edge's field", {**returned, "p2p": True}, "'p2p' was unexpected"),
            ("an edge's field that lacks", without(returned, "returned"), "'returned' is a required property"),
            ("a number that is true", {**returned, "returned": True}, "$.returned: True is not of type"),
            ("more than an int", {**returned, "returned": 2**31}, "$.returned: "),
            ("no UUID", {**perform, "uuid": "beat"}, "$.uuid: 'beat' does not match"),
            ("an unknown command", {**sent, "command": "quit"}, "$.command: 'quit' is not one of"),
            ("no fields and no error", without(stats, "fields"), "is not valid under any"),
            ("no figure", without(migration, "blackout"), "'blackout' is a required property"),
            ("a figure that is a number", {**migration, "downtime": 1}, "$.downtime: "),
            ("a figure without a bound", {**migration, "downtime": without(quantity, "lo_ns")}, "$.downtime: "),
            ("known and unknown", {**migration, "downtime": {**quantity, "unknown": "x"}}, "$.downtime: "),
            ("an unknown outcome", {**migration, "outcome": "done"}, "$.outcome: 'done' is not one of"),
            ("a verdict that is none", {**verify, "verdicts": [{**verify["verdicts"][0], "verdict": "bad"}]},
             "$.verdicts[0].verdict: 'bad' is not one of"),
            ("an input that is none", {**verify, "inputs": {"skew": quantity}}, "'skew' was unexpected"),
            ("a count that lacks", {**summary, "verdicts": without(summary["verdicts"], "stale")},
             "$.verdicts: 'stale' is a required property"),
            ("an empty error", {"schema": "migtrace.error/1", "error": ""}, "$.error: ")):
        faults = schema.faults([line])
        tap.true(f"{name}: no line of migtrace's", any(fault in one for one in faults), faults)


def usage(tap):
    done = migtrace("schema", "migrations")
    tap.equal("no such name: lists them", (done.returncode, done.stdout, done.stderr), (
        USAGE, "", f"migtrace: migrations: no schema; one of {', '.join(NAMES)}\n"))
    done = migtrace("schema", "record", "migration")
    tap.equal("two names", (done.returncode, done.stdout, done.stderr.count("\n")), (USAGE, "", 1))
    with open("/dev/full", "wb") as full:
        done = migtrace("schema", stdout=full)
    tap.equal("no space left", (done.returncode, done.stderr),
              (FAILURE, "migtrace: cannot write to stdout: No space left on device\n"))
    done = migtrace("schema", "error", stdout=None, preexec_fn=lambda: os.close(1))
    tap.equal("stdout is closed", (done.returncode, done.stderr),
              (FAILURE, "migtrace: cannot write to stdout: Bad file descriptor\n"))


def main():
    tap = Tap()
    schema = Schema(program=MIGTRACE)
    tap.run(documents)
    for test in (recordings, reports, others, changed):
        tap.run(test, schema)
    tap.run(usage)
    tap.end()


if __name__ == "__main__":
    main()
