#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts and guests that are big: many vCPUs, guests, peers, long descriptions and answers. Nothing is lost."""
import contextlib
import pathlib
import sys
import threading

TESTS = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "e2e")]
import crowd_test
from e2e_test import report
from kinds import P2P, virsh
from lab import Lab
from live import Live
from live_test import is_recording
from machine import INSTALLED
from recorder import MIGTRACE, Recorder
from rows import run_each
from tap import Tap
from waiting import eventually, need

GUESTS, DEFINED, PEERS = 30, 300, 40
QMP_BYTES = 300_000  # of one answer at least
DESCRIPTION = 3_000_000  # of 4 MiB that libvirt takes


@contextlib.contextmanager
def recorders(lab):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Recorder("--netns", lab.run("netns", host).strip(), f"--test-clock-offset={ahead}"))
               for host, ahead in (("a", "0s"), ("b", "7300ms"))]


def both_ways(lab, name):
    """Migrates the guest there and back; returns the reports, and what was said."""
    with recorders(lab) as both:
        for host in "ab":
            lab.run("migrate", host, *P2P, guest=name)
        for recorder in both:
            recorder.end()
        return report(*(recorder.file.name for recorder in both))


def check_whole(tap, name, migrations, done):
    tap.equal(f"{name}: both ways, each whole, and nothing is said",
              ([(m["outcome"], m["matched"], m["lost_events"]) for m in migrations], done.returncode, done.stderr),
              ([("completed", "cookie", 0)] * 2, 0, ""))
    truths = [7_300_000_000, -7_300_000_000]
    tap.true(f"{name}: the truth is within the bounds", all(
        m["clock"]["offset"].get("lo_ns", 2**63) <= truth <= m["clock"]["offset"].get("hi_ns", -2**63)
        for m, truth in zip(migrations, truths)), [m["clock"] for m in migrations])
    for m in migrations:
        print(f"# {name}: downtime {m['downtime'].get('est_ns', 0) / 1e6:.1f} ms, elapsed {m['elapsed'].get('est_ns', 0) / 1e6:.0f} ms,"
              f" bounds {(m['clock']['offset'].get('hi_ns', 0) - m['clock']['offset'].get('lo_ns', 0)) / 1e3:.0f} us")


def many_vcpus(tap, count):
    with Lab() as lab:
        lab.run("guest", "a", "--vcpus", str(count))
        migrations, done = both_ways(lab, "beat")
    name = f"{count} vCPUs"
    check_whole(tap, name, migrations, done)
    tap.true(f"{name}: the blackout is known", all("est_ns" in m["blackout"] for m in migrations),
             [m["blackout"] for m in migrations])


def many_guests(tap):
    """Thirty migrations at once, half of them in each direction."""
    with Lab() as lab:
        crowd_test.both_directions(tap, lab, GUESTS, ["--idle"])


def small(name):
    return f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>16</memory><os><type>hvm</type></os></domain>"


def many_defined(tap):
    """Three hundred guests that are defined, and do not run."""
    with Lab() as lab:
        lab.run("guest", "a")
        commands = []
        for number in range(DEFINED):
            path = pathlib.Path(lab.directory) / f"{number}.xml"
            path.write_text(small(f"idle{number}"))
            commands.append(f"define {path}")
        for host in "ab":
            virsh(lab, host, "; ".join(commands))
        tap.equal(f"{DEFINED} defined: the daemon has them", virsh(lab, "a", "list", "--all", "--name").count("idle"), DEFINED)
        migrations, done = both_ways(lab, "beat")
    check_whole(tap, f"{DEFINED} defined", migrations, done)


def described(lab, length):
    """The guest's definition with a text of that length, on both hosts."""
    path = pathlib.Path(lab.directory) / "long.xml"
    xml = virsh(lab, "a", "dumpxml", "--inactive", "beat")
    path.write_text(xml.replace("</uuid>", f"</uuid><description>{'x' * length}</description>", 1))
    for host in "ab":
        virsh(lab, host, "define", str(path))


def took_ns(lines, call):
    at = {line["edge"]: line["ktime_ns"] for line in lines if line.get("event") == call}
    return at["return"] - at["enter"]


def long_description(tap):
    """Three megabytes in <description>: they are named where Prepare takes long, and hooks and scripts are not."""
    with Lab() as lab:
        lab.run("guest", "a")
        virsh(lab, "a", "destroy", "beat")
        described(lab, DESCRIPTION)
        virsh(lab, "a", "start", "beat")
        with recorders(lab) as both:
            for host in "ab":
                lab.run("migrate", host, *P2P, "--persistent")
            of_a, of_b = (recorder.end() for recorder in both)
            migrations, done = report(*(recorder.file.name for recorder in both))
    check_whole(tap, f"{DESCRIPTION} bytes of description", migrations, done)
    for m, lines in zip(migrations, (of_b, of_a)):
        took = took_ns(lines, "prepare")
        is_long = took >= 10**9 and took >= m["elapsed"]["hi_ns"] / 5
        tap.equal(f"{DESCRIPTION} bytes of description: they are the finding where Prepare took a second ({took / 1e9:.1f})",
                  [f["name"] for f in m["findings"] if f["name"] in ("long-description", "slow-prepare")],
                  ["long-description"] if is_long else [])


def long_answers(tap):
    """QEMU is asked for the registers of 240 vCPUs, again and again, while it migrates: 300 KB each time."""
    with Lab() as lab:
        lab.run("guest", "a", "--memory", "256", "--vcpus", "240")
        ended, lengths = threading.Event(), []

        def ask():
            while not ended.is_set():
                with contextlib.suppress(RuntimeError):
                    lengths.append(len(virsh(lab, "a", "qemu-monitor-command", "--hmp", "beat", "info registers -a")))

        with recorders(lab) as both:
            thread = threading.Thread(target=ask)
            thread.start()
            try:
                lab.run("migrate", "a", *P2P, "--bandwidth", "64")
            finally:
                ended.set()
                thread.join()
            lab.run("migrate", "b", *P2P)
            for recorder in both:
                recorder.end()
            migrations, done = report(*(recorder.file.name for recorder in both))
    tap.true("long answers: they were that long", max(lengths, default=0) > QMP_BYTES, lengths[:3])
    check_whole(tap, f"{len(lengths)} answers of {max(lengths, default=0)} bytes", migrations, done)


# A host that has no libvirt, as most of a rack at a time migrate nothing: all recorders here probe the same files.
WITHOUT = ("unshare --mount --pid --fork --kill-child --mount-proc sh -c 'mount -t tmpfs tmpfs "
           f"{INSTALLED[1].parent} && mount --bind /dev/null {INSTALLED[2]} && exec {MIGTRACE} record -o - --answer'")


def many_peers(tap):
    """live with 40 peers: real recorders, of which two have a libvirt, that migrate a guest between them."""
    with Lab() as lab:
        lab.run("guest", "a")
        commands = [f"{MIGTRACE} record -o - --answer --netns {lab.run('netns', host).strip()}" for host in "ab"]
        commands += [WITHOUT] * (PEERS - len(commands))
        records = pathlib.Path(lab.directory) / "records"
        with Live("--json", "--netns", "/proc/self/ns/net", "--record", records,
                  *(word for command in commands for word in ("--peer-command", command))) as live:
            paths = [pathlib.Path(f"{records}.peer-{number + 1}") for number in range(PEERS)]
            # All that these hosts would do each for itself is this machine's: that may take twice as long.
            eventually(is_recording, *paths, every_s=1)
            need("recorders of all", is_recording, *paths, every_s=1)
            for host in "ab":
                lab.run("migrate", host)
            live.wait_for("migtrace.migration/1", count=2)
            rss = int(pathlib.Path(f"/proc/{live.process.pid}/status").read_text().split("VmRSS:")[1].split()[0])
            status = live.end()
    tap.equal(f"{PEERS} peers: both ways, each whole",
              [(m["source"]["host"], m["destination"]["host"], m["outcome"], m["lost_events"]) for m in live.reports()],
              [("host-a", "host-b", "completed", 0), ("host-b", "host-a", "completed", 0)])
    tap.equal(f"{PEERS} peers: a good end", status, 0)
    print(f"# {PEERS} peers: {rss} KiB resident")


def vcpus_64(tap):
    """A guest with 64 vCPUs."""
    many_vcpus(tap, 64)


def vcpus_240(tap):
    """A guest with 240 vCPUs."""
    many_vcpus(tap, 240)


QUICK = (vcpus_64, long_description)


def main():
    tap = Tap()
    run_each(tap, "big_test", (vcpus_64, vcpus_240, many_guests, many_defined, long_description, long_answers, many_peers), QUICK)
    tap.end()


if __name__ == "__main__":
    main()
