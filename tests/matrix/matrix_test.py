#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Several libvirts and QEMUs: what is found in each, and migrations between two of them."""
import contextlib
import json
import pathlib
import subprocess
import sys

TESTS = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "e2e")]
from e2e_test import MS, arrivals, is_libvirts, report
from lab import Lab
from passes_test import pages_sent
from recorder import BUILD, MIGTRACE, Recorder
from tap import Tap

MATRIX = BUILD / "matrix"
MIGRATIONS = 4
SUITES = {  # how versions begin, where a domain object has its definition, what is not there
    "bullseye": (["7.0.", "5.2."], 0x80, {"qemuMigrationSrcComplete", "virDomainAbortJobFlagsEnsureACL",
                                          "qemu_savevm_state_complete_precopy_non_iterable"}),
    "bookworm": (["9.0.", "7.2."], 0x88, set()),
    "trixie": (["11.3.", "10.0."], 0x90, set()),
    "forky": (["", ""], 0x90, set()),  # whatever it has today: it moves
    "sid": (["", ""], 0x90, set()),
}
ARM64_DEF_OFFSET = 8  # more: a domain object's mutex is larger there
NO_ARM64 = {"kvm_synchronize_all_tsc"}  # which has no TSC
# What is found in fewer ways than for x86-64: its registers were not followed as far.
ARM64_DIFFERS = dict.fromkeys(("forky", "sid"), {("qemuMigrationSrcBegin", ".dynsym", ".dynsym, name string")})
PREFIXES = {"libvirt_driver_qemu.so": ["qemu", "vir"],
            "libvirt.so.0": ["virDomainMigr", "virDomainObj", "virNet"]}
MIXED = {"bullseye": 7, "trixie": 11, "forky": 12}  # libvirt's first number, at least, on host b
# What libvirt's numbers are of four migrations to and fro, by how far b's clocks are off.
JUDGED = {None: "4 of 4 migrations judged, 48 agrees",
          "+7.3": "4 of 4 migrations judged, 2 unknown, 18 agrees, 12 skewed, 6 partial, 10 missing",
          "-7.3": "4 of 4 migrations judged, 2 unknown, 18 agrees, 12 skewed, 6 partial, 10 missing"}


def files(suite):
    library = next((MATRIX / suite / "usr/lib").glob("*-linux-gnu"))
    return [library / "libvirt/connection-driver/libvirt_driver_qemu.so",
            next(library.glob("libvirt.so.0.*.*")),
            *(MATRIX / suite / "usr/bin").glob("qemu-system-aarch64" if is_arm64(suite) else "qemu-system-x86_64")]


def is_arm64(suite):
    return suite.endswith("-arm64")


def doctor(suite):
    done = subprocess.run([MIGTRACE, "doctor", "--json", *files(suite)], capture_output=True,
                          text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def look(tap, suite, versions, def_offset, missing):
    status, told = doctor(suite)
    probes = [p for t in told["targets"] for p in t["probes"]]
    tap.equal(f"{suite}: downtime can be measured", (status, told["can_measure_downtime"]),
              (0, True))
    found = [t["version"] for t in told["targets"] if t["version"]]
    tap.equal(f"{suite}: versions of libvirt and QEMU",
              [f.startswith(v) for f, v in zip(found, versions)], [True, True])
    tap.equal(f"{suite}: what is not found", {p["name"] for p in probes if not p["how"]}, missing)
    tap.equal(f"{suite}: the static one is found by its name string",
              [p["how"] for p in probes if p["name"] == "qemuMigrationSrcRun"], ["name string"])
    tap.equal(f"{suite}: the definition in a domain object",
              [t["def_offset"] for t in told["targets"] if "def_offset" in t], [def_offset])
    took = [doctor(suite)[1]["resolve_ns"] for _ in range(3)]  # the files are in memory now
    tap.true(f"{suite}: looked for in less than 0.3 s", min(took) < 300 * MS, took)


def ways_of(told):
    """How each probe was found, by its file and name; and why not."""
    return {(n, p["name"]): p["how"] or p["why_not"] for n, t in enumerate(told["targets"]) for p in t["probes"]}


def arm64(tap, suite, versions, def_offset, missing):
    """Files of another machine: all is found in them as in those for x86-64, and nothing is to be attached."""
    (_, here), (status, told) = doctor(suite), doctor(f"{suite}-arm64")
    tap.equal(f"{suite}-arm64: not to be probed here",
              (status, told["can_measure_downtime"], [t["foreign"] for t in told["targets"]]),
              (1, False, [True] * 3))
    found = [t["version"] for t in told["targets"] if t["version"]]
    tap.equal(f"{suite}-arm64: versions of libvirt and QEMU",
              [f.startswith(v) for f, v in zip(found, versions)], [True, True])
    tap.equal(f"{suite}-arm64: what is not found",
              {p["name"] for t in told["targets"] for p in t["probes"] if not p["how"]}, missing)
    tap.equal(f"{suite}-arm64: the definition in a domain object",
              [t["def_offset"] for t in told["targets"] if "def_offset" in t], [def_offset + ARM64_DEF_OFFSET])
    ours, theirs = ways_of(here), ways_of(told)
    tap.equal(f"{suite}-arm64: the same is looked for", {name for _, name in ours.keys() ^ theirs.keys()}, NO_ARM64)
    tap.equal(f"{suite}-arm64: what is found in another way than for x86-64",
              {(name, theirs[n, name], ours[n, name]) for n, name in ours.keys() & theirs.keys()
               if theirs[n, name] != ours[n, name]}, ARM64_DIFFERS.get(suite, set()))


def count_ways(path):
    """All that the file exports, by symbol and by name string."""
    prefixes = next(p for name, p in PREFIXES.items() if path.name.startswith(name))
    done = subprocess.run([MATRIX / "ways", path, *prefixes], capture_output=True, text=True,
                          check=True)
    last = done.stdout.splitlines()[-1].split()
    return {name: int(number) for name, number in zip(last[::2], last[1::2])}, done.stdout


def ways(tap):
    """Wherever both ways answer they agree, for every exported function of the files."""
    counts = {}
    for suite in sorted((*SUITES, *(f"{suite}-arm64" for suite in SUITES))):
        for path in files(suite)[:2]:
            count, said = counts[suite, path.name[:12]] = count_ways(path)
            tap.true(f"{suite}: the ways agree on {path.name}: {count}",
                     count["refused"] <= is_arm64(suite) and count["agree"] > 300, said)
    tap.equal("arm64: its driver's functions are found as often as those of x86-64",
              counts["bookworm-arm64", "libvirt_driv"][0], counts["bookworm", "libvirt_driv"][0])


@contextlib.contextmanager
def mixed_lab(suite, *options):
    """The installed libvirt on host a, the suite's on host b, and a recorder on each."""
    with Lab("--root-b", str(MATRIX / f"{suite}-root"), *options) as lab, contextlib.ExitStack() as stack:
        lab.run("guest", "a")
        yield lab, [stack.enter_context(Recorder("--netns", lab.run("netns", host).strip(), "--stats",
                                                 "--devices")) for host in "ab"]


def judged(tap, suite, skew, *recorders):
    done = subprocess.run([MIGTRACE, "verify", *(r.file.name for r in recorders)], capture_output=True,
                          text=True, check=False)
    tap.equal(f"mixed, {suite}, b's clocks {skew or 0} s off: what verify says of libvirt's numbers",
              done.stdout.splitlines()[-1], JUDGED[skew])


def mixed_skewed(tap, suite, skew):
    with mixed_lab(suite, "--skew-b", skew) as (lab, recorders):
        for i in range(MIGRATIONS):
            lab.run("migrate", "ab"[i % 2])
        for recorder in recorders:
            recorder.end()
        judged(tap, suite, skew, *recorders)


def saves_devices(suite, host):
    """Whether their saving is seen to begin on that host."""
    return host == "host-a" or "qemu_savevm_state_complete_precopy_non_iterable" not in SUITES[suite][2]


def mixed(tap, suite, least):
    """There and back."""
    stats, root = [], MATRIX / f"{suite}-root"
    before = set(root.rglob("*"))
    with mixed_lab(suite) as (lab, (a, b)):
        version = lab.run("exec", "b", "libvirtd", "--version")
        tap.true(f"mixed, {suite}: host b runs libvirt {least} or later",
                 int(version.split()[-1].split(".")[0]) >= least, version)
        for i in range(MIGRATIONS):
            lab.run("migrate", "ab"[i % 2])
            stats.append(lab.stats("ba"[i % 2]))
        at_a, at_b = a.end(), b.end()
        judged(tap, suite, None, a, b)
    tap.equal(f"mixed, {suite}: nothing is left in the root", set(root.rglob("*")) ^ before, set())
    lines = [*at_a, *at_b]
    tap.equal(f"mixed, {suite}: all probes are attached that are in the files",
              {m["name"] for l in lines if l["kind"] == "target" for m in l["missing"]}, SUITES[suite][2])
    arrived = [one for both in zip(arrivals(at_b), arrivals(at_a)) for one in both]
    migrations, done = report(a.file.name, b.file.name)
    tap.equal(f"mixed, {suite}: no complaint", (done.returncode, done.stderr), (0, ""))
    tap.equal(f"mixed, {suite}: both halves matched, each way",
              [(m["source"]["host"], m["destination"]["host"]) for m in migrations],
              [("host-a", "host-b"), ("host-b", "host-a")] * (MIGRATIONS // 2))
    tap.equal(f"mixed, {suite}: nothing lost, nothing unreadable",
              ([m["lost_events"] for m in migrations],
               [l["unreadable"] for l in lines if l["kind"] == "end"]), ([0] * MIGRATIONS, [0, 0]))
    tap.true(f"mixed, {suite}: the domain's UUID agrees wherever it can be compared",
             all(l["uuid_agrees"] is not False for l in lines if "uuid_agrees" in l) and
             sum(l.get("uuid_agrees") is True for l in lines) >= 3 * MIGRATIONS, "")
    tap.equal(f"mixed, {suite}: devices are saved, and loaded",
              [{d["side"] for d in m["devices"]} for m in migrations],
              [{"destination", *(["source"] if saves_devices(suite, m["source"]["host"]) else [])}
               for m in migrations])
    for i, (m, said, (_, returned, cookie)) in enumerate(zip(migrations, stats, arrived)):
        offset = m["clock"]["offset"]
        tap.true(f"mixed, {suite}, migration {i + 1}: offset contains the truth",
                 offset.get("lo_ns", 1) <= 0 <= offset.get("hi_ns", 0), offset)
        tap.true(f"mixed, {suite}, migration {i + 1}: downtime_net is libvirt's",
                 is_libvirts(m["downtime_net"].get("est_ns", -10**12), said["downtime_net"],
                             cookie - returned),
                 f"expected {said['downtime_net']} ms\n     got {m['downtime_net']}")
        tap.equal(f"mixed, {suite}, migration {i + 1}: its passes sent as many pages as libvirt says",
                  pages_sent(m["passes"]), said["memory_normal"] + said["memory_constant"])


def main():
    tap = Tap()
    for suite, expected in SUITES.items():
        tap.run(look, suite, *expected)
        tap.run(arm64, suite, *expected)
    tap.run(ways)
    for suite, least in MIXED.items():
        tap.run(mixed, suite, least)
        tap.run(mixed_skewed, suite, "+7.3")
        tap.run(mixed_skewed, suite, "-7.3")
    tap.end()


if __name__ == "__main__":
    main()
