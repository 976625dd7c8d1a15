#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""For how long disks answered nothing, against what the guest tells: shared, copied, slow, and not used at all."""
import contextlib
import os
import pathlib
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from clock_test import Clock
from disks import listening
from e2e_test import report
from lab import Lab
from recorder import MIGTRACE, Recorder
from tap import Tap
from waiting import need

MIGRATIONS = int(os.environ.get("MIGRATIONS", 1))  # as many of each kind of disks
ANSWERS = {"raw": 50, "qcow2": 50, "copied": 50, "slow": 3}
CLOCKS = (Clock("0s", 0), Clock("7.3s", 0))
SLOWLY = ("--live", "--p2p", "--unsafe", "--bandwidth", "1")  # MiB/s, until both hosts watch
KINDS = {"raw": ("raw", 2, ()), "qcow2": ("qcow2", 1, ()), "slow": ("slow", 1, ()),
         "copied": ("copied", 1, ("--copy-storage-all",))}


def stamps(lines, clock, **wanted):
    """By the true clock, when such events happened."""
    return [clock.was(l["ktime_ns"]) for l in lines
            if all(l.get(key) == value for key, value in wanted.items())]


class Truth:
    """
    What the guest's requests to one disk show of a migration. QEMU completes one after the guest has asked, and
    before the guest has the answer to the next one: the guest asks anew when it has seen that. The last one
    before the stop is the last that the guest had an answer to there, or one that it could not see any more. The
    first one on the destination is the first that it asked there; or, of one asked before that QEMU
    had not taken, that one. One that was in flight QEMU had taken by the time its devices took no more.
    """

    def __init__(self, requests, qemu, stopped, taken, started):
        answered = [n for n, (_, answer) in enumerate(requests) if answer.qemu == qemu]
        last, self.asked = answered[-1], requests[answered[-1] + 1][0]
        self.was_asked = self.asked.qemu == qemu  # one more, before the stop
        begin = (requests[last][0].after, stopped)
        first = max(started, 0 if self.was_asked else self.asked.after)
        end = requests[last + (3 if self.was_asked else 2)][1].by
        self.blackout = (first - begin[1], end - begin[0])
        self.waited = (started - taken, started - self.asked.after)
        self.gap = (requests[last + 1][1].after - requests[last][1].by, requests[last + 1][1].by - requests[last][1].after)


def is_within(quantity, truth):
    """Whether both can be right: each is known within bounds."""
    return "lo_ns" in quantity and quantity["lo_ns"] <= truth[1] and quantity["hi_ns"] >= truth[0]


def is_in_flight(face, truth):
    """One that the guest had no answer to may have been completed as it was being stopped, or not been taken."""
    if face["in_flight"] == 0:
        return face["longest"] == face["shortest"] == {"unknown": "no request was in flight"}
    return (face["in_flight"] == 1 and truth.was_asked and face["longest"] == face["shortest"]
            and is_within(face["longest"], truth.waited))


class Watched:
    """A lab with recorders, in which one guest after the other moves."""

    def __init__(self, stack):
        self.lab = stack.enter_context(Lab())
        self.recorders = [stack.enter_context(Recorder("--netns", self.lab.run("netns", host).strip(), *clock.options))
                          for host, clock in zip("ab", CLOCKS)]
        self.begun = 0  # to be watched, of each recorder

    def await_all(self, event):
        for host, recorder in zip("ab", self.recorders):
            need(f"{event} on host {host}, {self.begun} times",
                 lambda r=recorder: r.raw().count(f'"{event}"'.encode()) >= self.begun)

    def migrate(self, source, disks, options):
        """Slowly, until both hosts' recorders watch, so that they do in time on however busy a machine."""
        self.begun += disks + 1  # and all that have no name
        done = threading.Thread(target=self.lab.run, args=("migrate", source, *SLOWLY, *options))
        done.start()
        self.await_all("disk-begin")
        self.lab.run("exec", source, "virsh", "migrate-setspeed", "beat", "2000")
        done.join()
        self.await_all("disk-end")

    def move(self, kind, disks, options, told=None):
        """There and back, as often as is wanted; of a guest that tells of its disks there is something to tell."""
        for i in range(MIGRATIONS):
            if told:
                told.await_answers(ANSWERS[kind])
            self.migrate("ab"[i % 2], disks, options)
        if told:
            told.await_answers(4 * disks)
        self.lab.run("exec", "ab"[MIGRATIONS % 2], "virsh", "destroy", "beat")

    def end(self):
        """What was recorded; by the guest's UUID, in order, its migrations; and what is wrong."""
        recorded = [recorder.end() for recorder in self.recorders]
        migrations, done = report(*(recorder.file.name for recorder in self.recorders))
        guests = {}
        for m in migrations:
            guests.setdefault(m["domain"]["uuid"], []).append(m)
        return recorded, guests, (done.returncode, done.stderr)

    def text(self):
        return subprocess.run([MIGTRACE, "report", *(r.file.name for r in self.recorders)], text=True,
                              capture_output=True, check=False).stdout


def switches(recorded, uuid):
    """
    Of each migration in turn, there and back: when the source's QEMU stopped, when its devices took no more requests,
    and when the destination's started. The devices are told of the stop one by one, and take what has come until then.
    """
    stopped, started = ([stamps(lines, clock, event="qemu-run-state", running=is_running, uuid=uuid)
                         for lines, clock in zip(recorded, CLOCKS)] for is_running in (False, True))
    starts = sorted(at for host in started for at in host)[1:]  # not the first, which is no migration's
    told = [stamps(lines, clock, event="qemu-step", step="stop-sent", uuid=uuid)
            for lines, clock in zip(recorded, CLOCKS)]
    # A QEMU also says that it stands still as it has loaded.
    return [(*(max(at for at in host[i % 2] if at < start) for host in (stopped, told)), start)
            for i, start in enumerate(starts)]


def check(tap, names):
    with contextlib.ExitStack() as stack:
        watched, requests = Watched(stack), {}
        for name in names:
            kind, disks, options = KINDS[name]
            with listening(watched.lab) as told:
                watched.lab.run("guest", "a", "--realtime", "--disks", kind, str(disks))
                watched.move(kind, disks, options, told)
            requests[name] = [told.requests(disk) for disk in range(disks)]
        watched.lab.run("guest", "a", "--disks", "unknown", "1")
        watched.move("unknown", 1, ())
        recorded, guests, wrong = watched.end()
        text = watched.text()
    tap.equal("all reports are whole", (wrong, [len(migrations) for migrations in guests.values()]),
              ((0, ""), [MIGRATIONS] * (len(names) + 1)))
    for name, (uuid, migrations) in zip(names, guests.items()):
        for disk, asked in enumerate(requests[name]):
            truths = [Truth(asked, i, *switch) for i, switch in enumerate(switches(recorded, uuid))]
            compare(tap, f"{name}: vd{'ab'[disk]}", [m["disk"][disk] for m in migrations], truths,
                    f"virtio-disk{disk}")
    tap.equal("the figure is that of the longest", [m["disk_blackout"] for ms in guests.values() for m in ms],
              [max((d["blackout"] for d in m["disk"]), key=lambda q: q.get("hi_ns", 0)) for ms in guests.values() for m in ms])
    unused(tap, list(guests.values())[-1])
    tap.equal("the text has a line of each disk that is used", text.count("\n  disk          vd"),
              sum(map(len, requests.values())) * MIGRATIONS)


def compare(tap, name, faces, truths, device):
    tap.equal(f"{name}: it is named", [(f["disk"], f["device"]) for f in faces],
              [(name.split()[-1], device)] * len(faces))
    tap.equal(f"{name}: what the guest shows is within, in each of {len(faces)}",
              [(f["blackout"], t.blackout) for f, t in zip(faces, truths) if not is_within(f["blackout"], t.blackout)], [])
    tap.equal(f"{name}: what was in flight was so for the guest, and as long",
              [(f, t.was_asked, t.waited) for f, t in zip(faces, truths) if not is_in_flight(f, t)], [])
    for f, t in zip(faces, truths):
        print(f"# {name}: {f['blackout'].get('est_ns', 0) / 1e6:.2f} ms; the guest shows {t.blackout[0] / 1e6:.2f} to "
              f"{t.blackout[1] / 1e6:.2f} ms, its gap {t.gap[0] / 1e6:.2f} to {t.gap[1] / 1e6:.2f} ms; "
              f"in flight {f['in_flight']}, {f['longest'].get('est_ns', 0) / 1e6:.2f} ms")


def unused(tap, migrations):
    """The guest makes no request: nothing is made of that."""
    none = {"unknown": "no request was in flight"}
    tap.equal("no requests: that is said", [m["disk"] for m in migrations], [[{
        "disk": "vda", "device": "virtio-disk0", "blackout": {"unknown": "no requests"}, "in_flight": 0,
        "longest": none, "shortest": none}]] * MIGRATIONS)
    tap.equal("no requests: no figure is made of it", [m["disk_blackout"] for m in migrations],
              [{"unknown": "no requests"}] * MIGRATIONS)


def main():
    tap = Tap()
    tap.run(check, os.environ.get("DISKS", " ".join(KINDS)).split())
    tap.end()


if __name__ == "__main__":
    main()
