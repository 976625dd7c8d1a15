# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting for a condition, and never for a time: how long it takes is nobody's claim."""
import pathlib
import time

HANGS_S = 120  # nothing takes as long, on however busy a machine: then it hangs


def eventually(condition, *arguments, every_s=0.01, hangs_s=HANGS_S):
    """Waits until it holds; returns what it gave at last, which is nothing true where it hangs."""
    until = time.monotonic() + hangs_s
    while not (held := condition(*arguments)) and time.monotonic() < until:
        time.sleep(every_s)
    return held


def need(what, condition, *arguments, every_s=0.01, hangs_s=HANGS_S):
    """As eventually(), for what a test cannot go on without."""
    held = eventually(condition, *arguments, every_s=every_s, hangs_s=hangs_s)
    if not held:
        raise RuntimeError(f"{what}: not within {hangs_s} s")
    return held


def is_listening(pid, port, protocol="tcp"):
    """Whether somebody listens there, in the network namespace of that process."""
    states = {"tcp": "0A", "udp": "07"}
    rows = [row.split() for suffix in ("", "6")
            for row in pathlib.Path(f"/proc/{pid}/net/{protocol}{suffix}").read_text().splitlines()[1:]]
    return any(int(row[1].split(":")[1], 16) == port and row[3] == states[protocol] for row in rows)
