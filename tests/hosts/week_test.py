#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What has run for long: memory and open files of live, its peer, a recorder and the service stay as they are."""
import contextlib
import os
import pathlib
import re
import sys
import time

TESTS = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "e2e")]
from lab import Lab
from live import Live
from live_test import is_recording
from recorder import MIGTRACE, Recorder
from rows import table_write
from service_test import of_host, rows
from tap import Tap
from waiting import need
from watchers import tree

MIGRATIONS = int(os.environ.get("MIGRATIONS", "60"))
EVERY = 10  # migrations: then host b's daemon is started again
EACH_S = 600  # how often a busy host has a migration
FLAT_KIB = 1024
HEAD = ("| | after a quarter: KiB of its own, open files | at the end |", "|---|---|---|")


def footprint(process):
    """KiB of memory that no file has, and open files, of the process and all that it has started."""
    texts = [pathlib.Path(f"/proc/{pid}/status").read_text() for pid in tree(process.pid)]
    files = sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in tree(process.pid))
    return sum(int(re.search(r"RssAnon:\s+(\d+)", text)[1]) for text in texts), files


def run(lab, stack):
    """Migrates to and fro. Returns who has recorded, and what each of them took, again and again."""
    netns = {host: lab.run("netns", host).strip() for host in "ab"}
    records = pathlib.Path(lab.directory) / "records"
    live = stack.enter_context(Live("--json", "--netns", netns["a"], "--record", records, "--peer-command",
                                    f"{MIGTRACE} record -o - --answer --netns {netns['b']}"))
    need("a peer", is_recording, pathlib.Path(f"{records}.peer-1"))
    recorder = stack.enter_context(Recorder("--netns", netns["b"]))
    service = stack.enter_context(of_host(lab, "a", pathlib.Path(lab.directory) / "store"))
    who, seen = {"live, and its peer": live, "record": recorder, "the service": service}, []
    for number in range(MIGRATIONS):
        lab.run("migrate", "ab"[number % 2])
        live.wait_for("migtrace.migration/1", count=number + 1)
        if number % EVERY == EVERY - 1:
            need("each half is kept", lambda kept=number + 1: len(rows(service.store)) == kept)
            seen.append([footprint(one.process) for one in who.values()])
            lab.run("restart", "b")
    return who, seen


def week(tap, table):
    with Lab() as lab, contextlib.ExitStack() as stack:
        lab.run("guest", "a", "--idle")
        began = time.monotonic()
        who, seen = run(lab, stack)
        took = time.monotonic() - began
        live, service = who["live, and its peer"], who["the service"]
        halves = rows(service.store)
        ends = [live.end(), service.end()[0]]
    name = f"{MIGRATIONS} migrations"
    tap.equal(f"{name}: each is whole", [(m["outcome"], m["matched"], m["lost_events"]) for m in live.reports()],
              [("completed", "cookie", 0)] * MIGRATIONS)
    tap.equal(f"{name}: each half is kept", [row["outcome"] for row in halves], ["completed"] * MIGRATIONS)
    tap.equal(f"{name}: good ends", ends, [0, 0])
    for each, early, late in zip(who, seen[len(seen) // 4], seen[-1]):
        tap.equal(f"{name}, {each}: no file more is open", late[1], early[1])
        tap.true(f"{name}, {each}: memory is flat", late[0] - early[0] < FLAT_KIB, (early, late))
        table.append((each, *(f"{kib}, {files}" for kib, files in (early, late))))
    table.append((f"{name}, {MIGRATIONS // EVERY} starts of a daemon", f"in {took / 60:.0f} min",
                  f"{MIGRATIONS * EACH_S / 86400:.1f} days of a host with one in {EACH_S // 60} min: {MIGRATIONS * EACH_S / took:.0f} times as fast"))
    for row in table:
        print("#", " | ".join(row))


def main():
    tap, table = Tap(), []
    tap.run(week, table)
    if not tap.failed and MIGRATIONS > 60:
        table_write("week_test", HEAD, table, "check-week")
    tap.end()


if __name__ == "__main__":
    main()
