#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real migrations there and back between two real libvirts: every figure against the truth."""
import contextlib
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from lab import Lab
from recorder import MIGTRACE, Recorder
from tap import Tap

MIGRATIONS = 20
MS = 10**6
SKEWS_MS = (0, 7300, -7300)  # of the recorder on host b: the truth is that of one kernel, 0
LIBVIRT_MS = 2  # libvirt cuts each of its stamps to ms


def report(*files):
    done = subprocess.run([MIGTRACE, "report", "--format", "json", *files], text=True,
                          capture_output=True, check=False)
    migrations = [json.loads(line) for line in done.stdout.splitlines()]
    return sorted(migrations, key=lambda m: m["started_real_ns"]), done


def arrivals(lines):
    """
    Of each migration to the host: when a vCPU ran first, when StartCPUs returned, and when the cookie was
    begun, before which libvirt has taken the stamp that ends its own downtime.
    """
    enters, returns = ([l["ktime_ns"] for l in lines
                        if l.get("event") == "start-cpus" and l["edge"] == edge]
                       for edge in ("enter", "return"))
    cookies = [min(l["ktime_ns"] for l in lines
                   if l.get("event") == "cookie-format" and l["edge"] == "enter" and
                   l["party"] == 2 and l["ktime_ns"] > returned) for returned in returns]
    starts = [l["ktime_ns"] for l in lines if l.get("step") == "vcpu-start"]
    runs = [min(start for start in starts if start > entered) for entered in enters]
    return list(zip(runs, returns, cookies))


def there_and_back(lab):
    """Returns libvirt's numbers of each migration, by host."""
    stats = []
    for i in range(MIGRATIONS):
        source, destination = ("a", "b") if i % 2 == 0 else ("b", "a")
        lab.run("migrate", source)
        stats.append({"source": lab.stats(source), "destination": lab.stats(destination)})
    return stats


def within(quantity, truth):
    return quantity.get("lo_ns", 1) <= truth <= quantity.get("hi_ns", 0)


def check_offsets(tap, migrations, skew_ms):
    for i, m in enumerate(migrations):
        truth = skew_ms * MS if i % 2 == 0 else -skew_ms * MS
        offset = m["clock"]["offset"]
        tap.true(f"skew {skew_ms} ms, migration {i + 1}: offset contains the truth",
                 within(offset, truth) and offset["hi_ns"] - offset["lo_ns"] < 50 * MS,
                 f"expected {truth} within\n     got {offset}")


def check_halves(tap, migrations, done, skew_ms):
    name = f"skew {skew_ms} ms: "
    tap.equal(name + "exit status", (done.returncode, done.stderr), (0, ""))
    tap.equal(name + "as many migrations as were made", len(migrations), MIGRATIONS)
    hosts = [(m["source"]["host"], m["destination"]["host"]) for m in migrations]
    tap.equal(name + "both halves matched, each way",
              hosts, [("host-a", "host-b"), ("host-b", "host-a")] * (MIGRATIONS // 2))
    tap.equal(name + "0 lost", [m["lost_events"] for m in migrations], [0] * MIGRATIONS)
    tap.equal(name + "all completed, p2p",
              {(m["outcome"], m["flavour"]["control"]) for m in migrations},
              {("completed", "p2p")})


def is_libvirts(ours_ns, theirs_ms, late_ns):
    """
    Whether both are the same within 2 ms. libvirt stamps some time after StartCPUs returned: mostly
    0.03 ms, but several ms where its thread had to wait for a CPU just then, which makes its figure
    that much larger.
    """
    over = theirs_ms * MS - ours_ns
    return -LIBVIRT_MS * MS <= over <= LIBVIRT_MS * MS + late_ns


def check_libvirt(tap, migrations, stats, arrived, skew_ms):
    compared = 0
    for i, (m, said, (_, returned, cookie)) in enumerate(zip(migrations, stats, arrived)):
        for side, numbers in said.items():
            if not numbers or "downtime_net" not in numbers:
                continue
            compared += 1
            tap.true(f"skew {skew_ms} ms, migration {i + 1}: downtime_net is libvirt's ({side})",
                     is_libvirts(m["downtime_net"].get("est_ns", -10**12),
                                 numbers["downtime_net"], cookie - returned),
                     f"expected {numbers['downtime_net']} ms within 2 ms, libvirt's stamp at most "
                     f"{cookie - returned} ns late\n     got {m['downtime_net']}")
    tap.true(f"skew {skew_ms} ms: libvirt reported on each", compared >= MIGRATIONS, compared)


def check_beats(tap, migrations, changes, arrived, skew_ms):
    """
    The beats stop a little before libvirt hears of the STOP, and start again when a vCPU runs, before
    StartCPUs returns: that much shorter may the pause be. libvirt may hear of the RESUME several ms
    later than the guest runs, where its thread has no CPU. The first beat may be late for the same
    reason, by any time: so most of the pauses have to be no longer, but not each.
    """
    tap.equal(f"skew {skew_ms} ms: one change of host each", len(changes), MIGRATIONS)
    longer = []
    for i, (m, change, (runs, returned, _)) in enumerate(
            zip(migrations, changes, arrived)):
        gap, downtime = change.pause_ns, m["downtime"]
        early = returned - runs
        tap.true(f"skew {skew_ms} ms, migration {i + 1}: the guest's own pause is no shorter",
                 downtime.get("lo_ns", 1) - early - 2 * MS <= gap,
                 f"expected {downtime} less at most {early}\n     got {gap}")
        longer.append(gap - downtime.get("hi_ns", 0))
    tap.true(f"skew {skew_ms} ms: the guest's own pauses are no longer",
             sorted(longer)[len(longer) // 2] <= 40 * MS, longer)


def main():
    tap = Tap()
    with Lab() as lab, contextlib.ExitStack() as recorders:
        lab.run("guest", "a")
        a = recorders.enter_context(Recorder("--netns", lab.run("netns", "a").strip()))
        b = {skew: recorders.enter_context(
                 Recorder("--netns", lab.run("netns", "b").strip(),
                          f"--test-clock-offset={skew}ms")) for skew in SKEWS_MS}
        stats = there_and_back(lab)
        changes = lab.host_changes()
        at_a = arrivals(a.end())
        at_b = arrivals({skew: r.end() for skew, r in b.items()}[0])
    arrived = [one for both in zip(at_b, at_a) for one in both]
    for skew_ms, recorder in b.items():
        # Either order of the files says the same.
        files = [a.file.name, recorder.file.name]
        migrations, done = report(*(files if skew_ms >= 0 else reversed(files)))
        check_halves(tap, migrations, done, skew_ms)
        check_offsets(tap, migrations, skew_ms)
        check_libvirt(tap, migrations, stats, arrived, skew_ms)
        check_beats(tap, migrations, changes, arrived, skew_ms)
    tap.end()


if __name__ == "__main__":
    main()
