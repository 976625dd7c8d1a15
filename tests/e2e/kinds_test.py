#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each kind of migration, and of failure, for real: outcome, flavour, figures or why there are none."""
import contextlib
import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from e2e_test import report
from kinds import KINDS, MEANWHILE_S, P2P, virsh
from lab import Lab
from recorder import Recorder
from tap import Tap

DOWNTIME = None  # it is known
UNMOVED = "the guest was not stopped"
OFFLINE = "an offline migration: no guest ran"
PAUSED = "the guest was left paused on the destination"

# Outcome, control, where the guest is left, flavours that are set, why there is no downtime.
DONE = ("completed", "p2p", "destination", set(), DOWNTIME)
DIRECT = ("completed", "direct", "destination", set(), DOWNTIME)
CANCELLED = ("cancelled", "p2p", "source", set(), UNMOVED)
FAILED = ("failed", "p2p", "source", set(), UNMOVED)
EXPECTED = {
    "p2p": [DONE],
    "direct": [DIRECT],
    "not-live": [DONE],
    "tunnelled": [("completed", "p2p", "destination", {"tunnelled"}, DOWNTIME)],
    "multifd": [DONE],
    "compressed": [DONE],
    "auto-converge": [DONE],
    "undefined": [DONE],
    "postcopy": [("completed", "p2p", "destination", {"postcopy"}, DOWNTIME)],
    "suspended": [("completed", "p2p", "paused", set(), PAUSED)],
    "paused": [("completed", "p2p", "paused", set(), "the guest did not run")],
    "offline": [("completed", "p2p", "paused", {"offline"}, OFFLINE)],
    "offline-direct": [("completed", "direct", "paused", {"offline"}, OFFLINE)],
    "cancelled": [CANCELLED],
    "cancelled-direct": [("cancelled", "direct", "source", set(), UNMOVED)],
    "retried": [CANCELLED, DONE],
    "retried-direct": [("cancelled", "direct", "source", set(), UNMOVED), DIRECT],
    "destination-qemu-killed": [FAILED],
    "source-qemu-killed": [("failed", "p2p", "nowhere", set(), "the source's QEMU ended")],
    "destination-daemon-killed": [FAILED],
    "source-daemon-killed": [("unfinished", "p2p", "unknown", set(),
                              "the source's end of Run was not seen")],
    "saved": [],
}
# The ten that matter most; all of them where KINDS is "all".
OFTEN = ["direct", "postcopy", "paused", "offline-direct", "cancelled", "retried-direct",
         "destination-qemu-killed", "source-qemu-killed", "destination-daemon-killed", "saved"]
LAST = {"destination-daemon-killed", "source-daemon-killed"}  # of their lab: a daemon is gone


def told(migration):
    flavours = {f for f in ("postcopy", "offline", "tunnelled") if migration["flavour"][f]}
    return (migration["outcome"], migration["flavour"]["control"], migration["left_on"], flavours,
            migration["downtime"].get("unknown"))


def kind(tap, lab, name):
    lab.environment["LAB_GUEST"] = name
    lab.run("guest", "a")
    with contextlib.ExitStack() as stack:
        recorders = [stack.enter_context(Recorder("--netns", lab.run("netns", host).strip()))
                     for host in "ab"]
        KINDS[name](lab)
        for recorder in recorders:
            recorder.end()
        migrations, done = report(*(recorder.file.name for recorder in recorders))
        tap.equal(f"{name}: outcome, control, where it is left, flavours, downtime",
                  [told(m) for m in migrations], EXPECTED[name])
        tap.equal(f"{name}: both halves, nothing lost",
                  [(m["source"] is not None, m["destination"] is not None, m["lost_events"])
                   for m in migrations], [(True, True, 0)] * len(EXPECTED[name]))
        for migration in migrations:
            if migration["outcome"] == "completed" and not migration["flavour"]["offline"]:
                tap.true(f"{name}: the clocks are bounded, within 0.5 ms",
                         "lo_ns" in migration["clock"]["offset"] and
                         migration["clock"]["offset"]["lo_ns"] <= 0 <=
                         migration["clock"]["offset"]["hi_ns"] and
                         migration["clock"]["offset"]["hi_ns"] -
                         migration["clock"]["offset"]["lo_ns"] < 10**6, migration["clock"])
        tap.true(f"{name}: exit status says whether it is whole", done.returncode == (
            3 if name in ("saved", "source-daemon-killed") else 0), (done.returncode, done.stderr))
    for host in "ab":  # so that the next one is alone, and beats
        with contextlib.suppress(RuntimeError):
            virsh(lab, host, "destroy", name)


def late(tap, lab):
    """Recorders that are started in mid-migration: what can still be known is given."""
    lab.environment["LAB_GUEST"] = "late"
    lab.run("guest", "a")
    slow = threading.Thread(target=lab.run, args=("migrate", "a", *P2P, "--bandwidth", "1"))
    slow.start()
    time.sleep(MEANWHILE_S)
    with contextlib.ExitStack() as stack:
        recorders = [stack.enter_context(Recorder("--netns", lab.run("netns", host).strip()))
                     for host in "ab"]
        virsh(lab, "a", "migrate-setspeed", "late", "2000")
        slow.join()
        for recorder in recorders:
            recorder.end()
        migrations, done = report(*(recorder.file.name for recorder in recorders))
    tap.equal("late: one migration, whole as far as it goes",
              ([told(m) for m in migrations], done.returncode),
              ([("completed", "p2p", "destination", set(), "no STOP of the guest was seen")], 0))
    tap.true("late: the transfer is known, with bounds",
             all(0 <= m["transfer"]["lo_ns"] < m["transfer"]["hi_ns"] for m in migrations),
             [m["transfer"] for m in migrations])
    tap.equal("late: why there is no elapsed", [m["elapsed"].get("unknown") for m in migrations],
              ["the job's start was not seen"])


def main():
    tap = Tap()
    names = list(KINDS) if os.environ.get("KINDS") == "all" else OFTEN
    with Lab() as lab:
        for name in names:
            if name not in LAST:
                tap.run(kind, lab, name)
        tap.run(late, lab)
    for name in LAST & set(names):
        with Lab() as lab:
            tap.run(kind, lab, name)
    tap.end()


if __name__ == "__main__":
    main()
