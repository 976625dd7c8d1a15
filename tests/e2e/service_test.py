#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a service does: it records all the time, and the migration is reported when all is over."""
import contextlib
import json
import os
import pathlib
import re
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
    """A recorder with a store that tells when it is ready as it tells systemd."""

    def __init__(self, store, *options):
        self.store = store
        address = f"{store}.notify"
        pathlib.Path(address).unlink(missing_ok=True)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(address)
        self.notify.settimeout(120)
        self.process = subprocess.Popen(
            [MIGTRACE, "record", "--store", store, *options],
            stderr=subprocess.PIPE, text=True, env={**os.environ, "NOTIFY_SOCKET": address})
        self.said = self.hear()

    def hear(self):
        """What it tells systemd next."""
        return self.notify.recv(4096).decode()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.notify.close()

    def children(self):
        pid = self.process.pid
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def end(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        return self.process.wait(), self.process.stderr.read()


def of_host(lab, host, store):
    return Service(store, "--netns", lab.run("netns", host).strip())


def is_idle(store):
    """What is being recorded is as good as empty."""
    return not any(kind in (store / "current.jsonl").read_text() for kind in ('"kind":"event"', '"kind":"stats"'))


def yesterday(tap, lab, folder):
    """Both hosts record; when all is over, one command has the whole."""
    stores = {host: folder / host for host in "ab"}
    lab.environment["LAB_GUEST"] = "kept"
    with contextlib.ExitStack() as stack:
        services = {host: stack.enter_context(of_host(lab, host, stores[host])) for host in "ab"}
        tap.equal("it says when all probes are attached", services["a"].said, "READY=1\nSTATUS=recording")
        lab.run("guest", "a")
        for count, host in enumerate("ab"):  # there, and back at once
            lab.run("migrate", host, *P2P)
            need("both halves are kept", lambda count=count: all(len(rows(store)) > count for store in stores.values()))
        for host in "ab":
            need(f"{host} is idle", is_idle, stores[host])
        ends = [services[host].end() for host in "ab"]
    tap.equal("each host keeps its half", [[(row["name"], row["role"], row["outcome"]) for row in rows(stores[host])]
                                          for host in "ab"],
              [[("kept", "source", "completed"), ("kept", "destination", "completed")],
               [("kept", "destination", "completed"), ("kept", "source", "completed")]])
    tap.equal("each ends well, and has said a line of each", [(status, said.count("\n")) for status, said in ends], [(OK, 2)] * 2)
    pathlib.Path(folder / "far").mkdir()
    with sshd(lab, folder / "far", options=f"--store {stores['b']}") as environment:
        status, out, err = migtrace("last", "kept", "--store", stores["a"], "--peer", "far", "--format", "json",
                                    env=environment)
        tap.equal("last --peer: of the last migration alone", len(out.splitlines()), 1)
        figures = json.loads(out.splitlines()[-1])
        tap.equal("last --peer: of both halves, with all figures", (
            status, err, figures["source"]["host"], figures["outcome"], ["est_ns" in figures[name] for name in
                                              ("elapsed", "elapsed_net", "transfer", "downtime", "downtime_net")]),
            (OK, "", "host-b", "completed", [True] * 5))
        status, out, err = migtrace("last", "--store", stores["a"], "--peer", "nobody", "--format", "json", env=environment)
        tap.equal("a peer that cannot be reached: this half, and it is said", (
            status, json.loads(out)["outcome"], err.splitlines()[-2:][0]),
            (INCOMPLETE, "completed", "migtrace: nobody: its half could not be fetched"))


def ended_within(tap, lab, folder, sig):
    """In the midst of a migration: what was recorded until then is kept, and the next recorder goes on with it."""
    name, store, far = f"ended-{sig.name.lower()}", folder / sig.name, folder / f"{sig.name}-far"
    lab.environment["LAB_GUEST"] = name
    lab.run("guest", "a")
    with contextlib.ExitStack() as stack:
        other = stack.enter_context(of_host(lab, "b", far))
        service = stack.enter_context(of_host(lab, "a", store))
        with lab.running("migrate", "a", *P2P, "--bandwidth", "3") as migration:
            is_sending(lab)
            service.process.send_signal(sig)
            service.process.wait()
            need("its half is kept", lambda: rows(store))
            tap.equal(f"{sig.name}: what there was is kept at once", [(row["name"], row["role"], row["outcome"]) for row in rows(store)],
                      [(name, "source", "unfinished")])
            before = rows(store)[0]["id"]
            again = stack.enter_context(of_host(lab, "a", store))
            lab.run("exec", "a", "virsh", "-q", "migrate-setspeed", name, "2000")
            migration.wait()
            need("the whole is kept", lambda: rows(store)[0]["outcome"] != "unfinished")
            need("the other host's is kept", lambda: rows(far))
            for one, where in ((again, store), (other, far)):
                need("it is idle", is_idle, where)
                tap.equal(f"{sig.name}: the next one ends well, and so does the other host's", one.end()[0], OK)
    tap.equal(f"{sig.name}: the half of both has the place of the first one's", [
        (row["id"], row["outcome"]) for row in rows(store)], [(before, "completed")])
    tap.true(f"{sig.name}: that one alone says when nothing was recorded",
             "  certainty     source: the recording has a gap, " in migtrace("report", "--store", store, before)[1],
             migtrace("report", "--store", store, before)[1])
    status, out, err = migtrace("report", "--store", store, before, far / f"{rows(far)[0]['id']}.jsonl.gz")
    tap.equal(f"{sig.name}: it begins with the first one, ends with the second, and tells of the gap between them", (
        re.findall(r"^ +0\.0 ms +source +perform$", out, re.M) != [], "source      perform done" in out,
        "unknown: the recording has a gap" in out, status), (True, True, True, INCOMPLETE))
    lab.run("exec", "b", "virsh", "-q", "destroy", name)


def killed(tap, lab, folder):
    for sig in (signal.SIGKILL, signal.SIGTERM):
        ended_within(tap, lab, folder, sig)


def reloaded(tap, lab, folder):
    """SIGHUP in the midst of a migration: it ends when nothing migrates, and not before."""
    store = folder / "reloaded"
    lab.environment["LAB_GUEST"] = "reloaded"
    lab.run("guest", "a")
    with of_host(lab, "a", store) as service:
        with lab.running("migrate", "a", *P2P, "--bandwidth", "3") as migration:
            is_sending(lab)
            service.process.send_signal(signal.SIGHUP)
            tap.equal("SIGHUP in the midst of a migration: it says that it waits", service.hear(),
                      "STATUS=recording; the new configuration waits until nothing migrates")
            tap.equal("and goes on", (service.process.poll(), rows(store)), (None, []))
            lab.run("exec", "a", "virsh", "-q", "migrate-setspeed", "reloaded", "2000")
            migration.wait()
        tap.equal("when it is over the recorder ends in order", service.process.wait(), OK)
    tap.equal("and has kept it whole", [(row["name"], row["role"], row["outcome"]) for row in rows(store)],
              [("reloaded", "source", "completed")])
    lab.run("exec", "b", "virsh", "-q", "destroy", "reloaded")


def watched(tap, lab, folder):
    """systemd's watchdog is told that it is at work, where it wants that, and nothing is told where it does not."""
    address = folder / "watchdog"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(address))
        notify.settimeout(120)
        command = [MIGTRACE, "record", "--netns", lab.run("netns", "a").strip(), "-o", folder / "watched.jsonl"]
        environment = {**os.environ, "NOTIFY_SOCKET": str(address)}
        with subprocess.Popen(command, env={**environment, "WATCHDOG_USEC": "400000"}, stderr=subprocess.DEVNULL) as process:
            came = [notify.recv(99) for _ in range(4)]
            process.terminate()
        tap.equal("the watchdog is told again and again", came, [b"WATCHDOG=1"] * 4)
        notify.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while notify.recv(99):
                pass
        subprocess.run([*command, "-d", "2s"], check=True, stderr=subprocess.DEVNULL, env={
            **environment, "WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"})
        came = None
        with contextlib.suppress(BlockingIOError):
            came = notify.recv(99)
        tap.equal("one that is another process's is not told", came, None)


def keeper_killed(tap, lab, folder):
    """The process that keeps: the recorder does not go on without it."""
    store = folder / "keeper"
    with of_host(lab, "a", store) as service:
        os.kill(service.children()[0], signal.SIGKILL)
        status, said = service.process.wait(), service.process.stderr.read()
    tap.equal("no keeper, no recorder: said, and systemd starts it again", (status, said),
              (FAILURE, "migtrace: the process that keeps the store has ended\n"))
    with of_host(lab, "a", store) as service:
        other = migtrace("record", "--store", store, "--netns", lab.run("netns", "a").strip())
        tap.equal("two at once: the second one is refused", other,
                  (FAILURE, "", f"migtrace: {store}: another migtrace adds to this store\n"))
        tap.equal("SIGHUP ends it in order", service.end(signal.SIGHUP), (OK, ""))


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as directory, Lab() as lab:
        for test in (yesterday, killed, reloaded, keeper_killed, watched):
            tap.run(test, lab, pathlib.Path(directory))
    tap.end()


if __name__ == "__main__":
    main()
