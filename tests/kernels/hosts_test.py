#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A real migration between two kernels, each with clocks of its own: do the bounds hold the truth?"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from machine import BUILD, Machine, fetch
from tap import Tap

TIMEOUT_S = 600
NEAR_NS, FAR_NS = 50_000_000, 4_000_000_000


def start(version, letter, directory):
    network = f"addr.type=unix,addr.path={directory}/network"
    way = "server=on" if letter == "a" else "server=off"
    return Machine(version, [], "host", letter, memory=1536, devices=[
        "-netdev", f"stream,id=net,{way},{network}",
        "-device", f"virtio-net-pci,netdev=net,mac=52:54:00:00:00:0{'ab'.index(letter) + 1}",
        "-object", f"memory-backend-file,id=shared,size=1M,share=on,mem-path={directory}/shared",
        "-device", "ivshmem-plain,memdev=shared"])


def await_listener(directory):
    """Until a's machine listens for b's."""
    deadline = time.monotonic() + 30
    while not (pathlib.Path(directory) / "network").exists():
        assert time.monotonic() < deadline, "no machine listens"
        time.sleep(0.05)


def narrow(exchanges, at_ns, within_ns):
    """The exchanges about that time whose answer took least to come."""
    near = [e for e in exchanges if abs(e[0] - at_ns) < within_ns]
    return sorted(near, key=lambda e: e[2] - e[0])[:20]


def truth(exchanges, at_ns):
    """Bounds of the destination's clock less the source's at that time, of both clocks' own stamps."""
    def middle(e):
        return (e[0] + e[2]) / 2, e[1] - (e[0] + e[2]) / 2

    early, late = (narrow(exchanges, at_ns + sign * FAR_NS / 2, FAR_NS / 2)[:1] for sign in (-1, 1))
    (t0, offset0), (t1, offset1) = middle(early[0]), middle(late[0])
    rate = (offset1 - offset0) / (t1 - t0)
    near = narrow(exchanges, at_ns, NEAR_NS)
    return (max(e[1] - e[2] - rate * (e[2] - at_ns) for e in near),
            min(e[1] - e[0] - rate * (e[0] - at_ns) for e in near), rate)


def handed_over(lines):
    return next(l["ktime_ns"] for l in lines if l.get("event") == "cookie-format" and
                l["edge"] == "enter" and l["party"] == 1)


def two_kernels(tap, versions):
    """Two machines with clocks of their own; what they share is memory, for the truth."""
    name = " -> ".join(versions)
    with tempfile.TemporaryDirectory(prefix="migtrace-kernels-") as directory:
        machines = []
        for version, letter in zip(versions, "ab"):
            machines.append(start(version, letter, directory))
            await_listener(directory)
        results = [machine.result(TIMEOUT_S) for machine in machines]
        recordings = [str(m.out / f"{letter}.jsonl") for m, letter in zip(machines, "ab")]
        done = subprocess.run([BUILD / "migtrace", "report", "--format", "json", *recordings],
                              capture_output=True, text=True, check=False)
        migrations = [json.loads(line) for line in done.stdout.splitlines()]
        tap.equal(f"{name}: one migration is measured", [m["outcome"] for m in migrations], ["completed"])
        if migrations and "exchanges" in results[0]:
            between_clocks(tap, name, migrations[0], results[0]["exchanges"], machines[0].lines("a.jsonl")[1])
        else:
            print(f"# {[r.get('error') for r in results]} {done.stderr}")
        for machine in machines:
            machine.remove()


def between_clocks(tap, name, migration, exchanges, lines):
    low, high, rate = truth(exchanges, handed_over(lines))
    offset = migration["clock"]["offset"]
    tap.true(f"{name}: clocks {low / 1e9:.3f} s apart, {rate * 1e6:+.0f} ppm: the bounds, {width(offset)} us wide, "
             f"hold the truth, which is known to {(high - low) / 1e3:.0f} us",
             offset.get("lo_ns", high + 1) <= high and low <= offset.get("hi_ns", low - 1) and low <= high,
             f"truth {low:.0f} to {high:.0f} ns, bounds {offset}")


def width(offset):
    return round((offset["hi_ns"] - offset["lo_ns"]) / 1e3) if "hi_ns" in offset else "?"


def main():
    tap = Tap()
    found = fetch(["6.18", "newest"])
    for series, (_, why) in found.items():
        if why:
            print(f"# skipped: {series}: {why}")
    versions = [version for version, _ in found.values() if version]
    if len(versions) == 2:
        tap.run(two_kernels, versions)
    tap.end()


if __name__ == "__main__":
    main()
