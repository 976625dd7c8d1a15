#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest whose migration is tried again and again: each attempt is one migration, with both sides."""
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from e2e_test import report
from kinds import ABORT, LIVE, P2P, SLOW, beside, destroy_all, may_fail, migrate, port_taken, signal_qemu
from lab import Lab
from recorder import Recorder
from tap import Tap
from waiting import need


def active_again(lab):
    """Waits until the guest's QEMU on host a has begun once more to send."""
    need("an attempt that has begun", lambda: lab.begun < sum(
        b'"state":"active"' in line for line in lab.recorders["a"].raw().splitlines()))
    lab.begun += 1


def attempt(step, *options):
    return beside(migrate(*options, *SLOW), active_again, step)


def attempts(options):
    """What is done, and how it ends."""
    return [
        (attempt(ABORT, *options), "cancelled"),
        (attempt(ABORT, *options), "cancelled"),
        (may_fail(port_taken), "failed"),
        (attempt(signal_qemu(signal.SIGKILL, "b"), *options), "failed"),
        (attempt(ABORT, *options), "cancelled"),
        (migrate(*options), "completed"),
    ]


def retried(tap, lab, name, options):
    lab.environment["LAB_GUEST"] = name
    lab.begun = 0
    lab.run("guest", "a")
    lab.forget_recordings()
    for host, ahead in (("a", "0s"), ("b", "7300ms")):  # else they would have one clock
        recorder = Recorder("--netns", lab.run("netns", host).strip(), f"--test-clock-offset={ahead}")
        lab.recorders[host] = recorder
        lab.recordings.append(recorder)
    done = attempts(options)
    for step, _ in done:
        step(lab)
    for recorder in lab.recordings:
        recorder.end()
    migrations, said = report(*(recorder.file.name for recorder in lab.recordings))
    tap.equal(f"{name}: each attempt is one, with both sides",
              [(m["outcome"], m["source"] and m["source"]["host"], m["destination"] and
                m["destination"]["host"]) for m in migrations],
              [(outcome, "host-a", "host-b") for _, outcome in done])
    tap.equal(f"{name}: all are whole", (said.returncode, said.stderr), (0, ""))
    destroy_all(lab)


def main():
    tap = Tap()
    with Lab() as lab:
        tap.run(retried, lab, "retry-p2p", P2P)
        tap.run(retried, lab, "retry-direct", LIVE)
    tap.end()


if __name__ == "__main__":
    main()
