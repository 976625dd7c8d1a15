#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Is libvirt right? One daemon's wall clock is set off, so that it is known which numbers are not."""
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from lab import Lab
from recorder import MIGTRACE, Recorder
from tap import Tap

RIGHT = {"downtime": "agrees", "downtime_net": "agrees", "time_elapsed": "agrees",
         "time_elapsed_net": "agrees"}
AHEAD = {"downtime": "skewed", "downtime_net": "agrees", "time_elapsed": "skewed",
         "time_elapsed_net": "agrees"}
BEHIND = {"downtime": "skewed", "downtime_net": "missing", "time_elapsed": "skewed",
          "time_elapsed_net": "missing"}
FAR_BEHIND = {"downtime": "partial", "downtime_net": "missing", "time_elapsed": "partial",
              "time_elapsed_net": "missing"}
TRIES = 3  # a daemon that loses its CPU between its own stamp and what is probed has numbers that nothing explains
# How far host b's wall clock is ahead, and what that makes of libvirt's numbers on each side
# (facts of libvirt's formulas: the source's elapsed is its own, its net one is off the other way).
CASES = {
    "0": (RIGHT, RIGHT),
    "7.3": (dict(AHEAD, time_elapsed="agrees", time_elapsed_net="missing"), AHEAD),
    "0.05": (dict(AHEAD, time_elapsed="agrees", time_elapsed_net="skewed"), AHEAD),
    "-0.015": (dict(BEHIND, time_elapsed="agrees"), BEHIND),
    "-7.3": (dict(FAR_BEHIND, time_elapsed="agrees"), FAR_BEHIND),
}


def judge(lab, stack):
    """One migration, and the report with what libvirt says of it on both hosts."""
    lab.run("guest", "a")
    recorders = [stack.enter_context(Recorder("--netns", lab.run("netns", host).strip()))
                 for host in "ab"]
    lab.run("migrate", "a")
    reported = []
    for side, host in (("source", "a"), ("destination", "b")):
        file = stack.enter_context(tempfile.NamedTemporaryFile("w"))
        file.write(lab.run("stats", host))
        file.flush()
        reported.append(f"--reported-{side}={file.name}")
    for recorder in recorders:
        recorder.end()
    files = [recorder.file.name for recorder in recorders]
    done = subprocess.run([MIGTRACE, "report", "--format", "json", *reported, *files], text=True,
                          capture_output=True, check=True)
    text = subprocess.run([MIGTRACE, "report", *reported, *files], text=True, capture_output=True,
                          check=True)
    return json.loads(done.stdout)["verdicts"], text.stdout


def of_sides(verdicts):
    return tuple({v["field"]: v["verdict"] for v in verdicts if v["side"] == side} for side in ("source", "destination"))


def case(tap, skew, expected):
    options = [] if skew == "0" else ["--skew-b", skew]
    for _ in range(TRIES):
        with Lab(*options) as lab, contextlib.ExitStack() as stack:
            verdicts, text = judge(lab, stack)
        if of_sides(verdicts) == expected:
            break
    for side, got, wanted in zip(("source", "destination"), of_sides(verdicts), expected):
        tap.equal(f"{skew} s ahead: {side}: each number is judged by what was done to the clock", got, wanted)
    agree = sum(v["verdict"] == "agrees" for v in verdicts)
    tap.true(f"{skew} s ahead: the text tells how many agree",
             f"{agree} of its 8 numbers agree" in text, text)


def main():
    tap = Tap()
    for skew, expected in CASES.items():
        tap.run(case, skew, expected)
    tap.end()


main()
