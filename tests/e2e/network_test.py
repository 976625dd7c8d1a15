#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the network lost the guest, against a pinger: with a switch that is taught soon, late, early or not at all."""
import contextlib
import os
import pathlib
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from clock_test import Clock
from e2e_test import report
from lab import Lab
from pinger import Pings, guest_address, pinging
from recorder import Recorder
from tap import Tap
from waiting import need

MIGRATIONS = int(os.environ.get("MIGRATIONS", 4))  # as many with each way that the switch is taught
LATE_S = 2
AT_STOP = 1  # a frame that came as the vCPUs were stopped may have been the guest's yet
EDGE_NS = 2 * 10**6  # a frame that left so short before an instant may have come after it
CLOCKS = (Clock("0s", 0), Clock("7.3s", 0))
SLOWLY = ("--live", "--p2p", "--bandwidth", "1")  # MiB/s, until both hosts watch


def stamps(lines, clock, **wanted):
    """By the true clock, when such events happened."""
    return [clock.was(l["ktime_ns"]) for l in lines
            if all(l.get(key) == value for key, value in wanted.items())]


class Truth:
    """What the pinger shows of a migration from one host to the other: each as the least and the most."""

    def __init__(self, pings, ways, stopped, started, watched, unwatched, begin, until):
        there, here = (pings.left_between(way, begin, until) for way in ways)
        back_there, back_here = (pings.back[way] for way in ways)
        answered = {n for n in {**there, **here} if n in back_there or n in back_here}
        # A frame that was sent to both hosts was right on one of them.
        lost = {n for n, at in there.items() if n not in answered or n in here and n in back_here}
        # Nothing comes any more as watching ends, but where that lasts too long.
        self.late = tuple(sum(there[n] < unwatched + edge for n in lost) for edge in (-EDGE_NS, EDGE_NS))
        self.missing = sum(n not in answered for n in there)
        sooner = [at for at in here.values() if watched < at < started]
        self.early = (sum(at < started - EDGE_NS for at in sooner), len(sooner))
        self._in(there, here, lost, back_here, stopped, started)
        self._out(there, here, back_there, back_here, stopped, started)

    def _in(self, there, here, lost, back_here, stopped, started):
        last = max(n for n, at in there.items() if n not in lost and at < stopped)
        first = min(n for n in here if n in back_here)
        begin = max(here[first], started)
        self.into = (begin - stopped, back_here[first] - there[last])

    def _out(self, there, here, back_there, back_here, stopped, started):
        last = max((n for n in there if n in back_there), key=back_there.get)
        first = min((n for n in back_here if back_here[n] > started), key=back_here.get)
        left = {**there, **here}
        self.out = (max(left[first], started) - back_there[last], back_here[first] - left[last])


def is_within(quantity, truth):
    """Whether both can be right: each is known within bounds."""
    return "lo_ns" in quantity and quantity["lo_ns"] <= truth[1] and quantity["hi_ns"] >= truth[0]


class Pinged:
    """A lab with a guest that is asked all the time, and recorders."""

    pings = None  # what the pinger has printed

    def __init__(self, lab, stack, *guest):
        lab.run("guest", "a", "--tap", "--realtime", *guest)
        self.lab, self.address = lab, guest_address(lab)
        self.recorders = [stack.enter_context(Recorder("--netns", lab.run("netns", host).strip(),
                                                       *clock.options))
                          for host, clock in zip("ab", CLOCKS)]
        self.settled = []  # when all was over, of each migration

    def await_all(self, event, times):
        for host, recorder in zip("ab", self.recorders):
            need(f"{event} on host {host}, {times} times", lambda r=recorder: r.raw().count(event.encode()) >= times)

    def learn(self, host, is_on):
        """Whether the switch learns from what comes from that host."""
        self.lab.run("exec", "s", "bridge", "link", "set", "dev", f"port-{host}", "learning", "on" if is_on else "off")

    def await_flood(self, host, begin):
        """Once the switch has forgotten the guest, frames go to both."""
        need("an answer from there", lambda: Pings(self.pings).is_back_since(host, begin), every_s=0.1)

    def await_start(self, host, starts):
        recorder = self.recorders["ab".index(host)]
        need("the guest's start", lambda: sum(
            l.get("event") == "qemu-run-state" and l["running"] for l in recorder.so_far()) > starts)

    def migrate(self, source, way):
        """Slowly, until both hosts' recorders watch, so that they do in time on however busy a machine."""
        destination = "ba"["ab".index(source)]
        recorder = self.recorders["ab".index(destination)]
        starts = sum(l.get("event") == "qemu-run-state" and l["running"] for l in recorder.so_far())
        begin = time.monotonic_ns()
        self.learn(destination, way not in ("late", "never"))
        done = threading.Thread(target=self.lab.run, args=("migrate", source, *SLOWLY))
        done.start()
        self.await_all("net-begin", len(self.settled) + 1)
        if way == "early":
            self.lab.run("teach", destination, self.address, "early")
        self.lab.run("exec", source, "virsh", "migrate-setspeed", "beat", "2000")
        if way == "late":
            self.await_start(destination, starts)
            time.sleep(LATE_S)  # this is how long the switch does not know
            self.lab.run("teach", destination, self.address)
        if way == "never":
            self.await_flood(destination, begin)
        self.learn(destination, True)
        done.join()
        self.await_all("net-end", len(self.settled) + 1)
        if way == "early":
            self.lab.run("teach", destination, self.address)
        self.settled.append(time.monotonic_ns())


def quiet(tap):
    """Nobody speaks with the guest, and it does not either: QEMU's own announcement is none of it."""
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(Lab("--switch"))
        pinged = Pinged(lab, stack)
        pinged.migrate("a", "soon")
        for recorder in pinged.recorders:
            recorder.end()
        migrations, done = report(*(recorder.file.name for recorder in pinged.recorders))
    tap.equal("nobody speaks: its report is whole", (done.returncode, done.stderr), (0, ""))
    tap.equal("nobody speaks: that is said", [m["network"] for m in migrations], [[{
        "interface": pinged.address, "in": {"unknown": "no traffic"}, "out": {"unknown": "no traffic"},
        "misrouted": {"early": 0, "late": 0}}]])
    tap.equal("nobody speaks: no figure is made of it",
              [(m["network_in"], m["network_out"]) for m in migrations],
              [({"unknown": "no traffic"}, {"unknown": "no traffic"})])


def truths(pinged, recorded):
    """Of each migration, in the order made."""
    stopped, started = (
        [stamps(lines, clock, event="qemu-run-state", running=is_running)
         for lines, clock in zip(recorded, CLOCKS)] for is_running in (False, True))
    watched, unwatched = ([stamps(lines, clock, event=event) for lines, clock in zip(recorded, CLOCKS)]
                          for event in ("net-begin", "net-end"))
    pings, order = Pings(pinged.pings), []
    # The guest's first start was before it was recorded.
    for i in range(len(pinged.settled)):
        source, destination = i % 2, 1 - i % 2
        order.append(("ab"[source] + "ab"[destination], stopped[source][i // 2],
                      started[destination][i // 2], watched[destination][i], unwatched[source][i]))
    settled = [0, *pinged.settled]
    return [Truth(pings, *migration, begin, end)
            for migration, begin, end in zip(order, settled, settled[1:])]


def check(tap, ways, *guest):
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(Lab("--switch"))
        pinged = Pinged(lab, stack, *guest)
        pinged.pings = stack.enter_context(pinging(lab, pinged.address))
        for i, way in enumerate(ways):
            pinged.migrate("ab"[i % 2], way)
        recorded = [recorder.end() for recorder in pinged.recorders]
        migrations, done = report(*(recorder.file.name for recorder in pinged.recorders))
        last = "ab"[len(ways) % 2]
        need("an answer", lambda: Pings(pinged.pings).is_back_since(last, pinged.settled[-1]), every_s=0.1)
        truth = truths(pinged, recorded)
        tap.equal(f"{ways[0]}...: each frame was seen to leave, but for the last", Pings(pinged.pings).unseen - {
            max(max(left) for left in Pings(pinged.pings).left.values()) + 1}, set())
    tap.equal(f"{ways[0]}...: all reports are whole", (done.returncode, done.stderr, len(migrations)),
              (0, "", len(ways)))
    faces = [m["network"][0] for m in migrations]
    for way in dict.fromkeys(ways):
        compare(tap, way, [(face, t) for face, t, w in zip(faces, truth, ways) if w == way])


def compare(tap, way, pairs):
    for key, name in (("in", "into"), ("out", "out")):
        tap.equal(f"{way}: {key}: the pinger's gap is within, in each of {len(pairs)}",
                  [(face[key], getattr(t, name)) for face, t in pairs if not is_within(face[key], getattr(t, name))], [])
        print(f"# {way}: {key}: median {statistics.median(f[key].get('est_ns', 0) for f, _ in pairs) / 1e6:.1f} ms, "
              f"the pinger's own width {statistics.median(getattr(t, name)[1] - getattr(t, name)[0] for _, t in pairs) / 1e6:.2f} ms")
    tap.equal(f"{way}: frames that came late are those that were lost, in each of {len(pairs)}",
              [(face["misrouted"]["late"], t.late) for face, t in pairs
               if not t.late[0] <= face["misrouted"]["late"] <= t.late[1] + AT_STOP], [])
    tap.equal(f"{way}: frames came early only where the switch was taught early",
              [face["misrouted"]["early"] > 0 for face, _ in pairs], [way == "early"] * len(pairs))
    tap.equal(f"{way}: frames that came early are those sent there before the guest's start",
              [(face["misrouted"]["early"], t.early) for face, t in pairs
               if not t.early[0] <= face["misrouted"]["early"] <= t.early[1]], [])
    print(f"# {way}: late {[face['misrouted']['late'] for face, _ in pairs]}, lost {[t.late for _, t in pairs]}, of them never answered {[t.missing for _, t in pairs]}; "
          f"early {[face['misrouted']['early'] for face, _ in pairs]}")


def main():
    tap = Tap()
    tap.run(quiet)
    tap.run(check, ["soon"] * max(2, MIGRATIONS // 4))
    tap.run(check, [way for way in ("late", "early", "never") for _ in range(max(1, MIGRATIONS // 4))], "--mute")
    tap.end()


if __name__ == "__main__":
    main()
