# SPDX-License-Identifier: GPL-2.0-or-later
"""What can be done to a migration on purpose, so that it takes long or ends badly, and which finding is right."""
import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import typing

from kinds import (KINDS, LIVE, P2P, TO_POSTCOPY, at_switchover, cgroup, cpu_group, daemon_pid, dirtied, faster, first,
                   guest, held, meanwhile, migrate, on_guest, pause, qemu_pid, seen, slow_calls, status, throttled,
                   virsh)
from pinger import guest_address, pinging
from waiting import HANGS_S, is_listening, need

HELD_S = 2.0
FLUSH_S = 1.0
DELAY_S = 0.2
STARVED_S = 0.6
MUTE_S = 5.0  # glibc's first timeout for a name server
HOOK_S = 6
TAP_S = 2
DISK = "/var/lib/libvirt/images/disk.img"
FINISHING = seen("b", '"event":"finish"')
LOADED = seen("b", status("completed"))


def hold(what, seconds=HELD_S):
    """Stops the destination's daemon or QEMU for a while, as soon as it has loaded the guest, or Finish has begun."""
    return meanwhile(at_switchover(LOADED if what == "qemu" else FINISHING, held(signal.SIGSTOP, what), pause(seconds),
                                   held(signal.SIGCONT, what)))


def write_to_disk(lab, amount):
    virsh(lab, "a", "qemu-monitor-command", guest(lab), "--hmp", f'qemu-io -d ide0-0-0 "write 0 {amount}"')


def traced(lab):
    """Somebody's strace holds the source's QEMU each time that it flushes its disk."""
    write_to_disk(lab, 4096)
    with slow_calls(qemu_pid(lab, "a"), "fdatasync", "delay_exit", int(FLUSH_S * 1000)):
        lab.run("migrate", "a", *P2P, "--unsafe")  # the disk is each host's own


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def loop_device(image):
    """A device of the image: yields its path, and its number."""
    device = output_of("losetup", "--find", "--show", image)
    try:
        number = os.stat(device).st_rdev
        yield device, f"{os.major(number)}:{os.minor(number)}"
    finally:
        output_of("losetup", "--detach", device)


@contextlib.contextmanager
def disk_of_its_own(lab):
    """The source's images are on a disk that nothing else uses: yields its device number."""
    image = f"{lab.directory}/disk"
    output_of("truncate", "-s", "128M", image)
    output_of("mkfs.ext4", "-q", image)
    with loop_device(image) as (device, number):
        on_guest("destroy")(lab)
        lab.run("exec", "a", "mount", device, os.path.dirname(DISK))
        lab.run("exec", "a", "truncate", "-s", "64M", DISK)
        on_guest("start")(lab)
        yield number
        lab.run("exec", "a", "umount", os.path.dirname(DISK))


def slow_disk(lab):
    """The source's disk takes long to write what the guest has left in the host's cache."""
    with disk_of_its_own(lab) as number:
        with cgroup(lab, qemu_pid(lab, "a"), ("blkio", {"blkio.throttle.write_bps_device": f"{number} 4194304"}),
                    ("io memory", {"io.max": f"{number} wbps=4194304"})):
            write_to_disk(lab, f"{int(4 * FLUSH_S * 1.2)}M")
            lab.run("migrate", "a", *P2P, "--unsafe")


@contextlib.contextmanager
def swap_of_its_own(lab):
    """A device to swap to, which goes before any other: yields its number."""
    image = f"{lab.directory}/swap"
    output_of("fallocate", "-l", "256M", image)
    with loop_device(image) as (device, number):
        output_of("mkswap", device)
        output_of("swapon", "--priority", "32767", device)
        yield number
        output_of("swapoff", device)


def paging(lab):
    """The destination's QEMU has less memory than its guest needs, and a slow disk to swap to."""
    with swap_of_its_own(lab) as number:
        with cgroup(lab, qemu_pid(lab, "b"), ("memory", {"memory.limit_in_bytes": "6M"}),
                    ("memory", {"memory.max": "6M"})):
            with cgroup(lab, qemu_pid(lab, "b"), ("blkio", {"blkio.throttle.read_bps_device": f"{number} 2097152"}),
                        ("io", {"io.max": f"{number} rbps=2097152"})):
                faster(lab)
                runs_on_destination(lab)


@contextlib.contextmanager
def delayed(lab, port, to=16509, pieces="inf", seconds=DELAY_S):
    """Carries what both libvirts say to each other, each piece, or the first ones, so late; in host a."""
    code = (pathlib.Path(__file__).parent / "delay_relay.py").as_posix()
    with lab.running("exec", "a", sys.executable, code, str(port), "192.168.77.2", str(to), str(seconds), str(pieces)):
        need("the relay", is_listening, daemon_pid(lab, "a"), port)
        yield


def slow_link(*options):
    def run(lab):
        with delayed(lab, 7100):
            lab.run("migrate", "a", *options, "--desturi", "qemu+tcp://192.168.77.1:7100/system")
    return run


def slow_handshake(lab):
    """Until both libvirts have agreed on TLS and on what they can do."""
    with delayed(lab, 7101, 16514, 10, 2 * DELAY_S):
        lab.run("migrate", "a", *P2P, "--desturi",
                f"qemu+tls://192.168.77.1:7101/system?pkipath={lab.directory}/tls")


def shaped(rate):
    """The network between the hosts has that rate, from now on."""
    return lambda lab: lab.run("exec", "a", "tc", "qdisc", "replace", "dev", "lab0", "root", "tbf", "rate", rate,
                               "burst", "256kb", "latency", "500ms")


def slow_network(lab):
    """From before the last RAM is sent: libvirt, which has to ask for that, is held until then."""
    daemon = daemon_pid(lab, "a")
    at_switchover(lambda _: os.kill(daemon, signal.SIGSTOP), shaped("200mbit"),
                  lambda _: os.kill(daemon, signal.SIGCONT))(lab)


def small_mtu(lab):
    """Of the network between the hosts, at both ends."""
    for host in "ab":
        lab.run("exec", host, "ip", "link", "set", "lab0", "mtu", "600")


def limited(ms):
    return on_guest("migrate-setmaxdowntime", "a", str(ms))


def mute_names(lab):
    """The destination's name server does not answer when libvirt asks for the host's own name."""
    resolv = pathlib.Path(lab.directory) / "resolv.conf"
    resolv.write_text("nameserver 192.168.77.1\noptions attempts:1\n")
    with lab.running("exec", "a", "socat", "-u", "UDP4-RECV:53", "/dev/null"):
        lab.run("exec", "b", "mount", "--bind", str(resolv), "/etc/resolv.conf")
        need("the name server", is_listening, daemon_pid(lab, "a"), 53, "udp")
        lab.run("migrate", "a", *P2P)


def vcpu_tid(pid):
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().startswith("CPU 0/"):
            return int(task.name)
    raise RuntimeError("no vCPU's thread")


HOG = f"""
import os, time
os.sched_setaffinity(0, {{1}})
os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(20))
print("ready", flush=True)
input()
end = time.monotonic() + {STARVED_S}
while time.monotonic() < end:
    pass
"""


def starve(lab, is_ready):
    """The destination's vCPU may run where another process does, which goes before it from Finish on."""
    tid = vcpu_tid(lab.held["qemu"])
    os.sched_setaffinity(tid, {1})
    os.sched_setscheduler(tid, os.SCHED_IDLE, os.sched_param(0))
    with subprocess.Popen([sys.executable, "-c", HOG], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as hog:
        hog.stdout.readline()
        is_ready.set()
        FINISHING(lab)
        hog.stdin.write("go\n")
        hog.stdin.flush()


def starved(lab):
    """What is needed is there before the guest stands still."""
    lab.held = {"qemu": qemu_pid(lab, "b")}
    is_ready = threading.Event()
    thread = threading.Thread(target=starve, args=(lab, is_ready))
    thread.start()
    is_ready.wait(HANGS_S)
    faster(lab)
    thread.join()


def frozen(lab):
    """The destination's QEMU, with its cgroup."""
    thaw = ("freezer", {"freezer.state": "THAWED"}), ("", {"cgroup.freeze": "0"})
    freeze = ("freezer", {"freezer.state": "FROZEN"}), ("", {"cgroup.freeze": "1"})
    with cgroup(lab, qemu_pid(lab, "b"), *thaw) as write:
        at_switchover(LOADED, lambda _: write(*freeze), pause(HELD_S), lambda _: write(*thaw))(lab)


def runs_on_destination(lab):
    need("a guest that runs", lambda: guest(lab) in virsh(lab, "b", "list", "--name", "--state-running"))


def destination_throttled(lab):
    """The destination's QEMU has 1 % of a CPU from its first RAM on."""
    with cpu_group(lab, 1000, "b"):
        faster(lab)
        runs_on_destination(lab)


def finish_throttled(lab):
    """The destination's QEMU has 1 % of a CPU from when it has loaded all."""
    def quota(us):
        return ("cpu", {"cpu.cfs_quota_us": str(us)}), ("cpu", {"cpu.max": f"{us if us > 0 else 'max'} 100000"})

    with cgroup(lab, qemu_pid(lab, "b"), *quota(-1)) as write:
        at_switchover(LOADED, lambda _: write(*quota(1000)), runs_on_destination)(lab)


def slow_hook(lab):
    """The destination's hook takes its time, as one that makes a network card ready."""
    hooks = pathlib.Path(lab.directory) / "b/etc/hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "qemu").write_text(f'#!/bin/sh\n[ "$2" != prepare ] || sleep {HOOK_S}\n')
    (hooks / "qemu").chmod(0o755)
    lab.run("restart", "b")
    lab.run("migrate", "a", *P2P)


def tap_of(lab, host):
    """The guest's interface on that host, as the host names it; "": there is none."""
    return "".join(re.findall(r"^\d+: (vnet\d+)", lab.run("exec", host, "ip", "-o", "link", "show", "type", "tun"), re.M))


def late_tap(lab):
    """Who joins the destination's interfaces to its bridge is late; somebody speaks with the guest."""
    with pinging(lab, guest_address(lab, name=guest(lab))), lab.running("migrate", "a", *P2P, "--bandwidth", "1") as migration:
        for recorder in lab.recordings:
            need("the guest's interfaces are watched", lambda r=recorder: b'"net-begin"' in r.raw())
        tap = tap_of(lab, "b")
        lab.run("exec", "b", "ip", "link", "set", tap, "nomaster")
        virsh(lab, "a", "migrate-setspeed", guest(lab), "2000")
        runs_on_destination(lab)
        pause(TAP_S)(lab)
        lab.run("exec", "b", "ip", "link", "set", tap, "master", "br0")
        migration.wait()
        for recorder in lab.recordings:
            need("watching ends", lambda r=recorder: b'"net-end"' in r.raw())


def kind(name):
    return KINDS[name].run


@dataclasses.dataclass
class Fault:
    run: typing.Callable
    codes: tuple  # names of the findings of which one has to come first
    side: str = ""  # of the part that it is made in; "": in none
    names: tuple = ()  # that this part may begin with
    at_least_s: float = 0  # that is explained
    guest: tuple = ()  # options of `lab guest`
    up: tuple = ()  # of `lab up`
    what: str = ""  # is done, in a few words, for the table


FAULTS = {
    "mute-names": Fault(mute_names, ("slow-names",), "destination", ("libvirt, cookie and host name",), MUTE_S * 0.9,
                        what="a name server that does not answer"),
    "slow-disk": Fault(slow_disk, ("slow-disk",), "source", ("block",), FLUSH_S * 0.5, ("--disk",),
                       what="a disk of the source that writes 4 MiB/s"),
    "traced": Fault(traced, ("process-traced",), "source", ("block",), FLUSH_S * 0.9, ("--disk",),
                    what="strace on the source's QEMU"),
    "lock-held": Fault(kind("lock-held"), ("lock-held",), at_least_s=0.05,
                       what="another call that holds the domain's lock"),
    "qmp-held": Fault(hold("qemu"), ("process-stopped",), "destination", (), HELD_S * 0.9,
                      what="SIGSTOP to the destination's QEMU"),
    "daemon-held": Fault(hold("daemon"), ("process-stopped",), "destination", (), HELD_S * 0.9,
                         what="SIGSTOP to the destination's libvirt"),
    "frozen": Fault(meanwhile(frozen), ("process-frozen",), "destination", (), HELD_S * 0.9,
                    what="the destination's QEMU frozen with its cgroup"),
    "source-throttled": Fault(throttled(migrate(*P2P)), ("cpu-quota",), "source", (), 0.05,
                              what="a CPU quota of 1 % for the source's QEMU"),
    "destination-throttled": Fault(meanwhile(finish_throttled), ("cpu-quota",), "destination",
                                   (), 0.05, what="a CPU quota of 1 % for the destination's QEMU, in Finish"),
    "destination-slow": Fault(meanwhile(destination_throttled), ("cpu-quota",), "source", (), 0.05,
                              what="a CPU quota of 1 % for the destination's QEMU, all the time"),
    "starved-vcpu": Fault(meanwhile(starved), ("no-cpu",), "destination", (), STARVED_S / 3,
                          what="a realtime process beside the destination's vCPU"),
    "slow-link": Fault(slow_link(*P2P), ("slow-call", "slow-begin"), "transfer", ("Finish call in transit",),
                       DELAY_S * 0.9, what="0.2 s between the two libvirts"),
    "slow-client": Fault(slow_link(*LIVE), ("slow-client",), "transfer", ("client, calls in transit",), DELAY_S * 0.9,
                         what="0.2 s between the client and the destination's libvirt"),
    "slow-network": Fault(first(dirtied, meanwhile(slow_network)), ("slow-send",), "source",
                          ("last RAM",), 1.0, ("--memory", "512"),
                          what="a network that gets slow as the guest is stopped"),
    "fast-memory": Fault(first(dirtied, shaped("600mbit"), migrate(*P2P)), ("last-ram",), "source", ("last RAM",), 0.05,
                         what="memory that is written to all the time"),
    "small-mtu": Fault(first(dirtied, small_mtu, shaped("600mbit"), migrate(*P2P)), ("small-segments",), "source",
                       ("last RAM",), 0.05, what="memory that is written to all the time, and an MTU of 600"),
    "raised-limit": Fault(first(dirtied, shaped("1gbit"), limited(8000), migrate(*P2P)), ("raised-limit",), "source",
                          ("last RAM",), 0.3, ("--memory", "1024"),
                          what="a downtime limit of 8 s"),
    "changed-limit": Fault(first(dirtied, shaped("1gbit"), meanwhile(first(limited(4000), limited(6000), faster))),
                           ("raised-limit",), "source", ("last RAM",), 0.3, ("--memory", "1024"),
                           what="a downtime limit that is raised twice meanwhile"),
    "paging": Fault(first(dirtied, meanwhile(paging)), ("paging",), "source", (), 0.05,
                    what="too little memory for the destination's QEMU, and a swap of 2 MiB/s"),
    "postcopy-slow": Fault(first(shaped("40mbit"), meanwhile(TO_POSTCOPY, *P2P, "--postcopy")), ("postcopy-stalls",),
                           at_least_s=0.3, what="post-copy over 40 Mbit/s"),
    "suspended": Fault(meanwhile(first(on_guest("suspend"), pause(1), faster)), ("suspended",), "source", ("stopped",),
                       0.9, what="a client that suspends the guest meanwhile"),
    "slow-handshake": Fault(slow_handshake, ("slow-begin",), at_least_s=2, up=("--tls",),
                            what="0.4 s for each piece of the TLS handshake"),
    "slow-hook": Fault(slow_hook, ("slow-prepare",), at_least_s=HOOK_S * 0.9,
                       what="a hook of the destination that sleeps for 6 s"),
    "late-tap": Fault(late_tap, ("late-network",), at_least_s=TAP_S * 0.9, guest=("--tap",), up=("--switch",),
                      what="the destination's bridge gets the guest's interface 2 s late"),
    "many-vcpus": Fault(migrate(*P2P), ("slow-load",), "source", ("wait for destination",), 0.03, ("--vcpus", "128"),
                        what="128 vCPUs"),
    "many-devices": Fault(first(shaped("100mbit"), migrate(*P2P)), ("device-state",), "source", ("device state",), 0.1, ("--nics", "24"),
                          what="24 network cards of 64 KiB of state each, over 100 Mbit/s"),
    "source-daemon-restarted": Fault(kind("source-daemon-restarted"), ("source-daemon-ended",),
                                     what="the source's libvirt is restarted"),
    "destination-daemon-restarted": Fault(kind("destination-daemon-restarted"), ("destination-daemon-ended",),
                                          what="the destination's libvirt is restarted"),
    "client-killed": Fault(kind("client-killed-early"), ("caller-gone",),
                           what="the client that drives it is killed"),
    "client-killed-late": Fault(kind("client-killed-late"), ("left-over-source",),
                                what="the client is killed before it confirms"),
    "qemu-crashed": Fault(kind("source-qemu-crashed"), ("runs-nowhere",), what="the source's QEMU crashes"),
}
