#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An emulator that is a script, which becomes a program of another name, in a process of the guest's name."""
import contextlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from e2e_test import arrivals, each_way, report, within
from lab import Lab
from recorder import Recorder
from tap import Tap

MIGRATIONS = 4
AHEAD_S = 7.3  # of host a's clock, by which host b's recorder is made to stamp


def any_name(tap):
    """Whatever it is called, it is a QEMU: what it does, its vCPUs and its connections are recorded."""
    with Lab("--odd-names") as lab, contextlib.ExitStack() as stack:
        lab.run("guest", "a")
        a, b = [stack.enter_context(Recorder("--netns", lab.run("netns", host).strip(), f"--test-clock-offset={ahead}s"))
                for host, ahead in (("a", 0), ("b", AHEAD_S))]
        for i in range(MIGRATIONS):
            lab.run("migrate", "ab"[i % 2])
        changes = lab.host_changes()
        at_a, at_b = a.end(), b.end()
        migrations, done = report(a.file.name, b.file.name)
    for host, lines in (("a", at_a), ("b", at_b)):
        tap.true(f"any name, host {host}: its program is probed",
                 "runner" in [l["file"] for l in lines if l["kind"] == "target"], lines[:5])
        started = [l["pid"] for l in lines if l.get("step") == "vcpu-start"]
        tap.true(f"any name, host {host}: of the QEMU that started last there, its connection is seen",
                 started and started[-1] in {l["pid"] for l in lines if l.get("event") == "tcp-state"}, started)
    tap.equal("any name: completed, whole, without a word",
              ([(m["outcome"], m["matched"], m["lost_events"]) for m in migrations], done.stderr),
              ([("completed", "cookie", 0)] * MIGRATIONS, ""))
    tap.equal("any name: the vCPUs' standstill is known", ["lo_ns" in m["blackout"] for m in migrations],
              [True] * MIGRATIONS)
    for i, (m, gap, (runs, returned, _)) in enumerate(zip(migrations, changes, each_way(arrivals(at_b), arrivals(at_a)))):
        truth = int(AHEAD_S * 10**9) * (1 if i % 2 == 0 else -1)
        tap.true(f"any name, migration {i + 1}: the offset contains the truth", within(m["clock"]["offset"], truth), m["clock"])
        tap.true(f"any name, migration {i + 1}: the guest's own pause is no shorter",
                 m["downtime"]["lo_ns"] - (returned - runs) <= gap, (m["downtime"], gap))


def main():
    tap = Tap()
    tap.run(any_name)
    tap.end()


if __name__ == "__main__":
    main()
