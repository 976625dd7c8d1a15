#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A real migration in a virtual machine, recorded as nobody with five capabilities, and no other."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from machine import Machine, fetch
from tap import Tap

SERIES = "6.18"  # has uprobe_multi, and preempts
TIMEOUT_S = 600
CAPABILITIES = "+bpf,+perfmon,+sys_ptrace,+dac_read_search,+checkpoint_restore"


def judge(tap, result):
    """Both hosts are on one kernel: the offset's truth is 0."""
    tap.equal("the recorders' capabilities", result.get("capabilities"), CAPABILITIES)
    tap.equal("both recorders begin, and end well", [status for status, _ in result.get("recorders", [])],
              [0, 0])
    migrations = result.get("report", {}).get("migrations", [])
    tap.equal("one migration is reported", [m["outcome"] for m in migrations], ["completed"])
    if not migrations:
        print(f"# {result}")
        return
    figures = {name: migrations[0][name] for name in ("downtime", "downtime_net", "blackout")}
    tap.true(f"{', '.join(figures)} are known", all("est_ns" in figure for figure in figures.values()),
             figures)
    offset = migrations[0]["clock"]["offset"]
    tap.true(f"the offset's bounds hold 0: {offset['lo_ns']} to {offset['hi_ns']} ns",
             offset["lo_ns"] <= 0 <= offset["hi_ns"], offset)


def main():
    tap = Tap()
    version, why = fetch([SERIES])[SERIES]
    if version:
        machine = Machine(version, [], "migration", memory=3072)
        judge(tap, machine.result(TIMEOUT_S))
        machine.remove()
    else:
        print(f"# skipped: {SERIES}: {why}")
    tap.end()


if __name__ == "__main__":
    main()
