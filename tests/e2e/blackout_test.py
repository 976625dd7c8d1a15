#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Blackout against the guest's own heartbeat, under KVM and TCG, and what it is made of."""
import contextlib
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from e2e_test import report
from lab import Lab
from recorder import Recorder
from tap import Tap

MIGRATIONS = int(os.environ.get("MIGRATIONS", 10))
MS = 10**6
BEAT = MS  # the guest sends one as often, of its own time, which stands still with it
LEFT_UNSEEN = "when a vCPU left the guest was not seen"
EARLY = MS // 10  # a beat is stamped when it was read: as much later may the last one be than it was sent


def migrate(kind):
    """There and back; returns the reports, and the pause between the last and the first beat of each."""
    with Lab("--type", kind) as lab, contextlib.ExitStack() as recorders:
        lab.run("guest", "a", "--realtime")
        both = [recorders.enter_context(Recorder("--netns", lab.run("netns", host).strip()))
                for host in "ab"]
        for i in range(MIGRATIONS):
            lab.run("migrate", "ab"[i % 2])
        gaps = [first - last for last, first in lab.host_changes()]
        for recorder in both:
            recorder.end()
        migrations, done = report(*(recorder.file.name for recorder in both))
    return migrations, gaps, done


def sums(migration, parts, figure):
    return sum(p["duration"]["est_ns"] for p in migration[parts]) - migration[figure]["est_ns"]


def check(tap, kind):
    migrations, gaps, done = migrate(kind)
    tap.equal(f"{kind}: all are whole", (len(migrations), len(gaps), done.returncode, done.stderr),
              (MIGRATIONS, MIGRATIONS, 0, ""))
    # A vCPU that waits for QEMU's lock as it is to stop is not seen to: then there is no blackout.
    known = [(gap, m) for gap, m in zip(gaps, migrations) if "est_ns" in m["blackout"]]
    tap.true(f"{kind}: most blackouts are known", len(known) > MIGRATIONS // 2 and
             {m["blackout"].get("unknown", LEFT_UNSEEN) for m in migrations} == {LEFT_UNSEEN},
             [m["blackout"] for m in migrations])
    over = [gap - m["blackout"]["est_ns"] for gap, m in known]
    print("#", kind, "gap less blackout, us:", sorted(o // 1000 for o in over))
    tap.equal(f"{kind}: no beat comes while it stands still",
              [(gap, m["blackout"]) for gap, m in known
               if gap < m["blackout"]["lo_ns"] - EARLY], [])
    # A busy machine delays beats: then half of them tell.
    tap.true(f"{kind}: the pause is the blackout and a beat, to 1 ms",
             sorted(over)[len(over) // 2] <= BEAT + MS, sorted(over))
    for parts, figure, measured in (("breakdown", "downtime", migrations),
                                    ("blackout_breakdown", "blackout", [m for _, m in known])):
        tap.equal(f"{kind}: {parts} adds up to the {figure}, to the ns",
                  [sums(m, parts, figure) for m in measured], [0] * len(measured))


def main():
    tap = Tap()
    for kind in ("kvm", "qemu"):
        tap.run(check, kind)
    tap.end()


if __name__ == "__main__":
    main()
