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

MIGRATIONS = int(os.environ.get("MIGRATIONS", 6))
LEFT_UNSEEN = "when a vCPU left the guest was not seen"


def stops_seen(recordings):
    """Of each order to pause, in the order given: whether a vCPU was seen to leave the guest, and when."""
    seen = []
    for line in sorted((l for lines in recordings for l in lines if "ktime_ns" in l),
                       key=lambda l: l["ktime_ns"]):
        if line.get("step") == "vcpus-pause":
            seen.append(False)
            is_pausing = True
        elif line.get("event") == "qemu-run-state" and not line["running"]:
            is_pausing = False
        elif line.get("step") == "vcpu-stop" and seen and is_pausing:
            seen[-1] |= "/TCG" in line["comm"] or line["kvm_exit_ktime_ns"] is not None
    return seen


def migrate(kind):
    """There and back; returns the reports, the changes of host, and the recordings' lines."""
    with Lab("--type", kind) as lab, contextlib.ExitStack() as recorders:
        lab.run("guest", "a", "--realtime")
        both = [recorders.enter_context(Recorder("--netns", lab.run("netns", host).strip()))
                for host in "ab"]
        for i in range(MIGRATIONS):
            lab.run("migrate", "ab"[i % 2])
        changes = lab.host_changes()
        recordings = [recorder.end() for recorder in both]
        migrations, done = report(*(recorder.file.name for recorder in both))
    return migrations, changes, recordings, done


def sums(migration, parts, figure):
    return sum(p["duration"]["est_ns"] for p in migration[parts]) - migration[figure]["est_ns"]


def check(tap, kind):
    migrations, changes, recordings, done = migrate(kind)
    tap.equal(f"{kind}: all are whole",
              (len(migrations), len(changes), done.returncode, done.stderr),
              (MIGRATIONS, MIGRATIONS, 0, ""))
    # A vCPU that waits for QEMU's lock as it is to stop is not seen to: then there is no blackout.
    tap.equal(f"{kind}: a blackout is known just where a vCPU was seen to leave the guest",
              [m["blackout"].get("unknown") for m in migrations],
              [None if seen else LEFT_UNSEEN for seen in stops_seen(recordings)])
    known = [(pause, m) for pause, m in zip(changes, migrations) if "est_ns" in m["blackout"]]
    tap.true(f"{kind}: some blackouts are known", known, [m["blackout"] for m in migrations])
    # However late a beat is sent or read the pause is no shorter. `make bench` says how much longer it is.
    tap.equal(f"{kind}: no beat was sent while the guest stood still",
              [(pause, m["blackout"]) for pause, m in known if pause < m["blackout"]["lo_ns"]], [])
    for parts, figure, measured in (("breakdown", "downtime", migrations),
                                    ("blackout_breakdown", "blackout", [m for _, m in known])):
        tap.equal(f"{kind}: {parts} adds up to the {figure}, to the ns",
                  [sums(m, parts, figure) for m in measured], [0] * len(measured))


def main():
    tap = Tap()
    for kind in ("kvm", "qemu"):
        if kind == "kvm" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
            tap.skip(kind, "no /dev/kvm here")
        else:
            tap.run(check, kind)
    tap.end()


if __name__ == "__main__":
    main()
