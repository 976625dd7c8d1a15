#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The clocks' bounds in the lab: is the truth always inside, and how wide are they?"""
import contextlib
import json
import os
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from e2e_test import report, within
from lab import Lab
from recorder import BUILD, Recorder
from tap import Tap

MIGRATIONS = int(os.environ.get("MIGRATIONS", "14"))  # half of them p2p, half client-driven
US = 1000
AHEAD_H = 48  # of both hosts' recorders, so that one a day behind has stamps above 0
CLOCKS = (  # offset and drift of the recorder on host b, against that on host a
    ("0s", 0), ("0.05s", 100), ("-0.05s", -100), ("7.3s", -100), ("-7.3s", 100),
    ("86400s", 100), ("-86400s", -100))
FLAVOURS = {"p2p": ["--live", "--p2p"], "client-driven": ["--live"]}
SOURCES = {  # the kinds of events that a recording has to have for each source of bounds
    "tcp": {"tcp-state"},
    "qemu": {"qemu-ping", "qemu-pong", "qemu-shut"},
    "rpc": {"rpc-client-send", "rpc-client-receive"},
}
TABLE = BUILD / "clock-bounds.md"


def arrivals(lines):
    """When Finish was entered, by the recorder's own clock."""
    return [l["ktime_ns"] for l in lines if l.get("event") == "finish" and l["edge"] == "enter"]


class Clock:
    """What a recorder's clock is made to show."""

    def __init__(self, ahead, ppm):
        self.ahead_ns, self.ppm = int((AHEAD_H * 3600 + float(ahead[:-1])) * 10**9), ppm
        self.name = f"{ahead} ahead and {ppm} ppm fast"
        self.options = [f"--test-clock-offset={self.ahead_ns / 10**9}s",
                        f"--test-clock-drift={ppm}"]

    def shows(self, ns):
        return ns + ns * self.ppm // 10**6 + self.ahead_ns

    def was(self, stamp):
        """At which instant it showed that, to 1 ns."""
        return (stamp - self.ahead_ns) * 10**6 // (10**6 + self.ppm)


def without(lines, sources):
    drop = set().union(*(SOURCES[s] for s in SOURCES if s not in sources))
    return [l for l in lines if l.get("event") not in drop]


def offsets_of(recorded, sources):
    """Of each migration with only those sources (and the order of phases), in the order made."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".jsonl"))
                 for _ in "ab"]
        for file, lines in zip(files, recorded):
            for line in without(lines, sources):
                print(json.dumps(line), file=file)
            file.flush()
        migrations, done = report(*(file.name for file in files))
    return [m["clock"]["offset"] for m in migrations], done


def truths(recorded, clocks):
    """The offset when Finish was entered; host b is the destination first, then a, and so on."""
    at_a, at_b = arrivals(recorded[0]), arrivals(recorded[1])
    to_b = [y - clocks[0].shows(clocks[1].was(y)) for y in at_b]
    to_a = [y - clocks[1].shows(clocks[0].was(y)) for y in at_a]
    return [t for pair in zip(to_b, to_a) for t in pair]


def contains(offset, truth):
    """1 ns is what the injected clock is rounded by."""
    return within(offset, truth) or within(offset, truth + 1) or within(offset, truth - 1)


class Found:
    """Half-widths in us and hits, by sources and flavour."""

    def __init__(self):
        self.widths, self.hits, self.count = {}, {}, {}

    def add(self, key, offset, truth):
        self.count[key] = self.count.get(key, 0) + 1
        self.hits[key] = self.hits.get(key, 0) + contains(offset, truth)
        if "lo_ns" in offset:
            self.widths.setdefault(key, []).append((offset["hi_ns"] - offset["lo_ns"]) / 2 / US)

    def table(self):
        yield "| flavour | sources | median half-width | least | most | truth inside |"
        yield "|---|---|---|---|---|---|"
        for (name, flavour), widths in sorted(self.widths.items(), key=lambda w: (w[0][1], w[0][0])):
            yield (f"| {flavour} | {name} | {statistics.median(widths):.0f} us | {min(widths):.0f} us "
                   f"| {max(widths):.0f} us | {self.hits[name, flavour]} of "
                   f"{self.count[name, flavour]} |")


def record(lab, clocks, flavours):
    """One migration of each flavour, from host a, then from b and so on; one recorder per host."""
    with contextlib.ExitStack() as stack:
        recorders = [stack.enter_context(Recorder("--netns", lab.run("netns", host).strip(),
                                                  *clock.options))
                     for host, clock in zip("ab", clocks)]
        for i, flavour in enumerate(flavours):
            lab.run("migrate", "ab"[i % 2], *FLAVOURS[flavour])
        return [recorder.end() for recorder in recorders]


def look(tap, found, clocks, recorded, flavours):
    """Every report against the truth, with all sources and with each alone."""
    truth = truths(recorded, clocks)
    for name, sources in (("all", SOURCES), *((f"{s} and phases", [s]) for s in SOURCES),
                          ("phases", [])):
        offsets, done = offsets_of(recorded, sources)
        tap.equal(f"b {clocks[1].name}: {name}: all reports are whole",
                  (done.returncode, done.stderr, len(offsets)), (0, "", len(flavours)))
        missed = [(o, t) for o, t in zip(offsets, truth) if not contains(o, t)]
        tap.equal(f"b {clocks[1].name}: {name}: each offset contains the truth", missed, [])
        for offset, t, flavour in zip(offsets, truth, flavours):
            found.add((name, flavour), offset, t)


def main():
    tap, found = Tap(), Found()
    each = max(2, -(-MIGRATIONS // len(CLOCKS) // 2) * 2)  # there and back as often
    with Lab() as lab:
        lab.run("guest", "a")
        for n, clock in enumerate(CLOCKS):
            # Each flavour in each direction: p2p there, client-driven back, then the reverse.
            flavours = [list(FLAVOURS)[(i + n + i // 2) % 2] for i in range(each)]
            clocks = (Clock("0s", 0), Clock(*clock))
            tap.run(look, found, clocks, record(lab, clocks, flavours), flavours)
    TABLE.write_text("\n".join(found.table()) + "\n")
    for line in found.table():
        print("#", line)
    tap.end()


if __name__ == "__main__":
    main()
