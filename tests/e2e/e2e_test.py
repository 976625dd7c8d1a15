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

MIGRATIONS = 12
MS = 10**6
SKEWS_MS = (0, 7300, -7300)  # of the recorder on host b: the truth is that of one kernel, 0
PAUSED = 3  # libvirt's state of a domain
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
                 within(offset, truth),
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


def is_libvirts(ours_ns, theirs_ms, late_ns, early_ns=0):
    """
    Whether both are the same within 2 ms. libvirt takes its stamps some time before and after what we
    see of it: mostly 0.03 ms, but any time where its thread had to wait for a CPU just then, which
    makes its figure so much larger, or smaller.
    """
    over = theirs_ms * MS - ours_ns
    return -LIBVIRT_MS * MS - early_ns <= over <= LIBVIRT_MS * MS + late_ns


def neighbours(lines, event):
    """When the event's thread was seen last before it, and first after it."""
    own = [l["ktime_ns"] for l in lines if l.get("tid") == event["tid"]]
    at = event["ktime_ns"]
    return (max((ns for ns in own if ns < at), default=at), min((ns for ns in own if ns > at), default=at))


def is_event(line, name, edge="enter", **values):
    return line.get("event") == name and line["edge"] == edge and all(line[k] == v for k, v in values.items())


def departures(lines):
    """
    Of each migration from the host: by how much libvirt may have stamped the STOP earlier and later than
    it was seen to handle it, and the hand-over earlier than it was seen to begin the cookie.
    """
    found = []
    for run in (l for l in lines if is_event(l, "run", "return")):
        before = [l for l in lines if l.get("ktime_ns", run["ktime_ns"]) < run["ktime_ns"]]
        stops = [l for l in before if is_event(l, "set-state", state=PAUSED)]
        if not stops:  # it failed, or was cancelled
            continue
        stop, sent = stops[-1], [l for l in before if is_event(l, "cookie-format", party=1)][-1]
        earliest, latest = neighbours(lines, stop)
        found.append((stop["ktime_ns"] - earliest, latest - stop["ktime_ns"],
                      sent["ktime_ns"] - neighbours(lines, sent)[0]))
    return found


def receptions(lines):
    """Of each migration to the host: by how much later libvirt may have stamped that Finish has begun."""
    return [neighbours(lines, l)[1] - l["ktime_ns"] for l in lines if is_event(l, "finish")]


def check_libvirt(tap, migrations, stats, arrived, stamps, skew_ms):
    """
    Its figure is never more than ours but for what the recordings show of its threads that waited. On a
    busy machine it may be less, by more than they show; but not always, as it were if ours were wrong.
    """
    alike, compared = {"source": 0, "destination": 0}, 0
    for i, (m, said, (_, returned, cookie), ((stop_early, stop_late, sent_early), received_late)) in \
            enumerate(zip(migrations, stats, arrived, stamps)):
        late, early = cookie - returned + stop_early, stop_late + sent_early + received_late
        for side, numbers in said.items():
            if not numbers or "downtime_net" not in numbers:
                continue
            compared += 1
            ours, theirs = m["downtime_net"].get("est_ns", -10**12), numbers["downtime_net"]
            alike[side] += is_libvirts(ours, theirs, late, early)
            tap.true(f"skew {skew_ms} ms, migration {i + 1}: libvirt's downtime_net is no more ({side})",
                     theirs * MS - ours <= LIBVIRT_MS * MS + late,
                     f"expected {theirs} ms within 2 ms, and by libvirt's stamps at most {late} ns more\n"
                     f"     got {m['downtime_net']}")
    print(f"# skew {skew_ms} ms: libvirt's downtime_net within 2 ms, of {len(migrations)}:", alike)
    tap.true(f"skew {skew_ms} ms: some are libvirt's, on both sides", all(alike.values()), alike)
    tap.true(f"skew {skew_ms} ms: libvirt reported on each", compared >= MIGRATIONS, compared)


def check_beats(tap, migrations, changes, arrived, skew_ms):
    """
    The beats stop a little before libvirt hears of the STOP, and start again when a vCPU runs, before
    StartCPUs returns: that much shorter may the pause be, and no more, whoever was late. How much longer
    it is depends on who has a CPU when: `make bench` prints that.
    """
    tap.equal(f"skew {skew_ms} ms: one change of host each", len(changes), MIGRATIONS)
    for i, (m, gap, (runs, returned, _)) in enumerate(
            zip(migrations, changes, arrived)):
        downtime = m["downtime"]
        early = returned - runs
        tap.true(f"skew {skew_ms} ms, migration {i + 1}: the guest's own pause is no shorter",
                 "lo_ns" in downtime and downtime["lo_ns"] - early <= gap,
                 f"expected {downtime} less at most {early}\n     got {gap}")


def each_way(there, back):
    """From a to b first, then back, and so on."""
    return [one for both in zip(there, back) for one in both]


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
        of_a, of_b = a.end(), {skew: r.end() for skew, r in b.items()}[0]
    arrived = each_way(arrivals(of_b), arrivals(of_a))
    stamps = list(zip(each_way(departures(of_a), departures(of_b)), each_way(receptions(of_b), receptions(of_a))))
    for skew_ms, recorder in b.items():
        # Either order of the files says the same.
        files = [a.file.name, recorder.file.name]
        migrations, done = report(*(files if skew_ms >= 0 else reversed(files)))
        check_halves(tap, migrations, done, skew_ms)
        check_offsets(tap, migrations, skew_ms)
        check_libvirt(tap, migrations, stats, arrived, stamps, skew_ms)
        check_beats(tap, migrations, changes, arrived, skew_ms)
    tap.end()


if __name__ == "__main__":
    main()
