#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A recorder of so many migrations at once: those of a recording, each line many times. RECORDING COUNT GATE

The rest of each migration is told when the file GATE is there; until then a file beside it, named as the
recording, says how many events were."""
import json
import os
import pathlib
import sys
import time

recording, count, gate = sys.argv[1], int(sys.argv[2]), sys.argv[3]
STEP_NS = 1000  # from one migration's event to the same one of the next


def say(record):
    print(json.dumps(record, separators=(",", ":")), flush=True)


def copies(event):
    """Keys that both hosts have to agree on differ from one migration to the next, too."""
    for i in range(count):
        text = json.dumps(event).replace("<name>p2p<", f"<name>web{i:02d}<")
        copy = json.loads(text.replace(domain, domain[:-2] + f"{i:02x}"))
        copy["cookie_hash"] = copy.get("cookie_hash", "0" * 16)[:-2] + f"{i:02x}"
        if "serial" in copy:
            copy["serial"] += 1000 * i
        copy["ktime_ns"] += i * STEP_NS
        yield copy


records = [json.loads(line) for line in open(recording, encoding="utf-8")]
events = [r for r in records if r["kind"] == "event" and r["event"] != "tcp-state"]
domain = events[0]["uuid"]
events = [e for e in events if e["uuid"] == domain]
half = next((i for i, e in enumerate(events) if e["event"] in ("run", "finish") and i), len(events) // 2) + 1
clocks = [r for r in records if r["kind"] == "clock"]
for r in records:
    if r["kind"] in ("header", "daemon", "target"):
        say(r)
say(clocks[0])
for event in events[:half]:
    for copy in copies(event):
        say(copy)
pathlib.Path(gate).with_name(pathlib.Path(recording).name).write_text(str(half * count))
while not os.path.exists(gate):
    time.sleep(0.05)
for event in events[half:]:
    for copy in copies(event):
        say(copy)
for clock in clocks[1:]:
    say(clock)
for later_ns in (10**9, 2 * 10**9):  # as a recorder looks at them that does not end yet
    say({key: value + later_ns if key.endswith("_ns") else value for key, value in clocks[-1].items()})
sys.stdin.read()
say(records[-1])
