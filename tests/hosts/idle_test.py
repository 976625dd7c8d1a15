#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts on which libvirt does not run yet, or is started again, or is another one: no migration is missed."""
import pathlib
import signal
import sys
import tempfile

TESTS = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "e2e")]
import watchers
from e2e_test import report
from kinds import MODULAR, P2P, virsh
from lab import Lab, lacks_daemons
from live import Live
from live_test import is_recording
from machine import daemons, is_inside, run_inside, upgrade
from recorder import MIGTRACE, Recorder
from rows import ALL, run_each
from service_test import Service, rows
from tap import Tap
from waiting import need

TIMES = 20 if ALL else 2
EMPTY_S = "2"  # after which a daemon without work ends
NONE_YET = ("migtrace: no libvirt daemon yet: recording from the first one's start on\n"
            "migtrace: of this PID namespace: to record all of the host's, run in its own (hostPID: true)\n")


def targets(lines):
    return sum(line["kind"] == "target" for line in lines)


def prepares(lines):
    return [line["edge"] for line in lines if line.get("event") == "prepare"]


def whole(migrations):
    return [(m["outcome"], m["matched"], m["lost_events"], "est_ns" in m["downtime"]) for m in migrations]


def end(recorder):
    """Returns what it said, its exit status and its lines."""
    recorder.process.send_signal(signal.SIGINT)
    said = recorder.process.communicate()[1]
    return said, recorder.process.returncode, recorder.lines()


def is_empty():
    """Of two hosts one has no daemon: not even to ask whether it has one."""
    return len(daemons()) == 1


def activated(tap, name, *options):
    """Again and again onto a host whose daemon is started by the migration itself, and ended when it was idle."""
    with Lab(*options, "--activated-b", EMPTY_S) as lab:
        lab.run("guest", "a")
        with Recorder() as recorder:
            for _ in range(TIMES):
                need(f"{name}: no daemon on host b", is_empty)
                lab.run("migrate", "a", *P2P)
                virsh(lab, "b", "destroy", "beat")
                virsh(lab, "a", "start", "beat")
            said, status, lines = end(recorder)
            migrations, done = report(recorder.file.name)
    tap.equal(f"{name}: {TIMES} of {TIMES} first migrations onto an empty host are whole", whole(migrations),
              [("completed", "cookie", 0, True)] * TIMES)
    tap.equal(f"{name}: Prepare included", prepares(lines), ["enter", "return"] * TIMES)
    tap.equal(f"{name}: nothing is said, and nothing probed twice", (said, status, done.stderr, targets(lines)), ("", 0, "", 3))


def empty_machine(tap):
    """No daemon anywhere: said once, and recorded from the first one's start on."""
    with Recorder() as recorder:
        with Lab() as lab:
            lab.run("guest", "a")
            lab.run("migrate", "a", *P2P)
            said, status, lines = end(recorder)
            migrations, _ = report(recorder.file.name)
    tap.equal("empty machine: said once", (said, status), (NONE_YET, 0))
    tap.equal("empty machine: the first migration is whole", (whole(migrations), prepares(lines)),
              ([("completed", "cookie", 0, True)], ["enter", "return"]))


def empty_live(tap):
    """`live`, and a peer, on a machine that has no daemon yet."""
    peer = ("--netns", "/proc/self/ns/net", "--peer-command", f"{MIGTRACE} record -o - --answer")
    for name, options, ends in (("live", (), [""]), ("a peer", peer, ["", ".peer-1"])):
        with tempfile.TemporaryDirectory() as directory, Live("--json", "--record", f"{directory}/r", *options) as live:
            need(f"{name}: it records", is_recording, *(pathlib.Path(f"{directory}/r{end}") for end in ends))
            with Lab() as lab:
                lab.run("guest", "a")
                lab.run("migrate", "a", *P2P)
                live.wait_for("migtrace.migration/1")
                live.end()
        tap.equal(f"empty machine, {name}: the first migration is whole", whole(live.reports()),
                  [("completed", "cookie", 0, True)])


def empty_service(tap):
    """A service that was started before libvirt was."""
    with tempfile.TemporaryDirectory() as directory:
        store = pathlib.Path(directory) / "store"
        with Service(store) as service:
            with Lab() as lab:
                lab.run("guest", "a")
                lab.run("migrate", "a", *P2P)
                need("both halves are kept", lambda: len(rows(store)) == 2)
            ended = service.end()
        tap.equal("empty machine, service: both halves of the first migration are kept",
                  sorted((row["name"], row["role"], row["outcome"]) for row in rows(store)),
                  [("beat", "destination", "completed"), ("beat", "source", "completed")])
        tap.equal("empty machine, service: a good end, and what is said", (ended[0], ended[1].startswith(NONE_YET)), (0, True))


def stormed(tap, kind):
    with Lab() as lab:
        lab.run("guest", "a")
        with watchers.recording(kind) as one:
            for host in "ab":
                lab.run("migrate", host, *P2P)
            one.settle(2)
            before = watchers.held_by(one.process.pid)
            for _ in range(5 * TIMES):
                lab.run("restart", "b")
            lab.run("migrate", "a", *P2P)
            one.settle(3)
            need("as many open files as before", lambda: watchers.held_by(one.process.pid) == before)
            migrations, said, status = one.end(3)
            prepared = prepares(one.lines())
    tap.equal(f"storm, {kind.__doc__}: the migration onto it is whole", (whole(migrations), prepared),
              ([("completed", "cookie", 0, True)] * 3, ["enter", "return"] * 3))
    tap.equal(f"storm, {kind.__doc__}: nothing is said", (said, status), ("", 0))


def storm(tap):
    """A daemon that is killed and started again, again and again, as by a unit that is reloaded: `record`, `live`, a peer, the service."""
    for kind in watchers.ALL if ALL else (watchers.Record,):
        stormed(tap, kind)


def upgraded_by(tap, kind):
    with Lab() as lab:
        lab.run("guest", "a")
        with watchers.recording(kind) as one:
            links = watchers.held_by(one.process.pid)[1]
            of_files = links - kind.recorders  # each has one of its self-test
            for host in "ab":
                upgrade()
                need("the new files are probed", lambda: watchers.held_by(one.process.pid)[1] == links + of_files)
                for each in "ab":
                    lab.run("restart", each)
                lab.run("migrate", host, *P2P)
                need("the old ones are not any more", lambda: watchers.held_by(one.process.pid)[1] == links)
            migrations, said, status = one.end(2)
            prepared = prepares(one.lines())
    tap.equal(f"upgraded, {kind.__doc__}: each first migration is whole", (whole(migrations), prepared),
              ([("completed", "cookie", 0, True)] * 2, ["enter", "return"] * 2))
    tap.equal(f"upgraded, {kind.__doc__}: nothing is said", (said, status), ("", 0))


def upgraded(tap):
    """The packages are upgraded, and the daemons started again: the first migration by the new ones is whole; `record`, `live`, a peer, the service."""
    for kind in watchers.ALL if ALL else (watchers.Record,):
        upgraded_by(tap, kind)


def by_systemd(tap):
    """A daemon that its sockets start, and that ends when it is idle: the host is empty before each migration."""
    activated(tap, "activated")


def by_systemd_modular(tap):
    """The same with virtqemud."""
    if not lacks_daemons(tap, "activated, modular"):
        activated(tap, "activated, modular", *MODULAR)


QUICK = (empty_machine, by_systemd, upgraded)


def main():
    if not is_inside():
        sys.exit(run_inside())
    upgrade()  # from here on they are files that nobody else runs
    tap = Tap()
    run_each(tap, "idle_test", (empty_machine, empty_live, empty_service, by_systemd, by_systemd_modular, storm, upgraded),
             QUICK)
    tap.end()


if __name__ == "__main__":
    main()
