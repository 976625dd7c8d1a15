#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each kind of migration, and of failure, for real: outcome, flavour, figures or why there are none."""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from e2e_test import report
from kinds import HELD_MS, KINDS, MODULAR, destroy_all, needs_own_lab, record, was_missed
from lab import Lab, lacks_daemons
from tap import Tap

DOWNTIME = None  # it is known
UNMOVED = "the guest was not stopped"
OFFLINE = "an offline migration: no guest ran"
PAUSED = "the guest was left paused on the destination"
NOT_RECORDED = "the recording has a gap"
TAKEN_UP = "the guest ran on the destination already"

# Outcome, control, where the guest is left, flavours that are set, why there is no downtime.
DONE = ("completed", "p2p", "destination", set(), DOWNTIME)
DIRECT = ("completed", "direct", "destination", set(), DOWNTIME)
POSTCOPY = ("completed", "p2p", "destination", {"postcopy"}, DOWNTIME)
CANCELLED = ("cancelled", "p2p", "source", set(), UNMOVED)
FAILED = ("failed", "p2p", "source", set(), UNMOVED)
ENDED = ("failed", "p2p", "ended", set(), "the source's QEMU ended")
FAILED_LATE = ("failed", "p2p", "source", set(), DOWNTIME)  # the guest stood still meanwhile
SPLIT = ("failed", "p2p", "both", set(), DOWNTIME)
BROKEN = [("failed", "p2p", "destination", {"postcopy"}, DOWNTIME),
          ("completed", "p2p", "destination", {"postcopy", "recovery"}, TAKEN_UP)]
LEFT = ("failed", "p2p", "source", set(), "the source's libvirt ended meanwhile")
NOT_RESUMED = [("failed", "p2p", "broken", {"postcopy"}, DOWNTIME), ("failed", "p2p", "broken", {"recovery"}, TAKEN_UP)]
# Began before the recording, goes on after it, or has a gap or the daemon's end in it.
PARTLY_SEEN = {"late", "interrupted", "source-daemon-killed", "source-daemon-restarted"}
INTERRUPTED = [("completed", "p2p", "destination", set(), NOT_RECORDED)]
EXPECTED = {
    "p2p": [DONE],
    "devices": [DONE],
    "direct": [DIRECT],
    "not-live": [DONE],
    "upgraded": [DONE],
    "tunnelled": [("completed", "p2p", "destination", {"tunnelled"}, DOWNTIME)],
    "modular": [("completed", "p2p", "destination", {"tunnelled"}, DOWNTIME)],
    "multifd": [DONE],
    "compressed": [DONE],
    "auto-converge": [DONE],
    "tls": [DONE],
    "network": [DONE],
    "disks": [DONE],
    "storage": [DONE],
    "storage-direct": [DIRECT],
    "undefined": [DONE],
    "renamed": [DONE],
    "unix": [DONE],
    "unix-direct": [DIRECT],
    "tcg": [DONE],
    "vcpus-2": [DONE],
    "vcpus-8": [DONE],
    "lock-held": [DONE],
    "lock-held-source": [DONE],
    "throttled": [DONE],
    "stopped": [DONE],
    "big": [DONE],
    "passes": [DONE],
    "no-end": [CANCELLED],
    "postcopy": [POSTCOPY],
    "postcopy-direct": [("completed", "direct", "destination", {"postcopy"}, DOWNTIME)],
    "postcopy-after-precopy": [POSTCOPY],
    "postcopy-timeout": [POSTCOPY],
    "suspended": [("completed", "p2p", "paused", set(), PAUSED)],
    "limit-changed": [DONE],
    "suspended-meanwhile": [DONE],  # libvirt starts it on the destination
    "paused": [("completed", "p2p", "paused", set(), "the guest did not run")],
    "offline": [("completed", "p2p", "paused", {"offline"}, OFFLINE)],
    "offline-direct": [("completed", "direct", "paused", {"offline"}, OFFLINE)],
    "cancelled-prepare": [CANCELLED],
    "cancelled": [CANCELLED],
    "cancelled-direct": [("cancelled", "direct", "source", set(), UNMOVED)],
    "cancelled-switchover": [("cancelled", "p2p", "source", set(), DOWNTIME)],
    "cancelled-finish": [DONE],  # it cannot be any more
    "cancelled-postcopy": [POSTCOPY],  # nor here
    "retried": [CANCELLED, DONE],
    "retried-direct": [("cancelled", "direct", "source", set(), UNMOVED), DIRECT],
    "destination-qemu-killed": [FAILED],
    "destination-qemu-killed-loading": [FAILED_LATE],
    "destination-qemu-killed-loaded": [FAILED_LATE],
    "source-qemu-killed": [("failed", "p2p", "nowhere", set(), "the source's QEMU ended")],
    "destination-daemon-killed": [FAILED],
    "destination-daemon-killed-in-finish": [FAILED_LATE],
    "split-brain": [SPLIT],
    "source-daemon-killed": [LEFT],
    "source-daemon-killed-late": [DONE],
    "client-killed-early": [("failed", "direct", "source", set(), UNMOVED)],
    "client-killed-late": [DIRECT],
    "destroyed": [("failed", "p2p", "ended", set(), "the source's QEMU ended")],
    "guest-shut-down": [ENDED],
    "guest-rebooted": [ENDED],
    "guest-panicked": [DONE],
    "watchdog-bit": [ENDED],
    "out-of-memory": [("failed", "p2p", "nowhere", set(), "the source's QEMU ended")],
    "source-qemu-crashed": [("failed", "p2p", "nowhere", set(), "the source's QEMU ended")],
    "paused-before": [("completed", "p2p", "paused", set(), "the guest did not run")],
    "source-daemon-restarted": [LEFT],
    "destination-daemon-restarted": [FAILED],
    "link-cut": [FAILED],
    "link-cut-switchover": [FAILED_LATE],
    "link-cut-finish": [SPLIT],
    "postcopy-broken": BROKEN,
    "postcopy-link-cut": BROKEN,
    "postcopy-not-resumed": NOT_RESUMED,
    "refused-emulator": [FAILED],
    "refused-port": [FAILED],
    "refused-memory": [FAILED],
    "saved": [],
    "snapshot": [],
    "dumped": [],
    "late": [("completed", "p2p", "destination", set(), "no STOP of the guest was seen")],
    "interrupted": INTERRUPTED,
}
# The ones that matter most; all of them where KINDS is "all".
OFTEN = ["direct", "postcopy", "paused", "offline-direct", "cancelled", "destination-qemu-killed-loaded",
         "source-qemu-killed", "split-brain", "late", "destroyed", "guest-shut-down", "guest-panicked", "out-of-memory",
         "paused-before", "source-qemu-crashed", "source-daemon-killed-late", "postcopy-not-resumed", "interrupted",
         "stopped"]
TRIES = 20  # to make a case that is a race
ONE_SIDE = {"refused-emulator", "postcopy-not-resumed"}  # the destination did not get as far as to know the domain


def told(migration):
    flavours = {f for f in ("postcopy", "recovery", "offline", "tunnelled") if migration["flavour"][f]}
    return (migration["outcome"], migration["flavour"]["control"], migration["left_on"], flavours,
            migration["downtime"].get("unknown"))


def check_clock(tap, name, migration):
    offset = migration["clock"]["offset"]
    tap.true(f"{name}: the clocks are bounded, and rightly",
             offset.get("lo_ns", 1) <= 0 <= offset.get("hi_ns", 0), migration["clock"])


def check_stalls(tap, name, migration):
    stalls = migration["stalls"]
    if not migration["flavour"]["postcopy"]:
        seen = "" if migration["flavour"]["postcopy"] is False else " was seen"
        tap.equal(f"{name}: no page stalls", stalls, {"unknown": "no post-copy" + seen})
        tap.equal(f"{name}: post-copy is denied only where all was seen", seen != "",
                  name in PARTLY_SEEN)
        return
    # Where the link is not slow all may have come before the guest needs them.
    tap.true(f"{name}: pages were waited for",
             stalls["longest_ns"] <= stalls["total_ns"] <= stalls["longest_ns"] * stalls["count"] and
             (stalls["longest_ns"] > 0 or name != "postcopy"), stalls)


def check_late(tap, migrations):
    """What can still be known is given."""
    tap.true("late: the transfer is known, with bounds",
             all(0 <= m["transfer"]["lo_ns"] <= m["transfer"]["hi_ns"] for m in migrations),
             [m["transfer"] for m in migrations])
    tap.equal("late: why there is no elapsed", [m["elapsed"].get("unknown") for m in migrations],
              ["the job's start was not seen"])


def check_interrupted(tap, migrations):
    tap.equal("interrupted: why there is no elapsed",
              [m["elapsed"].get("unknown") for m in migrations], [NOT_RECORDED])


def works(migration):
    """Of the source's parts whose threads were watched: without a CPU, throttled, stopped by a signal, ns."""
    parts = [p for p in migration["blackout_breakdown"] if p["side"] == "source" and "est_ns" in p["on_cpu"]]
    stopped = [s["duration"]["lo_ns"] for p in parts for s in p["slept"] if s["in"] == "do_signal_stop"]
    return [sum(p[name].get("est_ns", 0) for p in parts) for name in ("runnable", "throttled")] + [sum(stopped)]


def check_throttled(tap, migrations):
    tap.true("throttled: its threads had no CPU, as its quota was used up",
             all(min(works(m)[:2]) > 20e6 and works(m)[2] == 0 for m in migrations),
             [m["blackout_breakdown"] for m in migrations])


def check_stopped(tap, migrations):
    """It is as long on the way to a signal as the test is."""
    tap.true("stopped: its threads were stopped by a signal, and did not want a CPU meanwhile",
             all(works(m)[2] > 200e6 and works(m)[0] < works(m)[2] for m in migrations),
             [m["blackout_breakdown"] for m in migrations])


def check_held(tap, migrations):
    """It is as long on the way to a lock as the test is."""
    held = [sum(h["duration"]["lo_ns"] for p in m["breakdown"] if "est_ns" in p["on_cpu"] for h in p["held"]
                if h["by"] == "domain-get-vcpus") for m in migrations]
    tap.true("lock-held: libvirt waited for that call", all(ns > HELD_MS * 1e6 / 4 for ns in held),
             [m["breakdown"] for m in migrations])


NO_MEMORY = [("destination", "the guest, without the memory that did not come"),
             ("source", "a stopped QEMU, with the memory that the guest lacks")]
OLD_QEMU = [("source", "a stopped QEMU, with the guest's memory and locks")]
UNREACHABLE = "unable to connect to server at '192.168.77.2:16509': Network is unreachable"
# Why it ended so, who ended the guest, what libvirt told its client, what is left over, what to do: of each row.
ANSWERS = {
    "p2p": [(None, None, "success", [], [])],
    "destroyed": [("a client ended the guest, through libvirt: destroy", "client", "error", [], [])],
    "guest-shut-down": [("the guest ended itself: shutdown", "guest", "error", [], [])],
    "guest-rebooted": [("the guest ended itself: reboot", "guest", "error", [], [])],
    "guest-panicked": [("the guest panicked in mid-migration, and was started again", None, "success", [],
                        ["panicked"])],
    "watchdog-bit": [("the guest ended itself: watchdog", "guest", "error", [], [])],
    "out-of-memory": [("the kernel's OOM killer ended the guest's QEMU", "kernel", "error", [], ["runs-nowhere"])],
    "source-qemu-crashed": [("the guest's QEMU crashed: SIGSEGV", "signal", "error", [], ["runs-nowhere"])],
    "source-qemu-killed": [("the guest's QEMU was killed: SIGKILL", "signal", "error", [], ["runs-nowhere"])],
    "source-daemon-killed-late": [(None, None, "nothing", OLD_QEMU, ["left-over-source"])],
    "client-killed-early": [("the destination gave the guest up, as who called it had gone", None, "unknown", [],
                             ["failed"])],
    "client-killed-late": [(None, None, "unconfirmed", OLD_QEMU, ["left-over-source", "client-gone"])],
    "postcopy-not-resumed": [("job 'migration in' failed in post-copy phase", None, "error", NO_MEMORY,
                              ["postcopy-broken"]),
                             (UNREACHABLE, None, "error", NO_MEMORY[1:], ["postcopy-broken"])],
    "refused-emulator": [("the destination refused it, while it was prepared", None, "error", [], ["failed"])],
}


def answered(migration):
    return (migration["cause"], migration["ended_by"] and migration["ended_by"]["who"], migration["told"],
            [(left["side"], left["what"]) for left in migration["left_over"]],
            [advice["code"] for advice in migration["advice"] if advice["code"] != "one-host"])


def check_limit(tap, migrations):
    """Not what it was when the migration began."""
    tap.equal("limit-changed: the limit when QEMU stopped the guest, and how often it was changed",
              [(m["expected"]["downtime_limit_ms"], m["expected"]["downtime_limit_changes"]) for m in migrations],
              [(5000, 2)])


def check_recovery(tap, migrations):
    """Both say the same of the break, and each when the other one began."""
    broke, resumed = (m["recovery"] for m in migrations)
    tap.equal("postcopy-broken: which part each is, of which other one",
              [(r["part"], r["other_started_real_ns"]) for r in (broke, resumed)],
              [("broke", migrations[1]["started_real_ns"]), ("resumed", migrations[0]["started_real_ns"])])
    tap.true("postcopy-broken: one gap, in which the guest lacked memory",
             broke["gap"] == resumed["gap"] and broke["gap"]["est_ns"] > 0 and
             broke["missing_bytes"] == resumed["missing_bytes"] > 0, (broke, resumed))
    tap.true("postcopy-broken: the downtime of the whole is the first one's",
             abs(resumed["downtime"]["est_ns"] - migrations[0]["downtime"]["est_ns"]) <=
             sum(q["hi_ns"] - q["lo_ns"] for q in (resumed["downtime"], migrations[0]["downtime"])),
             (resumed, migrations[0]["downtime"]))


def check_paused(tap, migrations):
    """From the client's suspend to its resume, on the other host; the migration is a part of it."""
    whole, part = (migrations[0]["paused"][key] for key in ("whole", "migration"))
    tap.true("paused-before: it stood still for longer than the migration took, both known",
             0 < part.get("est_ns", 0) < whole.get("est_ns", 0), migrations[0]["paused"])


CHECKS = {"late": check_late, "interrupted": check_interrupted, "throttled": check_throttled,
          "stopped": check_stopped, "lock-held": check_held, "lock-held-source": check_held, "limit-changed": check_limit,
          "paused-before": check_paused, "postcopy-broken": check_recovery}


def kind(tap, lab, name, recordings=None):
    expected = EXPECTED[name]
    migrations, done = report(*(recorder.file.name for recorder in recordings or record(lab, name)))
    tap.equal(f"{name}: outcome, control, where it is left, flavours, downtime",
              [told(m) for m in migrations], expected)
    tap.equal(f"{name}: both halves, nothing lost",
              [(m["source"] is not None, m["destination"] is not None, m["lost_events"])
               for m in migrations], [(True, name not in ONE_SIDE or m is not migrations[-1], 0) for m in migrations])
    if name in ANSWERS:
        tap.equal(f"{name}: why, by whom, what is left and what to do", [answered(m) for m in migrations],
                  ANSWERS[name])
    for migration in migrations:
        check_stalls(tap, name, migration)
        if migration["outcome"] == "completed" and not migration["flavour"]["offline"]:
            check_clock(tap, name, migration)
    tap.equal(f"{name}: exit status says whether it is whole",
              (done.returncode, NOT_RECORDED in done.stderr),
              (3 if expected in ([], INTERRUPTED) else 0, expected == INTERRUPTED))
    CHECKS.get(name, lambda *_: None)(tap, migrations)
    destroy_all(lab)


def main():
    tap = Tap()
    names = list(KINDS) if os.environ.get("KINDS") == "all" else OFTEN
    with Lab() as lab:
        for name in names:
            if not needs_own_lab(name):
                tap.run(kind, lab, name)
    for name in filter(needs_own_lab, names):
        if KINDS[name].up == MODULAR and lacks_daemons(tap, name):
            continue
        for tries in range(TRIES):
            with Lab(*KINDS[name].up) as lab:
                recordings = record(lab, name)
                if not was_missed(name, recordings) or tries == TRIES - 1:
                    tap.run(kind, lab, name, recordings)
                    break
    tap.end()


if __name__ == "__main__":
    main()
