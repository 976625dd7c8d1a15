#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts of every shape, both ways: what is found, matched and bounded there, and whether the figures are right."""
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "e2e")]
from clock_test import SOURCES
from e2e_test import arrivals, each_way, report
from lab import Lab, lacks_daemons
from live import Live
from live_test import is_recording
from recorder import MIGTRACE, Recorder
from rows import is_chosen, table_write
from shapes import SHAPES
from tap import Tap
from waiting import need

AHEAD_S = 7.3  # of host a's clock, by which host b's recorder is made to stamp
US = 1000
SERVED = {"rpc-server-send", "rpc-proxy-send"}
HEAD = ("| shape | | found | matched by | bounded by | there, back | beside plain | figures | said |",
        "|---|---|---|---|---|---|---|---|---|")


def migrate(lab, shape, place):
    """There and back."""
    with shape.way(lab) as options:
        for host in "ab":
            place.migrate(host, *shape.control, *options[host])


class Recorded:
    """The migrations of one shape, which were recorded on each host."""

    def __init__(self, shape):
        self.clocks = ("0s", f"{AHEAD_S}s")
        with Lab(*shape.up) as lab, contextlib.ExitStack() as stack:
            place = stack.enter_context(shape.daemons(lab))
            place.guest()
            self.pids = [place.pid(host) for host in "ab"]
            self.recorders = [stack.enter_context(Recorder("--stats", "--netns", lab.run("netns", host).strip(),
                                                           f"--test-clock-offset={ahead}"))
                              for host, ahead in zip("ab", self.clocks)]
            live = self._live(lab, stack)
            migrate(lab, shape, place)
            live.wait_for("migtrace.migration/1", count=2)
            self.live = (live.end(), live.reports(), live.errors())
            self.lines = [self._end(recorder) for recorder in self.recorders]
            self.pauses = lab.host_changes()
        self.files = [recorder.file.name for recorder in self.recorders]
        self.migrations, self.done = report(*self.files)

    def _live(self, lab, stack):
        """One that watches host a, with host b as its peer."""
        netns, records = ([lab.run("netns", host).strip() for host in "ab"], pathlib.Path(lab.directory) / "records")
        live = stack.enter_context(Live(
            "--json", "--netns", netns[0], "--record", records, "--peer-command",
            f"{MIGTRACE} record -o - --answer --netns {netns[1]} --test-clock-offset={self.clocks[1]}"))
        need("live, and its peer", is_recording, records, pathlib.Path(f"{records}.peer-1"))
        return live

    def _end(self, recorder):
        recorder.process.send_signal(2)
        self.said = getattr(self, "said", "") + recorder.process.communicate()[1]
        return recorder.lines()

    def messages(self, dropped=()):
        """How many messages between the hosts there are in each migration, without those events."""
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".jsonl")) for _ in self.lines]
            for file, lines in zip(files, self.lines):
                file.writelines(json.dumps(line) + "\n" for line in lines if line.get("event") not in dropped)
                file.flush()
            return [m["clock"]["messages"] for m in report(*(file.name for file in files))[0]]

    def bounds(self):
        """The kinds of messages that each migration has."""
        every = self.messages()
        without = {kind: self.messages(events) for kind, events in SOURCES.items()}
        rest = self.messages(set().union(*SOURCES.values()))
        return [frozenset([kind for kind, counts in without.items() if counts[i] < count] +
                          (["phase"] if rest[i] else [])) for i, count in enumerate(every)]

    def widths_us(self):
        return [(m["clock"]["offset"]["hi_ns"] - m["clock"]["offset"]["lo_ns"]) / US for m in self.migrations]


def found(lines, pid):
    """Of which hosts there were processes, whether that daemon is one, and how many files were probed."""
    named = [line for line in lines if line["kind"] == "daemon"]
    return ({line["host"] for line in named}, pid in [line["pid"] for line in named],
            sum(line["kind"] == "target" for line in lines))


def told(migration):
    return (migration["outcome"], *(migration[side] and migration[side]["host"] for side in ("source", "destination")),
            migration["matched"], migration["lost_events"])


BOTH = [("completed", "host-a", "host-b", "cookie", 0), ("completed", "host-b", "host-a", "cookie", 0)]


def check_figures(tap, name, recorded):
    """Against the truth: one clock, the guest's own beats, and libvirt's numbers, whose clocks are one, too."""
    for migration, ahead in zip(recorded.migrations, (1, -1)):
        truth, offset = int(AHEAD_S * 10**9) * ahead, migration["clock"]["offset"]
        tap.true(f"{name}, to {migration['destination']['host']}: the offset contains the truth",
                 offset.get("lo_ns", 2**63) <= truth <= offset.get("hi_ns", -2**63), migration["clock"])
    arrived = each_way(arrivals(recorded.lines[1]), arrivals(recorded.lines[0]))
    tap.equal(f"{name}: the guest was on both hosts, once each way", len(recorded.pauses), 2)
    for migration, pause, (runs, returned, _) in zip(recorded.migrations, recorded.pauses, arrived):
        downtime = migration["downtime"]
        tap.true(f"{name}, to {migration['destination']['host']}: the guest's own pause is no shorter",
                 "lo_ns" in downtime and downtime["lo_ns"] - (returned - runs) <= pause, (downtime, pause))
        parts = sum(part["duration"]["est_ns"] for part in migration["breakdown"])
        tap.equal(f"{name}, to {migration['destination']['host']}: its parts add up to the downtime", parts,
                  downtime.get("est_ns"))
    done = subprocess.run([MIGTRACE, "verify", "--tolerance", "1s", *recorded.files], text=True, capture_output=True,
                          check=False)
    tap.equal(f"{name}: libvirt's numbers are right", (done.returncode, done.stderr), (0, ""))


def each(texts):
    """What all have in common, or the texts of each."""
    return "; ".join(dict.fromkeys(texts))


def check(tap, name, plain):
    """Returns the row, and what was recorded."""
    shape = SHAPES[name]
    failed = tap.failed
    recorded = Recorded(shape)
    seen, bounds = [found(lines, pid) for lines, pid in zip(recorded.lines, recorded.pids)], recorded.bounds()
    tap.equal(f"{name}: each host's daemon, of that host alone, and its three files", seen,
              [({"host-a"}, True, 3), ({"host-b"}, True, 3)])
    tap.equal(f"{name}: both ways, each whole", list(map(told, recorded.migrations)), BOTH)
    tap.equal(f"{name}: live, with a peer, tells both at once, each whole",
              (recorded.live[0], list(map(told, recorded.live[1])), recorded.live[2]), (0, BOTH, []))
    tap.equal(f"{name}: nothing is said", (recorded.said, recorded.done.returncode, recorded.done.stderr), ("", 0, ""))
    tap.equal(f"{name}: the messages that bound the clocks", [sorted(kinds) for kinds in bounds],
              [sorted(shape.bounds)] * 2)
    check_figures(tap, name, recorded)
    widths = recorded.widths_us()
    beside = plain.widths_us() if plain else widths
    row = (name, shape.what, each(f"{is_known:d} daemon, {files} files" for _, is_known, files in seen),
           each(m["matched"] for m in recorded.migrations), each(", ".join(sorted(kinds)) for kinds in bounds),
           ", ".join(f"{width:.0f} us" for width in widths), ", ".join(f"{w / b:.1f}" for w, b in zip(widths, beside)),
           "right" if tap.failed == failed else "WRONG", recorded.said + recorded.done.stderr or "-")
    return row, recorded


def look(tap, name, rows, seen):
    row, seen[name] = check(tap, name, seen.get("plain"))
    rows.append(row)
    print("#", " | ".join(row))


def main():
    tap, rows, seen = Tap(), [], {}
    for name, shape in SHAPES.items():
        if is_chosen(name, shape.is_quick) and not ("modular" in shape.up and lacks_daemons(tap, name)):
            tap.run(look, name, rows, seen)
    if not tap.failed:
        table_write("hosts_test", HEAD, rows)
    tap.end()


if __name__ == "__main__":
    main()
