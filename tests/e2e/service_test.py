#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a service does: it records all the time, and the migration is reported when all is over."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from kinds import P2P, is_sending
from lab import Lab
from peer_test import sshd
from recorder import MIGTRACE
from tap import Tap
from waiting import need

OK, FAILURE, INCOMPLETE = 0, 1, 3


def migtrace(*arguments, **options):
    done = subprocess.run([MIGTRACE, *arguments], capture_output=True, check=False, text=True, **options)
    return done.returncode, done.stdout, done.stderr


def rows(store):
    return [json.loads(line) for line in migtrace("list", "--store", store, "--json")[1].splitlines()]


class Service:
    """A recorder with a store, of one host, that tells when it is ready as it tells systemd."""

    def __init__(self, lab, host, store):
        self.store = store
        address = f"{store}.notify"
        pathlib.Path(address).unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(address)
            notify.settimeout(120)
            self.process = subprocess.Popen(
                [MIGTRACE, "record", "--store", store, "--netns", lab.run("netns", host).strip()],
                stderr=subprocess.PIPE, text=True, env={**os.environ, "NOTIFY_SOCKET": address})
            self.said = notify.recv(4096).decode()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def children(self):
        pid = self.process.pid
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def end(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        return self.process.wait(), self.process.stderr.read()


def is_idle(store):
    """What is being recorded is as good as empty."""
    return not any(kind in (store / "current.jsonl").read_text() for kind in ('"kind":"event"', '"kind":"stats"'))


def yesterday(tap, lab, folder):
    """Both hosts record; when all is over, one command has the whole."""
    stores = {host: folder / host for host in "ab"}
    lab.environment["LAB_GUEST"] = "kept"
    with contextlib.ExitStack() as stack:
        services = {host: stack.enter_context(Service(lab, host, stores[host])) for host in "ab"}
        tap.equal("it says when all probes are attached", services["a"].said, "READY=1\nSTATUS=recording")
        lab.run("guest", "a")
        lab.run("migrate", "a", *P2P)
        for host in "ab":
            need(f"{host}'s half is kept", lambda store=stores[host]: rows(store))
            need(f"{host} is idle", is_idle, stores[host])
        ends = [services[host].end() for host in "ab"]
    tap.equal("each host keeps its half", [[(row["name"], row["role"], row["outcome"]) for row in rows(stores[host])]
                                          for host in "ab"],
              [[("kept", "source", "completed")], [("kept", "destination", "completed")]])
    tap.equal("each ends well, and has said one line", [(status, said.count("\n")) for status, said in ends], [(OK, 1)] * 2)
    pathlib.Path(folder / "far").mkdir()
    with sshd(lab, folder / "far", options=f"--store {stores['b']}") as environment:
        status, out, err = migtrace("last", "kept", "--store", stores["a"], "--peer", "far", "--format", "json",
                                    env=environment)
        figures = json.loads(out)
        tap.equal("last --peer: of both halves, with all figures", (
            status, err, figures["outcome"], ["est_ns" in figures[name] for name in
                                              ("elapsed", "elapsed_net", "transfer", "downtime", "downtime_net")]),
            (OK, "", "completed", [True] * 5))
        status, out, err = migtrace("last", "--store", stores["a"], "--peer", "nobody", "--format", "json", env=environment)
        tap.equal("a peer that cannot be reached: this half, and it is said", (
            status, json.loads(out)["outcome"], err.splitlines()[-2:][0]),
            (INCOMPLETE, "completed", "migtrace: nobody: its half could not be fetched"))


def killed(tap, lab, folder):
    """In the midst of a migration: what was recorded until then is kept."""
    store = folder / "killed"
    lab.environment["LAB_GUEST"] = "killed"
    lab.run("guest", "a")
    with Service(lab, "a", store) as service:
        with lab.running("migrate", "a", *P2P, "--bandwidth", "1") as migration:
            is_sending(lab)
            service.process.kill()
            service.process.wait()
            need("its half is kept", lambda: rows(store))
            with Service(lab, "a", store) as again:
                lab.run("exec", "a", "virsh", "-q", "domjobabort", "killed")
                migration.wait()
                tap.equal("started again in the midst of a migration: it ends well", again.end(), (OK, ""))
    tap.equal("killed: what there was is kept", [(row["name"], row["role"], row["outcome"]) for row in rows(store)],
              [("killed", "source", "unfinished")])
    lab.run("exec", "a", "virsh", "-q", "destroy", "killed")


def keeper_killed(tap, lab, folder):
    """The process that keeps: the recorder does not go on without it."""
    store = folder / "keeper"
    with Service(lab, "a", store) as service:
        os.kill(service.children()[0], signal.SIGKILL)
        status, said = service.process.wait(), service.process.stderr.read()
    tap.equal("no keeper, no recorder: said, and systemd starts it again", (status, said),
              (FAILURE, "migtrace: the process that keeps the store has ended\n"))
    with Service(lab, "a", store) as service:
        other = migtrace("record", "--store", store, "--netns", lab.run("netns", "a").strip())
        tap.equal("two at once: the second one is refused", other,
                  (FAILURE, "", f"migtrace: {store}: another migtrace adds to this store\n"))
        tap.equal("SIGHUP ends it in order", service.end(signal.SIGHUP), (OK, ""))


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as directory, Lab() as lab:
        for test in (yesterday, killed, keeper_killed):
            tap.run(test, lab, pathlib.Path(directory))
    tap.end()


if __name__ == "__main__":
    main()
