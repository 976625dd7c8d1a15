#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""By how much the guest's clock is behind after its move, against that clock itself: TCG's TSC, and KVM's clock."""
import collections
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from clock_test import Clock
from e2e_test import report
from lab import Lab
from recorder import Recorder
from tap import Tap
from waiting import need

MIGRATIONS = int(os.environ.get("MIGRATIONS", 2))
UNIT, WRAPS = 4096, 1 << 28
READINGS = 500  # of each QEMU, before the guest leaves it: so long that a rate can be told
NEAR = 50  # of a migration: one of them was read at once
HOSTS_TSC = "the destination's KVM gives guests the host's own TSC"

Reading = collections.namedtuple("Reading", "after by qemu shows")


def readings(lab):
    """Of the guest's clock, each between two instants of the hosts' one."""
    lines = (line.split() for line in lab.run("beats").splitlines())
    return [Reading(*map(int, words[2:])) for words in lines if words[:2] == ["#", "clock"]]


def sharpest(some):
    return min(some, key=lambda reading: reading.by - reading.after)


def passed(first, last):
    """What the guest's clock showed to have passed, and by the hosts' clock at least and at most."""
    shown = (last.shows - first.shows) % WRAPS * UNIT
    return shown, last.after - first.by, last.by - first.after


def rate(of):
    """Of the clock, in its units a nanosecond: at least and at most."""
    shown, least, most = passed(sharpest(of[:NEAR]), sharpest(of[-NEAR:]))
    return (shown - UNIT) / most, (shown + UNIT) / least


def lag(before, after, per_ns):
    """By how many ns the guest's clock is behind: at least and at most."""
    shown, least, most = passed(sharpest(before[-NEAR:]), sharpest(after[:NEAR]))
    return least - (shown + UNIT) / per_ns[0], most - (shown - UNIT) / per_ns[1]


def is_within(quantity, truth):
    """Whether both can be right: each is known within bounds."""
    return "lo_ns" in quantity and quantity["lo_ns"] <= truth[1] and quantity["hi_ns"] >= truth[0]


def migrate(lab, tell, clocks):
    """Returns the reports, and of each migration by how much the guest's clock is behind."""
    lab.run("tell", tell)
    recorders = [Recorder("--netns", lab.run("netns", host).strip(), *clock.options)
                 for host, clock in zip("ab", clocks)]
    for number in range(MIGRATIONS + 1):
        need("readings", lambda: sum(r.qemu == number + 1 for r in readings(lab)) > READINGS, every_s=0.2)
        if number < MIGRATIONS:
            lab.run("migrate", "ab"[number % 2])
    for recorder in recorders:
        recorder.end()
    of = [[r for r in readings(lab) if r.qemu == number + 1] for number in range(MIGRATIONS + 1)]
    per_ns = (1, 1) if tell == "k" else rate(of[0])
    reports, _ = report(*(recorder.file.name for recorder in recorders))
    return reports, [lag(before, after, per_ns) for before, after in zip(of, of[1:])]


def check(tap, kind, tell, figure, clocks):
    name = f"{kind}, b's clock {clocks[1].name}"
    with Lab("--type", kind) as lab:
        lab.run("guest", "a")
        reports, lags = migrate(lab, tell, clocks)
    tap.equal(f"{name}: all are whole", [m["outcome"] for m in reports], ["completed"] * MIGRATIONS)
    tap.equal(f"{name}: {figure} is what the guest's clock shows",
              [(m[figure], truth) for m, truth in zip(reports, lags) if not is_within(m[figure], truth)], [])
    # Of no use, if every figure were within it.
    tap.true(f"{name}: the guest's clock did stand still", all(truth[0] > 0 for truth in lags), lags)
    return reports


def main():
    tap = Tap()
    if os.access("/dev/kvm", os.R_OK | os.W_OK):
        reports = check(tap, "kvm", "k", "kvmclock_lag", (Clock("0s", 0), Clock("7.3s", 20)))
        tap.equal("kvm: the TSC's is known, or why not",
                  {m["tsc_lag"].get("unknown") for m in reports} - {None, HOSTS_TSC}, set())
    else:
        tap.skip("kvm", "no /dev/kvm here")
    reports = check(tap, "qemu", "t", "tsc_lag", [Clock("0s", 0)] * 2)
    tap.equal("qemu: there is no KVM's clock", {m["kvmclock_lag"].get("unknown") for m in reports},
              {"the guest runs without KVM"})
    tap.end()


if __name__ == "__main__":
    main()
