#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reports as traces of OpenTelemetry: the numbers of the JSON report, spans within spans, ids that stay."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import golden
from otlp import Trace, form_faults, number_faults
from recorder import BUILD
from tap import Tap

REPLAY = pathlib.Path(__file__).parent.parent / "replay"
KINDS = sorted(path for path in REPLAY.iterdir() if path.is_dir())
MIGTRACE = BUILD / "sanitized/migtrace"
P2P = [REPLAY / "p2p/1-a.jsonl", REPLAY / "p2p/1-b.jsonl"]
GOLDEN = ("p2p", "cancelled", "refused-memory")
SPANS_MAX = 8192


def report(form, *files):
    done = subprocess.run([MIGTRACE, "report", "--format", form, *files], capture_output=True, check=False)
    assert b"Sanitizer" not in done.stderr and b"runtime error" not in done.stderr, done.stderr
    return done.stdout.decode()


def traces(*files):
    return [Trace(line) for line in report("otlp", *files).splitlines()]


def of_kind(tap, directory):
    files = sorted(directory.glob("*.jsonl"))
    found = traces(*files)
    reports = [json.loads(line) for line in report("json", *files).splitlines()]
    tap.equal(f"{directory.name}: a request for each migration", len(found), len(reports))
    tap.equal(f"{directory.name}: spans of one trace, each within its own", [form_faults(trace) for trace in found],
              [[]] * len(found))
    tap.equal(f"{directory.name}: the numbers of the report", [number_faults(*both) for both in zip(found, reports)],
              [[]] * len(found))
    if directory.name in GOLDEN:
        golden.same_as(tap, directory / "otlp.json",
                       re.sub(r'("name":"migtrace","version":)"[^"]*"', r'\1"0"', report("otlp", *files)))


def on_one_axis(tap):
    """Begins by the source's wall clock; what crossed between the hosts is where both say."""
    trace, m = traces(*P2P)[0], json.loads(report("json", *P2P))
    began = m["started_real_ns"]
    tap.equal("it begins when the report says", trace.root["from"], began)
    tap.equal("both hosts", trace.hosts, [("migtrace", "host-a"), ("migtrace", "host-b")])
    tap.equal("whose clock it is", trace.root["of"]["clock"], "the source's wall clock")
    finish, = [span for span in trace.spans if span["name"] == "Finish"]
    downtime, = [span for span in trace.spans if span["name"] == "downtime"]
    tap.equal("a span of the destination", (finish["host"], finish["of"]["side"]), ("host-b", "destination"))
    of = finish["of"]
    tap.true("is known within bounds, around the estimate", of["begin.lo_ns"] < finish["from"] < of["begin.hi_ns"] and
             of["begin.hi_ns"] - of["begin.lo_ns"] >= m["clock"]["offset"]["hi_ns"] - m["clock"]["offset"]["lo_ns"] - 2, finish)
    tap.equal("one of the source's is exact", [key for span in trace.spans if span["name"] == "Perform"
                                               for key in span["of"] if key.startswith("begin")], [])
    parts = [span for span in trace.on("standstill") if span["of"]["is_downtime"]]
    tap.equal("the downtime's parts are its children", {span["parentSpanId"] for span in parts}, {downtime["spanId"]})
    tap.equal("by who had his turn", {(span["host"], span["of"]["place"]) for span in parts},
              {("host-a", "source"), ("host-a", "transfer"), ("host-b", "destination")})
    steps = {event["name"] for span in trace.on("QEMU") for event in span.get("events", ())}
    tap.true("QEMU's steps are events of its states", {"stop-decided", "last-ram", "loaded"} <= steps, steps)


def ids(tap):
    """The same whenever it is made; of the source's half alone they are those of both."""
    both, = traces(*P2P)
    source, destination = traces(P2P[0])[0], traces(P2P[1])[0]
    again, = traces(*P2P[::-1])
    tap.equal("made again", (again.root["traceId"], sorted(again.by_id)), (both.root["traceId"], sorted(both.by_id)))
    tap.equal("of the source alone: the same trace", source.root["traceId"], both.root["traceId"])
    tap.equal("its spans are among those of both, by name",
              [span["name"] for id, span in source.by_id.items() if both.by_id.get(id, {}).get("name") != span["name"]], [])
    tap.true("of the destination alone: another", destination.root["traceId"] != both.root["traceId"], both.root)
    tap.equal("and whose clock that has", destination.root["of"]["clock"], "the destination's wall clock")
    every = [trace.root["traceId"] for kind in ("retried", "cancelled-twice", "postcopy-broken")
             for trace in traces(*sorted((REPLAY / kind).glob("*.jsonl")))]
    tap.equal("each migration has its own", (len(every), len(set(every))), (6, 6))


def unknown(tap):
    """What is not known has no span, and says why."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "a"
        file.write_text("".join(line for line in P2P[0].read_text().splitlines(keepends=True) if '"kind":"clock"' not in line))
        tap.equal("no wall clock: no span", report("otlp", file), '{"resourceSpans":[]}\n')
    trace, = traces(*sorted((REPLAY / "cancelled").glob("*.jsonl")))
    tap.equal("a host that is not on the axis: none, and why", (trace.hosts, trace.root["of"]["destination.not_shown"]),
              ([("migtrace", "host-a")], "the migration was cancelled"))
    tap.equal("nothing where there is no migration", report("otlp", "/dev/null"), "")


def hostile(tap):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "a"
        for name, shown in (("\\u001b[31m\\u0000x", None), ('q\\"uo{te\\\\', 'q"uo{te\\'), ("\\\\xff", "\\xff"),
                            ("n" * 220, "n" * 220), ("\\u202e\\u0001", "\u202e\x01")):
            file.write_text(P2P[0].read_text().replace("<name>p2p<", f"<name>{name}<"))
            trace, = traces(file, P2P[1])
            m = json.loads(report("json", file, P2P[1]))
            tap.equal(f"a name like {name[:20]}: text, and that of the report", (
                trace.root["of"].get("domain.name"), form_faults(trace)), (m["domain"]["name"], []))
            if shown:
                tap.equal("which is", trace.root["of"]["domain.name"], shown)
        text = P2P[0].read_text()
        file.write_bytes(text.encode().replace(b'"comm":"live_migration"', b'"comm":"\xff\xfe\x01"'))
        tap.equal("what is no UTF-8", [form_faults(trace) for trace in traces(file, P2P[1])], [[]])


def too_many(tap):
    """More than a trace takes: the first ones are there, and how many are not."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "a"
        lines = P2P[0].read_text().splitlines(keepends=True)
        at = next(i for i, line in enumerate(lines) if '"step":"stop-decided"' in line)
        ns = json.loads(lines[at])["ktime_ns"]
        lines[at:at] = [lines[at].replace(f'"ktime_ns":{ns}', f'"ktime_ns":{ns - 20000 + i}') for i in range(SPANS_MAX + 100)]
        file.write_text("".join(lines))
        whole, = traces(*P2P)
        line = report("otlp", file, P2P[1])
        trace = Trace(line)
        shown = sum(1 + len(span.get("events", ())) for span in trace.spans) - 1
        drawn = sum(1 + len(span.get("events", ())) for span in whole.spans) - 1
        tap.equal("as many as fit, and the others counted", (shown, trace.root["of"]["spans.left_out"], form_faults(trace)),
                  (SPANS_MAX, drawn + 100, []))
        tap.true("it stays below what receivers take", len(line) < 4 << 20, len(line))


def main():
    tap = Tap()
    for directory in KINDS:
        tap.run(of_kind, directory)
    for test in (on_one_axis, ids, unknown, hostile, too_many):
        tap.run(test)
    tap.end()


if __name__ == "__main__":
    main()
