#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""migtrace for arm64 on Debian's kernels for it: what x86-64's tests claim of the stand-ins, there."""
import os
import pathlib
import sys

TESTS = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "kernels")]
import hammered
import migration_test
from machine import Machine, fetch
from tap import Tap

SECONDS = os.environ.get("HAMMER_S", "60")  # of hammering, on each
SERIES = os.environ.get("KERNELS", "6.1 newest").split()  # without uprobe_multi and with it
TIMEOUT_S = 2400
# Of tests/bpf/bpf_test.py: what asks for no more than that all is there, however slow the machine is.
STAND_IN = ("every_event_and_byte", "modern", "qemu", "other_arguments", "other_domain", "client_left", "doctor",
            "in_the_kernel", "killed")


def run(version, scenario, *arguments, memory=2048):
    machine = Machine(version, [], scenario, *arguments, memory=memory)
    try:
        result = machine.result(TIMEOUT_S)
        if "counts" in result:
            result["lines"] = machine.lines("hammer.jsonl")
        return result
    finally:
        machine.remove()


def stand_in(tap, version):
    """Each of its results is one of ours, by its name."""
    result = run(version, "stand-in", *STAND_IN)
    lines = result.get("tap", "").splitlines()
    for line in lines:
        passed, _, name = line.partition(" - ")
        if passed.startswith("ok ") and "# SKIP" in name:
            tap.skip(f"{version}: {name.partition(' # SKIP')[0]}", name.partition("# SKIP ")[2])
        elif passed.startswith(("ok ", "not ok ")):
            tap.true(f"{version}: {name}", passed.startswith("ok "), result["tap"])
    tap.true(f"{version}: all tests of the stand-in ran", lines and lines[-1].startswith("1.."),
             result.get("stderr") or result.get("error"))
    print("\n".join(f"# {line}" for line in result.get("doctor", "").splitlines()))


def hammer(tap, version):
    """Nothing is mixed up, leaked or uncounted while all CPUs are hammered."""
    result = run(version, "hammer", SECONDS)
    if "counts" not in result:
        tap.true(f"{version}: hammered", False, result)
        return
    raw, lines = result.pop("lines")
    wrong = hammered.check(result, raw, lines)
    tap.equal(f"{version}: {lines[-1]['hits']} hits, {sum(l['kind'] == 'event' for l in lines)} events, "
              f"{lines[-1]['lost']} lost, attached in {result['attach_s']:.1f} s", wrong, dict.fromkeys(wrong, 0))


def migration(tap, version):
    """Two real libvirts and QEMUs, and a guest between them whose beats are the truth."""
    result = run(version, "migration", memory=3072)
    migration_test.judge(tap, result)
    beats = [line.split() for line in result.get("beats", []) if not line.startswith("#")]
    pauses = [int(end) - int(before) for _, end, _, left, came, before, *_ in beats if left != came]
    blackouts = [m["blackout"]["lo_ns"] for m in result.get("report", {}).get("migrations", [])
                 if "lo_ns" in m["blackout"]]
    tap.true(f"{version}: no beat was sent while the guest stood still: {blackouts} ns of {pauses} ns",
             len(pauses) == len(blackouts) == 1 and pauses >= blackouts, result)


def main():
    tap = Tap()
    for series, (version, why) in fetch(SERIES).items():
        tap.true(f"{series}: there is such a kernel for arm64", version, why)
        if version:
            tap.run(stand_in, version)
            tap.run(hammer, version)
            if series != "6.1":  # which asks for more capabilities
                tap.run(migration, version)
    tap.end()


if __name__ == "__main__":
    main()
