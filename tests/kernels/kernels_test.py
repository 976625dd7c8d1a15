#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's kernels, each way that they preempt: nothing is mixed up, leaked or uncounted; docs/kernels.md."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import hammered
from machine import BUILD, CACHE, HERE, Machine, fetch
from tap import Tap

SECONDS = os.environ.get("HAMMER_S", "60")  # of hammering, on each
ONLY = os.environ.get("KERNELS", "").split()  # such as "6.18 newest"
TABLE = os.environ.get("TABLE")
# Debian's series, and how each can preempt. 5.15 is no kernel of Debian's.
KERNELS = {"5.10": ("",), "6.1": ("none", "full"), "6.12": ("none", "full"),
           "6.18": ("none", "lazy", "full"), "newest": ("lazy", "full")}
TIMEOUT_S = 600
TESTED = [BUILD / "migtrace", *sorted((BUILD / "kernels").iterdir()),
          *sorted(p for p in (BUILD / "bpf").iterdir() if p.is_file()),
          *(HERE / name for name in ("inside.py", "hammered.py", "init", "../bpf/bpf_test.py"))]


def key(*about):
    """The same for the same kernel, the same program and the same test."""
    digest = hashlib.sha256("\0".join(about).encode())
    for path in TESTED:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def hammer_once(version, preempt):
    machine = Machine(version, [f"preempt={preempt}"] * bool(preempt), "hammer", SECONDS)
    result = machine.result(TIMEOUT_S)
    if "counts" in result:
        raw, lines = machine.lines("hammer.jsonl")
        result |= {"wrong": hammered.check(result, raw, lines), "lost": lines[-1].get("lost"),
                   "hits": lines[-1].get("hits"), "events": sum(l["kind"] == "event" for l in lines)}
    machine.remove()
    return result


def hammer(version, preempt):
    """The result of hammering, which is kept: the same is not done twice."""
    kept = CACHE / "results" / f"{version}-{preempt or 'default'}-{key(version, preempt, SECONDS)}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    result = hammer_once(version, preempt)
    if "no result" in result.get("error", "") and "Oops" not in result["error"]:
        result = hammer_once(version, preempt)  # an emulated clock that was set up wrong, say
    if "error" not in result:
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps(result))
    return result


def judge(tap, series, preempt, result):
    """The row's last column; a kernel that is refused is refused with its reason."""
    name = f"{result.get('release', series)} preempt={preempt or 'default'}"
    if "refused" in result:
        tap.equal(f"{name}: refused only where the kernel is too old", series, "5.10")
        tap.true(f"{name}: the reason names what is missing", "5.15" in result["refused"], result["refused"])
        return "refused: " + result["refused"].strip().splitlines()[-1]
    if "counts" not in result:
        tap.true(f"{name}: ran", False, result["error"] + "\n".join(result.get("dmesg", [])))
        return "did not run"
    tap.true(f"{name}: preempts so", not preempt or f"({preempt})" in result["preempt"], result["preempt"])
    tap.equal(f"{name}: {result['events']} events of {result['hits']} hits, {result['lost']} lost",
              result["wrong"], dict.fromkeys(result["wrong"], 0))
    for line in result["dmesg"][:20]:
        print(f"# {line}")
    wrong = [f"{count} {what}" for what, count in result["wrong"].items() if count]
    return "; ".join(wrong) or "all right"


def row(preempt, result, verdict):
    numbers = [f"{result[k]:.1f} s" if k in result else "-" for k in ("attach_s", "detach_s")]
    counts = [f"{result[k]}" if k in result else "-" for k in ("hits", "events", "lost")]
    return (result.get("release", "?"), preempt or "default", *counts, *numbers, verdict)


def table(rows, skipped):
    """docs/kernels.md between its two marks: made of what ran just now."""
    path = pathlib.Path(TABLE)
    head, rest = path.read_text().split("<!-- made by make check-kernels -->\n")[:2]
    tail = rest.split("<!-- end -->\n")[1]
    made = [f"Each was hammered for {SECONDS} s.\n", "| kernel | preempt | hits | events | lost, counted | attach | detach | result |",
            "|---|---|---|---|---|---|---|---|", *(f"| {' | '.join(r)} |" for r in rows),
            *(f"\nSkipped: {name}: {why}." for name, why in skipped)]
    path.write_text(head + "<!-- made by make check-kernels -->\n" + "\n".join(made) +
                    "\n<!-- end -->\n" + tail)


def main():
    tap = Tap()
    found = fetch(ONLY or list(KERNELS))
    skipped = [(series, why) for series, (_, why) in found.items() if why]
    for series, why in skipped:
        print(f"# skipped: {series}: {why}")
    wanted = [(series, version, preempt) for series, (version, _) in found.items() if version
              for preempt in KERNELS[series]]
    rows = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda one: hammer(*one[1:]), wanted)
        for (series, _, preempt), result in zip(wanted, results):
            rows.append(row(preempt, result, judge(tap, series, preempt, result)))
    tap.true("there is a kernel to test", rows, skipped)
    if TABLE and not ONLY:  # a table of some is none
        table(rows, skipped)
    tap.end()


if __name__ == "__main__":
    main()
