#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds of other compilers and options: what is found in each is right, and so are migrations with each."""
import collections
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap

TESTS = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "e2e")]
from e2e_test import arrivals, each_way, report, within
from lab import Lab
from recorder import BUILD, MIGTRACE, Recorder
from tap import Tap

BUILDS = BUILD / "builds"
MIGRATIONS = 4
AHEAD_S = 7.3  # of host a's clock, by which host b's recorder is made to stamp
TOLERANCE_NS = 2 * 10**6  # libvirt cuts each of its stamps to ms
CLONE = re.compile(r"\.(constprop|isra)\b")
SUFFIX = re.compile(r"\.(constprop|isra|part|cold|lto_priv|llvm|localalias)\b.*")
# Whose vCPUs are not seen to stop and start, as the file shows no function that does it.
NO_BLACKOUT = {"qemu-sdt"}


def rows():
    lines = (TESTS / "builds/table").read_text().splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


def lines_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def files_of(name):
    return sorted(path for path in (BUILDS / name / "usr").rglob("*")
                  if path.is_file() and path.name != "libvirtd")


def doctor(name):
    done = subprocess.run([MIGTRACE, "doctor", "--json", *files_of(name)], capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


class Truth:
    """What the symbols and the debug information of the same build say, which it is shipped without."""

    def __init__(self, whole, names):
        loads = [line.split() for line in lines_of("readelf", "-lW", whole) if line.split()[:1] == ["LOAD"]]
        self.loads = [(int(fields[1], 16), int(fields[2], 16), int(fields[4], 16)) for fields in loads]
        self.at = collections.defaultdict(set)  # of each name, whatever the compiler has added to it
        for line in lines_of("readelf", "-sW", whole):
            fields = line.split()
            if len(fields) == 8 and fields[3] == "FUNC" and fields[6] != "UND":
                symbol = fields[7].split("@")[0]
                self.at[SUFFIX.sub("", symbol)].add((symbol, self.offset(int(fields[1], 16))))
        self.inlined = {}
        for line in lines_of(BUILDS / "inlined", whole, *names):
            self.inlined[line.split()[0]] = int(line.split()[1])

    def offset(self, address):
        return next((address - start + offset for offset, start, size in self.loads
                     if start <= address < start + size), None)

    def clones(self, name):
        return {symbol for symbol, _ in self.at[name] if CLONE.search(symbol)}

    def places(self, name):
        return {offset for symbol, offset in self.at[name] if not CLONE.search(symbol) and ".cold" not in symbol}


def verdict(truth, probe):
    """Whether the resolver is right of a function, as far as the whole file tells."""
    name, behind = probe["name"], 4 * probe["behind_endbr64"]
    inlined, clones, places = truth.inlined.get(name, 0), truth.clones(name), truth.places(name)
    if probe["how"]:
        if probe["offset"] - behind not in places:
            return "WRONG: is elsewhere"
        if inlined:
            return f"WRONG: inlined {inlined} times"
        return f"WRONG: has {sorted(clones)}" if clones else "right"
    if not places and not clones and not inlined:
        return "right: not there"
    if inlined or clones:
        return "right: inlined, or cloned"
    return "there, but not to be known for sure"


def look(tap, name, told):
    """Returns what the table says of each file of the build."""
    found = []
    for target in told["targets"]:
        whole = BUILDS / name / "whole" / target["file"]
        functions = [p for p in target["probes"] if "SDT" not in (p["how"] or "") and "SDT" not in (p["why_not"] or "")]
        truth = Truth(whole, [p["name"] for p in functions])
        verdicts = {p["name"]: verdict(truth, p) for p in functions}
        tap.equal(f"{name}, {target['file']}: no probe is where it misses calls",
                  {n: v for n, v in verdicts.items() if v.startswith("WRONG")}, {})
        ways = collections.Counter("SDT" if p["how"] == "SDT" else "function" for p in target["probes"] if p["how"])
        missing = [(p["name"], p["why_not"], verdicts.get(p["name"], "")) for p in target["probes"] if not p["how"]]
        for one in missing:
            print(f"# {name}, {target['file']}: {one}")
        vital = [p["name"] for p in target["probes"] if p["vital"] and not p["how"]]
        tap.equal(f"{name}, {target['file']}: all that is vital is probed", vital, [])
        found.append((target["file"], ways, missing))
    return found


def migrate(tap, name):
    """There and back, twice; returns the migrations."""
    with Lab("--over", str(BUILDS / name)) as lab, contextlib.ExitStack() as stack:
        lab.run("guest", "a")
        a, b = [stack.enter_context(Recorder("--netns", lab.run("netns", host).strip(), "--stats",
                                             f"--test-clock-offset={ahead}s")) for host, ahead in (("a", 0), ("b", AHEAD_S))]
        stats = []
        for i in range(MIGRATIONS):
            lab.run("migrate", "ab"[i % 2])
            stats.append(lab.stats("ba"[i % 2]))
        changes = lab.host_changes()
        at_a, at_b = a.end(), b.end()
        migrations, done = report(a.file.name, b.file.name)
    tap.equal(f"{name}: no complaint", (done.returncode, done.stderr), (0, ""))
    tap.equal(f"{name}: whole, each way",
              [(m["outcome"], m["matched"], m["lost_events"], m["source"]["host"]) for m in migrations],
              [("completed", "cookie", 0, host) for host in ("host-a", "host-b")] * (MIGRATIONS // 2))
    tap.equal(f"{name}: nothing unreadable",
              [l["unreadable"] for l in (*at_a, *at_b) if l["kind"] == "end"], [0, 0])
    arrived = each_way(arrivals(at_b), arrivals(at_a)) if name not in NO_BLACKOUT else [None] * MIGRATIONS
    for i, (m, said, gap, arrival) in enumerate(zip(migrations, stats, changes, arrived)):
        figures(tap, f"{name}, migration {i + 1}", m, said, gap, arrival)
    tap.equal(f"{name}: whether the vCPUs' own standstill is known",
              ["lo_ns" in m["blackout"] for m in migrations], [name not in NO_BLACKOUT] * MIGRATIONS)
    return migrations


def figures(tap, name, m, said, gap, arrival):
    truth = int(AHEAD_S * 10**9) * (1 if m["destination"]["host"] == "host-b" else -1)
    tap.true(f"{name}: the offset contains the truth", within(m["clock"]["offset"], truth), m["clock"])
    early = arrival[1] - arrival[0] if arrival else 0
    late = arrival[2] - arrival[1] if arrival else 0
    net = m["downtime_net"]  # an interval, where it is not seen when libvirt had handled STOP
    tap.true(f"{name}: libvirt's downtime_net is within ours",
             net.get("lo_ns", 2**63) - TOLERANCE_NS <= said["downtime_net"] * 10**6 <=
             net.get("hi_ns", 0) + TOLERANCE_NS + late, (net, said["downtime_net"]))
    if arrival:
        tap.true(f"{name}: the guest's own pause is no shorter",
                 "lo_ns" in m["downtime"] and m["downtime"]["lo_ns"] - early <= gap, (m["downtime"], early, gap))


def ms(values):
    return "-" if not values else f"{min(values) / 1e6:.1f} to {max(values) / 1e6:.1f}"


def made_of(row):
    _, package, compiler, flags, *options = row
    return f"{package}, {compiler} {flags.replace(',', ' ')} {' '.join(options)}"


def table_row(row, found, migrations):
    downtimes = [m["downtime"]["est_ns"] for m in migrations if "est_ns" in m["downtime"]]
    widths = [m["clock"]["offset"]["hi_ns"] - m["clock"]["offset"]["lo_ns"] for m in migrations]
    sources = sorted({source for m in migrations for source in m["clock"]["from"]})
    probes = ", ".join(f"{ways['SDT']} SDT + {ways['function']} of {sum(ways.values()) + len(missing)}"
                       for _, ways, missing in found)
    return (f"| {row[0]} | {made_of(row)} | {probes} | "
            f"{ms(downtimes)} | {ms(widths)} by {', '.join(sources)} |")


def before(table, mark, name, line):
    """What the table had of a build that was not tried now, with its continuation lines; else the line."""
    begin = f"{mark} {name}{':' if mark == '-' else ' |'}"
    found = re.search(rf"^{re.escape(begin)}.*(?:\n  .*)*", table, re.M)
    return found[0] if found else line


def table_write(path, made, lacks):
    begin, end = "<!-- measured -->\n", "<!-- end -->"
    head, _, rest = path.read_text().partition(begin)
    table, _, tail = rest.partition(end)
    lines = ["| build | made of | probes found | downtime, ms | clock bounds, ms |", "|---|---|---|---|---|"]
    lines += [line if name in lacks else before(table, "|", name, line) for name, line in made.items()]
    missing = [textwrap.fill(f"- {name}: {'; '.join(lacks[name]) or 'nothing'}.", 118, subsequent_indent="  ", break_on_hyphens=False)
               if name in lacks else before(table, "-", name, None) for name in made]
    lines += ["", "Not probed:", "", *filter(None, missing)]
    path.write_text(head + begin + "\n".join(lines) + "\n" + end + tail)


def main():
    tap = Tap()
    made = {row[0]: f"| {row[0]} | {made_of(row)} | not tried | - | - |" for row in rows()}
    lacks = {}

    def one(_, row):
        name = row[0]
        if not (BUILDS / name / "row").exists():
            failed = BUILDS / name / "failed"
            why = failed.read_text().strip() if failed.exists() else "it was not built"
            tap.skip(name, why)
            made[name] = f"| {name} | {made_of(row)} | not tried: {why} | - | - |"
            return
        found = look(tap, name, doctor(name))
        migrations = migrate(tap, name)
        made[name] = table_row(row, found, migrations)
        lacks[name] = [f"{n} ({why})" for _, _, missing in found for n, why, _ in missing]

    wanted = os.environ.get("NAMES", "").split()
    for row in rows():
        if not wanted or row[0] in wanted:
            tap.run(one, row)
    if os.environ.get("TABLE") and not tap.failed:
        table_write(pathlib.Path(os.environ["TABLE"]), made, lacks)
    tap.end()


if __name__ == "__main__":
    main()
