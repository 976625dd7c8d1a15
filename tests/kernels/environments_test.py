#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the kernel gives less than usual: what record and doctor do, and the one reason they say."""
import concurrent.futures
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from machine import Machine, fetch
from tap import Tap

SERIES = ("6.1", "newest")  # without uprobe_multi and private stacks, and with them
# The recorder's exit status, and what its reason names.
EXPECTED = {"plain": (0, None), "no BTF": (1, "BTF"), "no /sys": (1, "/sys|BTF"),
            "no privilege": (1, "CAP_BPF"), "own PID namespace": (0, None), "hardened sysctls": (0, None),
            "lockdown=integrity": (0, None),
            "lockdown=confidentiality": (1, "lockdown.*confidentiality")}
TIMEOUT_S = 600


def judge_refusal(tap, series, kernel, record):
    """
    A program that is given a stack of each CPU's, by a test's option: such a kernel is refused. The
    option takes a link out of the chain by which the self-test goes through the programs, so where no
    program gets such a stack not all are hit, which is refused as well.
    """
    reason = "was not hit" if series == "6.1" else "private stacks"
    tap.true(f"{kernel}: a stack that is not the task's is refused",
             record["status"] == 1 and reason in record["stderr"], record)


def judge(tap, kernel, name, said):
    status, reason = EXPECTED[name]
    record, doctor = said["record"], said["doctor"]
    tap.equal(f"{kernel}, {name}: exit status of record, and of doctor",
              (record["status"], doctor["status"]), (status, status))
    if name == "plain":
        tap.equal(f"{kernel}: no program of a tracepoint is refused", re.findall(
            r"^  (sched|net|exec) tracepoints? +yes$", doctor["stdout"], re.M), ["exec", "sched", "net"])
    if reason:
        lines = record["stderr"].splitlines()
        tap.true(f"{kernel}, {name}: record says one line that names it",
                 len(lines) == 1 and re.search(reason, lines[0]), record["stderr"])
        everything = doctor["stdout"] + doctor["stderr"]
        tap.true(f"{kernel}, {name}: doctor names it, and not the ring buffer",
                 re.search(reason, everything) and "libbpf: " not in everything and
                 not re.search(r"BPF ring buffer +no\b", everything), everything)


def run(version):
    machine = Machine(version, [], "environments")
    try:
        return machine.result(TIMEOUT_S)
    finally:
        machine.remove()


def main():
    tap = Tap()
    found = fetch(SERIES)
    versions = {series: version for series, (version, _) in found.items() if version}
    for series, (_, why) in found.items():
        if why:
            print(f"# skipped: {series}: {why}")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for (series, version), result in zip(versions.items(), pool.map(run, versions.values())):
            said = result.get("environments", {})
            tap.equal(f"{version}: all were tried", sorted(said), sorted([*EXPECTED, "private stacks"]))
            if not said:
                print(f"# {result}")
                continue
            judge_refusal(tap, series, version, said.pop("private stacks")["record"])
            for name in said:
                judge(tap, version, name, said[name])
    tap.end()


if __name__ == "__main__":
    main()
