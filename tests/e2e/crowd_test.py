#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Many migrations at once, or one after the other, or of one name: each has a report of its own."""
import collections
import concurrent.futures
import os
import pathlib
import re
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from e2e_test import report
from kinds import destroy_all, start_recorders, virsh
from lab import Lab
from recorder import Recorder
from tap import Tap

TIMES, MANY = (50, 10) if os.environ.get("KINDS") == "all" else (4, 6)
HOSTS = {"a": "host-a", "b": "host-b"}
OTHER = {"a": "b", "b": "a"}


def migrate_all(lab, guests):
    """At once; guests: of each name, or UUID, the host and more options of the migration."""
    with concurrent.futures.ThreadPoolExecutor(len(guests)) as pool:
        done = [pool.submit(lab.run, "migrate", host, "--live", "--p2p", *options, guest=guest)
                for guest, (host, *options) in guests.items()]
        for one in done:
            one.result()


def recorded(lab, guests):
    """Returns the reports, and the report's process."""
    lab.forget_recordings()
    start_recorders(lab)
    migrate_all(lab, guests)
    for recorder in lab.recordings:
        recorder.end()
    return report(*(recorder.file.name for recorder in lab.recordings))


def check_whole(tap, name, migrations, done):
    tap.equal(f"{name}: all are whole", (done.returncode, done.stderr), (0, ""))
    tap.equal(f"{name}: outcomes, lost",
              {(m["outcome"], m["left_on"], m["lost_events"]) for m in migrations},
              {("completed", "destination", 0)})
    tap.equal(f"{name}: the clocks are bounded rightly", [m["clock"] for m in migrations if not
              m["clock"]["offset"].get("lo_ns", 1) <= 0 <= m["clock"]["offset"].get("hi_ns", 0)], [])
    tap.equal(f"{name}: downtime is known, and less than elapsed", [
        m["domain"] for m in migrations
        if not 0 < m["downtime"].get("est_ns", 0) < m["elapsed"].get("est_ns", 0)], [])


def told(migration):
    return (migration["domain"]["name"], migration["source"]["host"],
            migration["destination"]["host"])


def both_directions(tap, lab, count=MANY, options=()):
    names = [f"crowd{i}" for i in range(count)]
    hosts = {name: "ab"[i % 2] for i, name in enumerate(names)}
    for name, host in hosts.items():
        lab.run("guest", host, *options, guest=name)
    migrations, done = recorded(lab, {name: (host, "--bandwidth", "100")
                                      for name, host in hosts.items()})
    check_whole(tap, f"{count} at once", migrations, done)
    tap.equal(f"{count} at once: each from its host to the other", sorted(map(told, migrations)),
              sorted((name, HOSTS[host], HOSTS[OTHER[host]]) for name, host in hosts.items()))
    ends = [m["started_real_ns"] + m["elapsed"]["est_ns"] for m in migrations]
    tap.true(f"{count} at once: each while another one ran", all(
        any(other is not m and other["started_real_ns"] < ends[i] and m["started_real_ns"] < ends[j]
            for j, other in enumerate(migrations)) for i, m in enumerate(migrations)), ends)


def there_and_back(tap, lab):
    lab.run("guest", "a", guest="ball")
    lab.forget_recordings()
    start_recorders(lab)
    for i in range(TIMES):
        lab.run("migrate", "ab"[i % 2], guest="ball")
    for recorder in lab.recordings:
        recorder.end()
    migrations, done = report(*(recorder.file.name for recorder in lab.recordings))
    check_whole(tap, f"{TIMES} of one guest", migrations, done)
    tap.equal(f"{TIMES} of one guest: there and back", [told(m) for m in migrations],
              [("ball", "host-a", "host-b"), ("ball", "host-b", "host-a")] * (TIMES // 2))
    tap.equal(f"{TIMES} of one guest: one UUID", len({m["domain"]["uuid"] for m in migrations}), 1)


def one_name(tap, lab):
    """Two guests with one name, on different hosts, change places."""
    other = str(uuid.uuid4())
    lab.run("guest", "a", guest="first")  # the one that beats
    lab.run("guest", "a", guest="twin")
    mine = virsh(lab, "a", "domuuid", "twin").strip()
    xml = virsh(lab, "a", "dumpxml", "--inactive", "twin")
    path = pathlib.Path(lab.directory) / "twin.xml"
    path.write_text(re.sub("<uuid>.*</uuid>", f"<uuid>{other}</uuid>", xml))
    virsh(lab, "b", "undefine", "twin")
    virsh(lab, "b", "define", str(path))
    virsh(lab, "b", "start", "twin")
    migrations, done = recorded(lab, {mine: ("a", "--dname", "of-a"), other: ("b", "--dname", "of-b")})
    check_whole(tap, "one name", migrations, done)
    tap.equal("one name: each guest is its own",
              sorted((m["domain"]["uuid"], *told(m)) for m in migrations),
              sorted([(mine, "twin", "host-a", "host-b"), (other, "twin", "host-b", "host-a")]))


def one_recorder(tap, lab):
    """Two hosts on one kernel, as pods are: one recorder sees both halves of one UUID."""
    lab.run("guest", "a", guest="pod")
    with Recorder() as recorder:
        lab.run("migrate", "a", guest="pod")
        lab.run("migrate", "b", guest="pod")
        recorder.end()
        migrations, done = report(recorder.file.name)
    check_whole(tap, "one recorder", migrations, done)
    tap.equal("one recorder: both halves of each", list(map(told, migrations)),
              [("pod", "host-a", "host-b"), ("pod", "host-b", "host-a")])
    tap.equal("one recorder: one half each", collections.Counter(
        len({m["source"]["hostuuid"], m["destination"]["hostuuid"]}) for m in migrations), {2: 2})


def main():
    tap = Tap()
    with Lab() as lab:
        for test in (both_directions, there_and_back, one_name, one_recorder):
            tap.run(test, lab)
            destroy_all(lab)
    tap.end()


if __name__ == "__main__":
    main()
