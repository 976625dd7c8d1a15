#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Passes against libvirt's own counts and what the guest was told to do; forecasts against what came."""
import contextlib
import os
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from e2e_test import report
from kinds import dirtied, virsh
from lab import Lab
from recorder import Recorder
from tap import Tap
from waiting import need

PAGE = 4096
KINDS = os.environ.get("KINDS")  # all: by make check-long
MEMORY_MIB = 512
SMALL_MIB, ENDLESS_MIB_S = 128, 8  # a quarter of that takes longer than QEMU may have the guest stand still
ENOUGH_NS = 200_000_000  # a pass as long tells a rate


def pages_per_ms(level):
    return 1 << int(level)


def migrate(lab, host, mib_per_s, *options):
    lab.run("migrate", host, "--live", "--p2p", "--bandwidth", str(mib_per_s), *options)


def pages_sent(passes):
    """All of them sent that, and the last one all that was left."""
    return (sum(p["ram_bytes"] for p in passes[:-1]) + passes[-1]["remaining_bytes"]) // PAGE


def counts(tap, name, passes, stats):
    """What libvirt says that QEMU counted."""
    tap.equal(f"{name}: each pass is there, in order", [p["number"] for p in passes],
              list(range(1, stats["memory_iteration"] + 1)))
    tap.equal(f"{name}: the first one has all of the guest's RAM to send", passes[0]["remaining_bytes"],
              stats["memory_total"])
    tap.equal(f"{name}: they sent as many pages as libvirt says", pages_sent(passes),
              stats["memory_normal"] + stats["memory_constant"])
    tap.true(f"{name}: and no more bytes", sum(p["sent_bytes"] for p in passes[:-1]) <= stats["memory_processed"],
             (passes, stats))
    tap.equal(f"{name}: the guest stood still in the last one alone", [p["guest_stopped"] for p in passes],
              [False] * (len(passes) - 1) + [True])
    tap.equal(f"{name}: one follows the other", [round(b["at_ns"] - a["at_ns"] - a["length_ns"], -6) for a, b in
                                                 zip(passes[:-1], passes[1:-1])], [0] * (len(passes) - 2))


def dirty_rates(passes):
    """Bytes per second, of passes that were long enough."""
    return [p["dirtied_bytes"] * 1e9 / p["length_ns"] for p in passes[:-1]
            if p["length_ns"] > ENOUGH_NS]


def converging(tap, lab, recorders, level, mib_per_s):
    name = f"2^{level} pages a millisecond, {mib_per_s} MiB/s"
    lab.run("tell", level)
    migrate(lab, "a", mib_per_s)
    stats = lab.stats("b")
    migrate(lab, "b", 2000)
    for recorder in recorders:
        recorder.end()
    reports, _ = report(*(recorder.file.name for recorder in recorders))
    there = next(m for m in reports if m["source"]["host"].endswith("a"))
    counts(tap, name, there["passes"], stats)
    told, measured = pages_per_ms(level) * PAGE * 1000, dirty_rates(there["passes"])
    # Less: what is made dirty again before it is sent counts once.
    tap.true(f"{name}: the guest made no more dirty than it was told to", measured and
             all(rate < told * 1.1 for rate in measured), (told, measured, there["passes"]))
    tap.equal(f"{name}: QEMU was told how fast it may send",
              {l["about"] * 10 for l in recorders[0].lines() if l.get("step") == "rate-limit"} & {mib_per_s * 2**20},
              {mib_per_s * 2**20})


def abort_later(lab, recorder, passes):
    """Ends the guest's job once there were as many passes."""
    need("passes", lambda: sum(l.get("event") == "qemu-ram" and l["pass"] is not None for l in recorder.so_far()) >= passes)
    virsh(lab, "a", "domjobabort", "beat")


def endless(tap, lab, recorder):
    """All that the guest writes to is made dirty in less time than it takes to be sent."""
    thread = threading.Thread(target=abort_later, args=(lab, recorder, 4))
    thread.start()
    with contextlib.suppress(RuntimeError):
        migrate(lab, "a", ENDLESS_MIB_S)
    thread.join()
    recorder.end()
    [one], _ = report(recorder.file.name)
    forecast = one["forecast"]
    tap.equal("without end: it is said", (one["outcome"], forecast.get("completes")), ("cancelled", False))
    return forecast["would_help"]


def limit_helps(tap, lab, recorder, limit_ms):
    virsh(lab, "a", "migrate-setmaxdowntime", "beat", str(limit_ms))
    migrate(lab, "a", ENDLESS_MIB_S)
    recorder.end()
    [one], _ = report(recorder.file.name)
    tap.equal("without end: what was said to help does", one["passes"][-1]["guest_stopped"], True)
    tap.true("without end: and was needed", one["passes"][-1]["remaining_bytes"] > ENDLESS_MIB_S * 2**20 * 0.3, one["passes"])


def recorder_of(lab, host):
    return Recorder("--netns", lab.run("netns", host).strip())


def main():
    tap = Tap()
    for level, mib_per_s in (("3", 50), ("5", 200))[:1 + (KINDS == "all")]:
        with Lab() as lab:
            lab.run("guest", "a", "--memory", str(MEMORY_MIB))
            dirtied(lab)
            with recorder_of(lab, "a") as a, recorder_of(lab, "b") as b:
                tap.run(lambda tap, *rest: converging(tap, lab, (a, b), *rest), level, mib_per_s)
    with Lab() as lab:
        lab.run("guest", "a", "--memory", str(SMALL_MIB))
        dirtied(lab)
        with recorder_of(lab, "a") as recorder:
            would_help = endless(tap, lab, recorder)
        with recorder_of(lab, "a") as recorder:
            tap.run(lambda tap: limit_helps(tap, lab, recorder, would_help["downtime_limit_ms"]))
    tap.end()


if __name__ == "__main__":
    main()
