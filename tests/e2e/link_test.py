#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two recorders that are linked: their stamps bound the clocks, and each survives the other."""
import contextlib
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from clock_test import Clock, SOURCES, contains, offsets_of, truths
from lab import Lab
from recorder import MIGTRACE, Recorder
from tap import Tap
from waiting import HANGS_S, eventually

CLOCKS = (Clock("0s", 0), Clock("-7.3s", 100))
RAW_RATE_MOST = 1e-3  # between two clocks, by far: they are 100 ppm apart here


def shell(*arguments):
    return " ".join(str(a) for a in arguments)


@contextlib.contextmanager
def peer(lab, host, *options):
    """A command that records on the host, and where its process id and its records will be."""
    with tempfile.TemporaryDirectory() as directory:
        pid, output = pathlib.Path(directory, "pid"), pathlib.Path(directory, "out")
        command = shell(MIGTRACE, "record", "--netns", lab.run("netns", host).strip(), "-o - --answer",
                        *options)
        yield f"echo $$ >{pid}; exec {command}", pid, output


def is_gone(pid):
    """A zombie counts as gone: its parent, which was killed, left it to init."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def finishes(recorded):
    """When Finish returned to each source, by the clock of host a, whose exchanges they are; b's is near it."""
    ends = [[l["ktime_ns"] for l in lines if l.get("event") == "finish" and l["edge"] == "enter"]
            for lines in recorded]
    return [CLOCKS[0].shows(CLOCKS[1].was(ends[1][0])), ends[0][0]]


def narrowest_ns(exchanges, at_ns):
    """How far apart the bounds may be at that time: an exchange's way there and back, and what rates add since."""
    return min(e["t4_ns"] - e["t1_ns"] - (e["t3_ns"] - e["t2_ns"]) +
               2 * RAW_RATE_MOST * max(abs(at_ns - e["t1_ns"]), abs(at_ns - e["t4_ns"])) for e in exchanges)


def linked(tap, lab):
    with peer(lab, "b", *CLOCKS[1].options) as (command, pid, output):
        recorder = Recorder("--netns", lab.run("netns", "a").strip(), *CLOCKS[0].options,
                            "--peer-command", command, "--peer-output", output)
        with recorder:
            eventually(lambda: '"kind":"clock"' in output.read_text())
            lab.run("migrate", "a")
            lab.run("migrate", "b", "--live")
            recorded = [recorder.end(), lines_of(output)]
        tap.equal("linked: the peer's recording is whole", recorded[1][-1]["kind"], "end")
        tap.true("linked: the peer has ended", is_gone(int(pid.read_text())), "")
    tap.equal("linked: answers are not in the peer's recording",
              [l for l in recorded[1] if l["kind"] == "exchange"], [])
    exchanges = [l for l in recorded[0] if l["kind"] == "exchange"]
    tap.true("linked: stamps were exchanged, with the peer's recording",
             len(exchanges) >= 4 and {e["peer"] for e in exchanges} == {recorded[1][0]["id"]},
             exchanges)
    truth = truths(recorded, CLOCKS)
    for name, sources in (("all", SOURCES), ("exchange and phases", [])):
        offsets, done = offsets_of(recorded, sources)
        tap.equal(f"linked, {name}: no complaint", (done.returncode, done.stderr), (0, ""))
        tap.equal(f"linked, {name}: each offset contains the truth",
                  [contains(o, t) for o, t in zip(offsets, truth)], [True, True])
        # However long an exchange was on its way, it bounds the offset as tightly as that.
        tap.equal(f"linked, {name}: and is as narrow as the best exchange makes it",
                  [o["hi_ns"] - o["lo_ns"] for o, at in zip(offsets, finishes(recorded))
                   if o["hi_ns"] - o["lo_ns"] > narrowest_ns(exchanges, at)], [])
        bound_by = [json.loads(line)["clock"]["from"] for line in done.stdout.splitlines()]
        if not sources:
            tap.equal("linked: without other sources the exchange binds", bound_by,
                      [["exchange"]] * 2)


def peer_killed(tap, lab):
    """Who records goes on without the peer, and says so."""
    with peer(lab, "b") as (command, pid, output):
        with Recorder("--netns", lab.run("netns", "a").strip(), "--peer-command", command,
                      "--peer-output", output) as recorder:
            eventually(lambda: output.exists() and output.read_text().count("\n") > 3)
            os.kill(int(pid.read_text()), signal.SIGKILL)
            lab.run("migrate", "a")
            recorder.process.send_signal(signal.SIGINT)
            _, said = recorder.process.communicate(timeout=HANGS_S)
            tap.equal("peer killed: said, and its side is missing", (recorder.process.returncode, said),
                      (3, "migtrace: the peer: ended\n"))
            tap.true("peer killed: the rest is recorded", "finish" in {
                l.get("event") for l in recorder.lines()} or any(
                    l.get("event") == "perform" for l in recorder.lines()), "")


def asker_killed(tap, lab):
    """The peer ends by itself: nothing is left on its host."""
    with peer(lab, "b") as (command, pid, output):
        with Recorder("--netns", lab.run("netns", "a").strip(), "--peer-command", command,
                      "--peer-output", output) as recorder:
            eventually(lambda: output.exists() and output.read_text().count("\n") > 3)
            recorder.process.kill()
            recorder.process.wait()
        tap.true("who asked was killed: the peer ends", eventually(
            lambda: is_gone(int(pid.read_text()))), "")


def hostile(tap, lab):
    """
    What a peer may send instead of records: an error, and the recording goes on. A line that is wrong
    costs that line only, and is said by who reads the peer's recording.
    """
    no_recorder = "migtrace: the peer: protocol error: is its migtrace of another version?\n"
    for name, command, complaint in (
            ("rubbish", "head -c 100000 /dev/urandom; cat >/dev/null", no_recorder),
            ("a line without end", "yes | tr -d '\\n'", no_recorder),
            ("another first line", 'echo {}; cat >/dev/null', no_recorder),
            ("a stamp beyond all clocks", 'echo "{\\"kind\\":\\"header\\",\\"id\\":\\"x\\"}"; '
             'echo "{\\"kind\\":\\"exchange\\",\\"t1_ns\\":-1}"; cat >/dev/null', "")):
        with tempfile.TemporaryDirectory() as directory:
            with Recorder("--netns", lab.run("netns", "a").strip(), "--peer-command", command,
                          "--peer-output", f"{directory}/out") as recorder:
                eventually(lambda: select.select([recorder.process.stderr], [], [], 0)[0] if complaint
                           else pathlib.Path(directory, "out").read_text())
                recorder.process.send_signal(signal.SIGINT)
                _, said = recorder.process.communicate(timeout=HANGS_S)
                tap.equal(f"{name}: what is said, and whether its side is missing", (recorder.process.returncode, said),
                          (3 if complaint else 0, complaint))
                tap.equal(f"{name}: our own recording is whole", recorder.lines()[-1]["kind"], "end")


def usage(tap, lab):
    netns = lab.run("netns", "a").strip()
    done = subprocess.run([MIGTRACE, "record", "--peer-command", "true"], capture_output=True,
                          text=True, check=False)
    tap.equal("a peer without a file: wrong usage", (done.returncode, "go together" in done.stderr),
              (2, True))
    done = subprocess.run([MIGTRACE, "record", "--netns", netns, "-o", "/dev/null", "--answer"],
                          input="rubbish\n", capture_output=True, text=True, check=False)
    tap.equal("rubbish on stdin: it ends, and says why",
              (done.returncode, "invalid clock query" in done.stderr), (1, True))


def silent(tap, lab):
    """Who asked is still there, as far as can be seen, but does not ask any more: the way to it may be cut."""
    netns = lab.run("netns", "a").strip()
    with subprocess.Popen([MIGTRACE, "record", "--netns", netns, "-o", "/dev/null", "--answer", "--silence", "1s"],
                          stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as recorder:
        stderr = recorder.stderr.read()
        tap.equal("nobody asks for as long as --silence says: it ends, and says why",
                  (recorder.wait(), stderr.splitlines()[-1:]),
                  (0, ["migtrace: no clock query on stdin for 1 s: assuming that the peer is lost"]))


def main():
    tap = Tap()
    with Lab() as lab:
        lab.run("guest", "a")
        for test in (linked, peer_killed, asker_killed, hostile, silent, usage):
            tap.run(test, lab)
    tap.end()


if __name__ == "__main__":
    main()
