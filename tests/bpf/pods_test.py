#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Pods that come and go, with files of their own: each is probed, and what it took is given back."""
import contextlib
import os
import pathlib
import re
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from bpf_test import SOURCE_EVENTS, Daemon, events
from recorder import BUILD, Recorder
from tap import Tap
from waiting import eventually, need

# A root file system of its own, of which nothing is left with its last process; each build has other bytes.
POD = """mount --make-rprivate / && mount -t tmpfs pod "$2" && cp "$1"/libvirt* "$2" && cp "$1/daemon" "$2/libvirtd" &&
head -c "$3" /dev/zero >>"$2/libvirt.so.0" && head -c "$3" /dev/zero >>"$2/libvirt_driver_qemu.so" && exec "$2/libvirtd\""""


class Pod(Daemon):
    """In the network of another one, by which a recorder tells that both are its own."""

    def __init__(self, host, build):
        super().__init__(["nsenter", f"--net=/proc/{host.pid}/ns/net", "sh", "-ec", POD, "pod", BUILD / "bpf",
                          PLACE, str(build)])


PLACE = BUILD / "pod"
FULL = ("migtrace: more daemons, or builds of libvirt and QEMU, than can be probed at a time: what the others do is "
        "not recorded; --netns or --mntns records some of them\n")


def processes(recorder):
    """Both of the recorder's."""
    pid = recorder.process.pid
    return [pid, *(int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def links(recorder):
    """How many of the kernel's hold probes."""
    count = 0
    for pid in processes(recorder):
        for info in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
            with contextlib.suppress(FileNotFoundError):
                count += "uprobe_multi" in info.read_text()
    return count


def held(recorder):
    return [len(os.listdir(f"/proc/{pid}/fd")) for pid in processes(recorder)]


def targets(recorder):
    return [line for line in recorder.so_far() if line["kind"] == "target"]


def ended(recorder):
    """Ends it; returns its lines, what it said, and its exit status."""
    recorder.process.send_signal(signal.SIGINT)
    said = recorder.process.communicate()[1]
    return recorder.lines(), said, recorder.process.returncode


def sites_of(host):
    """How many places to probe a daemon has, and of these a pod: all but its QEMU's, which is the host's."""
    with Recorder("--netns", f"/proc/{host.pid}/ns/net") as recorder:
        found = {target["file"]: target["probes"] for target in targets(recorder)}
    return sum(found.values()), sum(count for name, count in found.items() if name.startswith("libvirt"))


def one_after_another(tap, host, room):
    with Recorder("--netns", f"/proc/{host.pid}/ns/net", "--test-sites", str(room)) as recorder:
        before, fds, pids = links(recorder), [], []
        for build in range(1, 5):
            known = len(targets(recorder))
            pod = Pod(host, build)
            need("a pod's files are probed", lambda known=known: len(targets(recorder)) == known + 2)
            pod.do("source", 2)
            pod.end()
            need("its probes are given back", lambda: links(recorder) == before)
            fds.append(held(recorder))
            pids.append(pod.pid)
        is_flat = eventually(lambda: all(now <= then for then, now in zip(fds[0], held(recorder))))
        lines, said, status = ended(recorder)
    tap.equal("one after another: each has the place of the one before it",
              [[e["event"] for e in events(lines) if e["pid"] == pid] for pid in pids],
              [[name for name, *_ in SOURCE_EVENTS] * 2 + ["exit"]] * 4)
    tap.equal("one after another: nothing is lost, nor is there no room", (FULL in said, status, lines[-1]["lost"]),
              (False, 0, 0))
    tap.true("one after another: and no file stays open", is_flat, fds)


def too_many(tap, host, room):
    """What has no place is said, once, and has one when others have ended."""
    with Recorder("--netns", f"/proc/{host.pid}/ns/net", "--test-sites", str(room)) as recorder:
        pods = [Pod(host, 1), Pod(host, 1)]
        need("two pods of one build share its sites", lambda: len(targets(recorder)) == 7)
        pods.append(Pod(host, 2))
        said = []
        while FULL not in said:
            said.append(recorder.process.stderr.readline())
        for pod in pods:
            pod.do("source", 1)
        for pod in pods[:2]:
            pod.end()
        need("now it has one", lambda: len(targets(recorder)) == 9)
        pods[2].do("source", 3)
        pods[2].end()
        lines, more, status = ended(recorder)
    tap.equal("too many: what is probed gives its events",
              [sum(e["event"] == "run" and e["pid"] == pod.pid for e in events(lines)) for pod in pods], [2, 2, 6])
    tap.equal("too many: that is said once, and is a failure", ([*said, *more.splitlines(True)].count(FULL), status),
              (1, 1))


def resident(recorder):
    """KiB of memory of each of its processes that are not a file's."""
    return [int(re.search(r"RssAnon:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
            for pid in processes(recorder)]


def weeks(tap, host):
    """As many pods as a node has in weeks, ten at a time, each batch of a build of its own."""
    with Recorder("--netns", f"/proc/{host.pid}/ns/net") as recorder:
        before, seen = links(recorder), []
        for batch in range(COMINGS // 10):
            pods = [Pod(host, batch + 1) for _ in range(10)]
            need("the pods' files are probed", lambda batch=batch: len(targets(recorder)) == 3 + 20 * (batch + 1))
            for pod in pods:
                pod.do("source", 1)
                pod.end()
            need("their probes are given back", lambda: links(recorder) == before)
            seen.append((resident(recorder), held(recorder)))
        early, late = seen[len(seen) // 4], seen[-1]
        is_flat = eventually(lambda: all(now <= then for then, now in zip(early[1], held(recorder))))
        lines, said, status = ended(recorder)
    print(f"# {COMINGS} pods: KiB and open files of both processes after a quarter {early}, and at last {late}")
    tap.equal(f"{COMINGS} pods: each gave its events", sum(e["event"] == "run" for e in events(lines)), 2 * COMINGS)
    tap.equal(f"{COMINGS} pods: nothing is lost, nor is there no room", (FULL in said, status, lines[-1]["lost"]),
              (False, 0, 0))
    tap.true(f"{COMINGS} pods: memory stays as it is", all(b <= a + 256 for a, b in zip(early[0], late[0])), seen)
    tap.true(f"{COMINGS} pods: and so do open files", is_flat, seen)


COMINGS = int(os.environ.get("COMINGS", "20"))  # check-long has more


def main():
    tap = Tap()
    PLACE.mkdir(exist_ok=True)
    host = Daemon()
    sites, of_pod = sites_of(host)
    tap.run(one_after_another, host, 1 + sites + of_pod)
    tap.run(too_many, host, 1 + sites + of_pod)
    tap.run(weeks, host)
    host.end()
    PLACE.rmdir()
    tap.end()


if __name__ == "__main__":
    main()
