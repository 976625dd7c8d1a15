# SPDX-License-Identifier: GPL-2.0-or-later
"""Every kind of migration that the lab can make, and every way to have it fail."""
import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time
import typing

from pinger import guest_address, pinging
from recorder import Recorder
from waiting import is_listening, need

SLOW = ["--bandwidth", "1"]  # MiB/s: long enough to do something to it meanwhile
P2P, LIVE = ["--live", "--p2p"], ["--live"]
STOP = '"event": "STOP"'
HELD_MS = 200


def status(name):
    return f'"status": "{name}"'


def virsh(lab, host, *arguments):
    return lab.run("exec", host, "virsh", "-c", "qemu:///system", *arguments)


def guest(lab):
    return lab.environment.get("LAB_GUEST", "beat")


def qemu_pid(lab, host, name=None):
    return int(lab.run("exec", host, "cat", f"/run/libvirt/qemu/{name or guest(lab)}.pid"))


def daemon_pid(lab, host):
    return int(lab.run("pid", host))


## Steps: each is a function of the lab.

def migrate(*options):
    return lambda lab: lab.run("migrate", "a", *options)


def first(*steps):
    def run(lab):
        for step in steps:
            step(lab)
    return run


def pause(seconds):
    return lambda lab: time.sleep(seconds)


def may_fail(step):
    def run(lab):
        with contextlib.suppress(RuntimeError):
            step(lab)
    return run


def beside(slow, *steps):
    """Does the steps while another one goes on, which may fail of it; they wait for what they need of it."""
    def run(lab):
        thread = threading.Thread(target=may_fail(slow), args=(lab,))
        thread.start()
        try:
            first(*steps)(lab)
        finally:
            thread.join()
    return run


def meanwhile(step, *options):
    """The step, while a recorded migration is in its first pass."""
    return beside(migrate(*(options or P2P), *SLOW), seen("a", status("active")), step)


def pinged(step):
    """The step, while somebody speaks with the guest."""
    def run(lab):
        with pinging(lab, guest_address(lab, "a", guest(lab))):
            step(lab)
    return run


def watched(what, *options):
    """
    As fast as it can from when both hosts watch the guest's interfaces ("net") or disks: they do in time on however
    busy a machine; until they do not any more.
    """
    begin, end = ([seen(host, f'"{what}-{when}"') for host in "ab"] for when in ("begin", "end"))
    return first(beside(migrate(*P2P, *options, *SLOW), *begin, faster), *end)


def on_guest(command, host="a", *arguments):
    return lambda lab: virsh(lab, host, command, guest(lab), *arguments)


def tell(what):
    """The guest does it: see `lab help`."""
    return lambda lab: lab.run("tell", what)


def signal_qemu(number, host):
    return lambda lab: os.kill(qemu_pid(lab, host), number)


def signal_daemon(number, host):
    return lambda lab: os.kill(daemon_pid(lab, host), number)


def link(state):
    return lambda lab: lab.run("exec", "a", "ip", "link", "set", "lab0", state)


def is_sending(lab, host="a"):
    """Waits until the guest's memory is on its way from that host; who asks is virsh, and no recorder."""
    def some():
        with contextlib.suppress(RuntimeError):
            return re.search(r"Memory processed: +0*[1-9.]", virsh(lab, host, "domjobinfo", guest(lab)))
    need("a migration that sends", some)


def dirtied(lab):
    """Waits until the guest has all of its memory that it writes to, a quarter."""
    pages = pathlib.Path(f"/proc/{qemu_pid(lab, 'a')}/statm")
    kib = int(re.search(r"Max memory: +(\d+)", virsh(lab, "a", "dominfo", guest(lab)))[1])
    need("dirty memory", lambda: int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024 > kib // 4)


def faster(lab):
    virsh(lab, "a", "migrate-setspeed", guest(lab), "2000")


def signal_client(number):
    """Of the migration that it drives: virsh, which the lab's command is the parent of."""
    def run(lab):
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            if _is_client(path, guest(lab)):
                os.kill(int(path.parts[2]), number)
    return run


def _is_client(path, name):
    with contextlib.suppress(OSError):
        words = path.read_bytes().split(b"\0")
        return words[0] == b"virsh" and b"migrate" in words and name.encode() in words
    return False


def start_recorders(lab, *options):
    """Of both hosts; all that there were are lab.recordings, and end with the lab."""
    lab.recorders = {}
    for host in "ab":
        lab.recorders[host] = Recorder("--netns", lab.run("netns", host).strip(), *options)
        lab.recordings.append(lab.recorders[host])


def kill_recorders(lab):
    for recorder in lab.recorders.values():
        recorder.kill()


def seen(host, text):
    """Waits until that host's recorder has written it."""
    def run(lab):
        texts = [text.encode(), text.replace('"', '\\"').encode()]
        need(f"host {host}: {text}", lambda: any(t in raw for raw in [lab.recorders[host].raw()] for t in texts),
             every_s=0.0005)
    return run


def at_switchover(*steps):
    """
    The steps, as soon as the source's guest stands still; what they need of the destination, lab.held,
    is found before.
    """
    def run(lab):
        lab.held = {"qemu": qemu_pid(lab, "b"), "daemon": daemon_pid(lab, "b")}
        thread = threading.Thread(target=faster, args=(lab,))
        thread.start()
        seen("a", STOP)(lab)
        first(*steps)(lab)
        thread.join()
    return run


def held(number, what):
    """Signals what at_switchover() has found on the destination: its qemu, or its daemon."""
    return lambda lab: os.kill(lab.held[what], number)


ADDRESSES = {"a": "192.168.77.1", "b": "192.168.77.2"}


@contextlib.contextmanager
def relays(lab, source="a", destination="b"):
    """
    As KubeVirt does it: each daemon and each QEMU sees nothing but unix sockets on its own host, between
    which relays carry what they say. Gives the options of a migration.
    """
    qemu = f"/run/qemu-to-{destination}.sock"
    commands = {
        source: [("UNIX-LISTEN:/run/virt.sock", f"TCP:{ADDRESSES[destination]}:7001"),
                 (f"UNIX-LISTEN:{qemu}", f"TCP:{ADDRESSES[destination]}:7002")],
        destination: [("TCP-LISTEN:7001,reuseaddr", "UNIX-CONNECT:/run/libvirt/libvirt-sock"),
                      ("TCP-LISTEN:7002,reuseaddr", f"UNIX-CONNECT:{qemu}")],
    }
    with contextlib.ExitStack() as stack:
        for host, pairs in commands.items():
            for listen, connect in pairs:
                stack.enter_context(lab.running("exec", host, "socat", listen + ",fork", connect))
        near, far = daemon_pid(lab, source), daemon_pid(lab, destination)
        need("relays", lambda: all(is_listening(far, port) for port in (7001, 7002)) and all(
            os.path.exists(f"/proc/{near}/root{path}") for path in ("/run/virt.sock", qemu)))
        yield ("--desturi", "qemu+unix:///system?socket=/run/virt.sock", "--migrateuri", f"unix://{qemu}")


def by_unix_sockets(*options):
    def run(lab):
        with relays(lab) as way:
            lab.run("migrate", "a", *options, *way)
    return run


def by_tls(lab):
    lab.run("migrate", "a", *P2P, "--tls", "--desturi",
            f"qemu+tls://192.168.77.2/system?pkipath={lab.directory}/tls")


def cgroup_make(lab, first, second):
    """
    A cgroup of the lab's, by either version: the first's settings are those of (a controller, {file: text}), the
    second's of (controllers, {file: text}). Returns its directory.
    """
    old = pathlib.Path("/sys/fs/cgroup") / first[0]
    group = (old if old.exists() else old.parent) / pathlib.Path(lab.directory).name
    if not old.exists():
        for controller in second[0].split():
            (group.parent / "cgroup.subtree_control").write_text(f"+{controller}")
    group.mkdir(exist_ok=True)
    for name, text in (first if old.exists() else second)[1].items():
        (group / name).write_text(text)
    return group


def cgroup_is_left(group):
    """Of the second version one directory may have been several groups."""
    with contextlib.suppress(OSError):
        for left in (group / "cgroup.procs").read_text().split():
            (group.parent / "cgroup.procs").write_text(left)
        group.rmdir()
    return not group.exists()


@contextlib.contextmanager
def cgroup(lab, pid, first, second):
    """As cgroup_make(), of a process for a while. Yields a function that writes other settings."""
    group = cgroup_make(lab, first, second)
    try:
        (group / "cgroup.procs").write_text(str(pid))
        yield lambda *settings: cgroup_make(lab, *settings)
    finally:
        need("a group without a process", lambda: cgroup_is_left(group))


def cpu_group(lab, quota_us, host="a"):
    """A CPU group in which the host's QEMU is, with a quota of each 100 ms."""
    return cgroup(lab, qemu_pid(lab, host),
                  ("cpu", {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": str(quota_us)}),
                  ("cpu", {"cpu.max": f"{quota_us} 100000"}))


def throttled(step):
    """The step, while the source's QEMU has 1 % of a CPU, which is used up as soon as it does something."""
    def run(lab):
        with cpu_group(lab, 1000):
            step(lab)
    return run


def memory_taken(lab):
    """What the guest wants of memory from now on is too much for its group, and there is no swap."""
    qemu = qemu_pid(lab, "a")
    with cgroup(lab, qemu, ("memory", {"memory.limit_in_bytes": "8M"}), ("memory", {"memory.max": "8M"})):
        lab.run("tell", "m")
        need("a QEMU that was killed", lambda: not os.path.exists(f"/proc/{qemu}"))


def save_and_restore(lab):
    """QEMU does the same as for a migration, to a file."""
    image = f"{lab.directory}/saved"
    virsh(lab, "a", "save", guest(lab), image)
    virsh(lab, "a", "restore", image)


def snapshot(lab):
    virsh(lab, "a", "snapshot-create-as", guest(lab), "--memspec",
          f"file={lab.directory}/memory,snapshot=external", "--diskspec", "hda,snapshot=external")


def dump(lab):
    virsh(lab, "a", "dump", guest(lab), f"{lab.directory}/dumped", "--live")


def other_emulator(lab):
    """The destination has no such QEMU."""
    xml = virsh(lab, "a", "dumpxml", "--migratable", guest(lab))
    with open(f"{lab.directory}/other.xml", "w", encoding="utf-8") as file:
        file.write(xml.replace("/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-system-none"))
    lab.run("migrate", "a", *P2P, "--xml", file.name)


def port_taken(lab):
    with lab.running("exec", "b", "socat", "TCP-LISTEN:7003", "PIPE"):
        need("port 7003", is_listening, daemon_pid(lab, "b"), 7003)
        lab.run("migrate", "a", *P2P, "--migrateuri", "tcp://192.168.77.2:7003")


def memory_missing(lab):
    lab.run("exec", "b", "prlimit", "--pid", str(daemon_pid(lab, "b")), "--as=1500000000")
    lab.run("migrate", "a", *P2P)


def lock_held(host, until):
    """
    In the guest's standstill two clients ask where its vCPUs may run, again and again: what the answer takes,
    that host's daemon has the domain's lock for.
    """
    def run(lab):
        def ask():
            while until.encode() not in lab.recorders[host].raw():
                may_fail(on_guest("vcpuinfo", host))(lab)

        with slow_calls(daemon_pid(lab, host), "sched_getaffinity", "delay_enter", HELD_MS):
            threads = [threading.Thread(target=ask) for _ in range(2)]
            for thread in threads:
                thread.start()
            faster(lab)
            for thread in threads:
                thread.join()
    return run


@contextlib.contextmanager
def slow_calls(pid, call, when, delay_ms):
    """Each such system call of the process takes longer, before it is made (delay_enter) or behind that (delay_exit)."""
    with subprocess.Popen(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                           f"inject={call}:{when}={delay_ms * 1000}", "-p", str(pid)]) as tracer:
        try:
            need("strace", is_traced, pid)
            yield
        finally:
            tracer.terminate()


def is_traced(pid):
    return all("TracerPid:\t0\n" not in (task / "status").read_text()
               for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


RUN_RETURNED = '"event":"run","edge":"return"'
FINISH_RETURNED = '"event":"finish","edge":"return"'
PERFORM_RETURNED = '"event":"perform","edge":"return"'
TO_POSTCOPY = on_guest("migrate-postcopy")
IN_POSTCOPY = [*P2P, "--postcopy", "--postcopy-bandwidth", "4"]
BREAK_POSTCOPY = on_guest("domjobabort", "a", "--postcopy")
RESUME_POSTCOPY = migrate(*P2P, "--postcopy", "--postcopy-resume")
ABORT = on_guest("domjobabort")


def with_new_qemu(step):
    """Host b's emulator looks newer all the time: its daemon asks it again what it can do, in Prepare, too."""
    def run(lab):
        emulator = re.search("<emulator>(.*)</emulator>", virsh(lab, "b", "dumpxml", guest(lab)))[1]
        copy, is_over = pathlib.Path(lab.directory) / "b/emulator", threading.Event()
        shutil.copy(emulator, copy)
        lab.run("exec", "b", "mount", "--bind", str(copy), emulator)

        def touch():
            while not is_over.wait(0.2):
                copy.touch()
        touching = threading.Thread(target=touch)
        touching.start()
        try:
            step(lab)
        finally:
            is_over.set()
            touching.join()
    return run


@dataclasses.dataclass
class Kind:
    run: typing.Callable
    guest: tuple = ()  # options of `lab guest`
    up: tuple = ()  # of `lab up`
    is_last: bool = False  # of its lab: a daemon is gone, or not what it was
    starts_recorders: bool = False  # itself, when it has begun
    record: tuple = ()  # more options of the recorders
    # What host b's recording has where a process was too fast for the case: that is made once more.
    missed: str = ""


MODULAR = ("--shape-a", "modular", "--shape-b", "modular")  # virtqemud behind virtproxyd

KINDS = {
    "p2p": Kind(migrate(*P2P)),
    "devices": Kind(migrate(*P2P), record=("--devices",)),
    "upgraded": Kind(with_new_qemu(first(start_recorders, migrate(*P2P))), starts_recorders=True, is_last=True),
    "direct": Kind(migrate(*LIVE)),
    "not-live": Kind(migrate("--p2p")),
    "tunnelled": Kind(migrate(*P2P, "--tunnelled")),
    "multifd": Kind(migrate(*P2P, "--parallel")),
    "compressed": Kind(migrate(*P2P, "--compressed")),
    "auto-converge": Kind(migrate(*P2P, "--auto-converge")),
    "tls": Kind(by_tls, up=("--tls",)),
    "modular": Kind(migrate(*P2P, "--tunnelled"), up=MODULAR),
    "network": Kind(pinged(watched("net")), guest=("--tap", "--mute"), up=("--switch",)),
    "disks": Kind(watched("disk", "--unsafe"), guest=("--disks", "slow", "2")),
    "storage": Kind(migrate(*P2P, "--copy-storage-all"), guest=("--disk",)),
    "storage-direct": Kind(migrate(*LIVE, "--copy-storage-all"), guest=("--disk",)),
    "undefined": Kind(migrate(*P2P, "--persistent", "--undefinesource")),
    "renamed": Kind(first(on_guest("undefine", "b"), migrate(*P2P, "--dname", "another"))),
    "unix": Kind(by_unix_sockets(*P2P)),
    "unix-direct": Kind(by_unix_sockets(*LIVE)),
    "tcg": Kind(migrate(*P2P), up=("--type", "qemu")),
    "vcpus-2": Kind(migrate(*P2P), guest=("--vcpus", "2")),
    "vcpus-8": Kind(migrate(*P2P), guest=("--vcpus", "8")),
    "lock-held": Kind(meanwhile(lock_held("b", FINISH_RETURNED))),
    "lock-held-source": Kind(meanwhile(lock_held("a", RUN_RETURNED))),
    "throttled": Kind(throttled(migrate(*P2P))),
    "stopped": Kind(meanwhile(at_switchover(
        held(signal.SIGSTOP, "qemu"), signal_qemu(signal.SIGSTOP, "a"), pause(0.3), signal_qemu(signal.SIGCONT, "a"),
        held(signal.SIGCONT, "qemu")))),
    "big": Kind(first(dirtied, migrate(*P2P)), guest=("--memory", "2048")),
    "passes": Kind(first(dirtied, tell("3"), migrate(*P2P, "--bandwidth", "50")), guest=("--memory", "512")),
    "no-end": Kind(first(dirtied, beside(migrate(*P2P, "--bandwidth", "8"), seen("a", '"pass":4'), ABORT)),
                   guest=("--memory", "128")),
    "postcopy": Kind(meanwhile(TO_POSTCOPY, *P2P, "--postcopy", "--postcopy-bandwidth", "16")),
    "postcopy-direct": Kind(meanwhile(TO_POSTCOPY, *LIVE, "--postcopy")),
    "postcopy-after-precopy": Kind(migrate(*P2P, "--postcopy", "--postcopy-after-precopy",
                                           "--bandwidth", "8")),
    "postcopy-timeout": Kind(migrate(*P2P, "--postcopy", "--timeout", "1", "--timeout-postcopy",
                                     *SLOW)),
    "suspended": Kind(migrate(*P2P, "--suspend")),
    "paused": Kind(first(on_guest("suspend"), migrate(*P2P))),
    "offline": Kind(first(on_guest("destroy"), migrate("--offline", "--persistent", "--p2p"))),
    "offline-direct": Kind(first(on_guest("destroy"), migrate("--offline", "--persistent"))),
    "limit-changed": Kind(meanwhile(first(on_guest("migrate-setmaxdowntime", "a", "4000"),
                                          on_guest("migrate-setmaxdowntime", "a", "5000"), faster))),
    "suspended-meanwhile": Kind(meanwhile(first(on_guest("suspend"), pause(0.2), faster))),
    "cancelled-prepare": Kind(first(
        signal_daemon(signal.SIGSTOP, "b"),
        beside(migrate(*P2P), seen("a", '"event":"perform","edge":"enter"'), may_fail(ABORT), signal_daemon(signal.SIGCONT, "b")))),
    "cancelled": Kind(meanwhile(ABORT)),
    "cancelled-direct": Kind(meanwhile(ABORT, *LIVE)),
    "cancelled-switchover": Kind(meanwhile(at_switchover(
        held(signal.SIGSTOP, "qemu"), beside(ABORT, seen("a", '"command":"migrate_cancel"'), held(signal.SIGCONT, "qemu"))))),
    "cancelled-finish": Kind(meanwhile(at_switchover(
        held(signal.SIGSTOP, "daemon"), seen("a", status("completed")), pause(0.2), may_fail(ABORT),
        held(signal.SIGCONT, "daemon")))),
    "cancelled-postcopy": Kind(meanwhile(first(TO_POSTCOPY, pause(0.5), may_fail(ABORT)),
                                         *IN_POSTCOPY)),
    "retried": Kind(first(meanwhile(ABORT), migrate(*P2P))),
    "retried-direct": Kind(first(meanwhile(ABORT, *LIVE), migrate(*LIVE))),
    "destination-qemu-killed": Kind(meanwhile(signal_qemu(signal.SIGKILL, "b"))),
    "destination-qemu-killed-loading": Kind(meanwhile(at_switchover(
        held(signal.SIGSTOP, "qemu"), pause(0.2), held(signal.SIGKILL, "qemu")))),
    "destination-qemu-killed-loaded": Kind(meanwhile(at_switchover(
        held(signal.SIGSTOP, "daemon"), seen("a", status("completed")), held(signal.SIGKILL, "qemu"),
        pause(0.2), held(signal.SIGCONT, "daemon")))),
    "source-qemu-killed": Kind(meanwhile(signal_qemu(signal.SIGKILL, "a"))),
    "destination-daemon-killed": Kind(meanwhile(signal_daemon(signal.SIGKILL, "b")), is_last=True),
    "destination-daemon-killed-in-finish": Kind(meanwhile(at_switchover(
        seen("b", status("completed")), held(signal.SIGSTOP, "qemu"), pause(0.2),
        held(signal.SIGKILL, "daemon"), pause(0.2), held(signal.SIGCONT, "qemu"))), is_last=True),
    "split-brain": Kind(meanwhile(at_switchover(
        seen("b", '"event": "RESUME"'), held(signal.SIGKILL, "daemon"))), is_last=True,
                        missed=FINISH_RETURNED),
    "source-daemon-killed": Kind(meanwhile(signal_daemon(signal.SIGKILL, "a")), is_last=True),
    "source-daemon-restarted": Kind(meanwhile(lambda lab: lab.run("restart", "a")), is_last=True),
    "destination-daemon-restarted": Kind(meanwhile(lambda lab: lab.run("restart", "b")),
                                         is_last=True),
    "source-daemon-killed-late": Kind(meanwhile(at_switchover(
        held(signal.SIGSTOP, "daemon"), seen("a", RUN_RETURNED), pause(0.2), signal_daemon(signal.SIGSTOP, "a"),
        held(signal.SIGCONT, "daemon"), seen("b", FINISH_RETURNED), signal_daemon(signal.SIGKILL, "a"),
        seen("a", '"kind":"gone"'))), is_last=True),
    "client-killed-early": Kind(meanwhile(first(signal_client(signal.SIGKILL), seen("a", PERFORM_RETURNED),
                                          seen("b", '"event":"monitor-close"'), pause(6)), *LIVE), is_last=True),
    "client-killed-late": Kind(meanwhile(at_switchover(
        held(signal.SIGSTOP, "daemon"), seen("a", PERFORM_RETURNED), pause(0.2), signal_client(signal.SIGSTOP),
        held(signal.SIGCONT, "daemon"), seen("b", FINISH_RETURNED), signal_client(signal.SIGKILL), pause(3)), *LIVE),
                               is_last=True),
    "destroyed": Kind(meanwhile(on_guest("destroy"))),
    "guest-shut-down": Kind(meanwhile(tell("s")), guest=("--mortal",)),
    "guest-rebooted": Kind(meanwhile(tell("r")), guest=("--mortal",)),
    "guest-panicked": Kind(meanwhile(first(tell("p"), seen("a", STOP), faster)), guest=("--mortal",)),
    "watchdog-bit": Kind(meanwhile(tell("w")), guest=("--mortal",)),
    "out-of-memory": Kind(meanwhile(memory_taken)),
    "source-qemu-crashed": Kind(meanwhile(signal_qemu(signal.SIGSEGV, "a"))),
    "postcopy-not-resumed": Kind(first(
        meanwhile(first(TO_POSTCOPY, pause(0.5), BREAK_POSTCOPY), *IN_POSTCOPY), link("down"),
        may_fail(RESUME_POSTCOPY), link("up"))),
    "paused-before": Kind(first(on_guest("suspend"), migrate(*P2P), on_guest("resume", "b"), pause(0.2))),
    "link-cut": Kind(meanwhile(first(link("down"), pause(10), link("up")))),
    "link-cut-switchover": Kind(meanwhile(at_switchover(
        held(signal.SIGSTOP, "qemu"), link("down"), held(signal.SIGCONT, "qemu"), pause(10),
        link("up")))),
    "link-cut-finish": Kind(meanwhile(at_switchover(
        seen("b", '"event": "RESUME"'), held(signal.SIGSTOP, "daemon"), link("down"),
        held(signal.SIGCONT, "daemon"), pause(10), link("up")))),
    "postcopy-broken": Kind(first(
        meanwhile(first(TO_POSTCOPY, pause(0.5), BREAK_POSTCOPY), *IN_POSTCOPY), RESUME_POSTCOPY), record=("--stats",)),
    "postcopy-link-cut": Kind(first(
        meanwhile(first(TO_POSTCOPY, pause(0.5), link("down"), pause(10), link("up"),
                        may_fail(BREAK_POSTCOPY)), *IN_POSTCOPY),
        RESUME_POSTCOPY)),
    "refused-emulator": Kind(may_fail(other_emulator)),
    "refused-port": Kind(may_fail(port_taken)),
    "refused-memory": Kind(may_fail(memory_missing), guest=("--memory", "2048"), is_last=True),
    "saved": Kind(save_and_restore),
    "snapshot": Kind(snapshot, guest=("--disk",)),
    "dumped": Kind(dump),
    "late": Kind(beside(migrate(*P2P, *SLOW), is_sending, start_recorders, faster),
                 starts_recorders=True),
    "interrupted": Kind(meanwhile(first(kill_recorders, start_recorders, faster))),
}


def record(lab, name):
    """Does it, recorded on both hosts. Returns the recorders, which have ended, in order."""
    lab.environment["LAB_GUEST"] = name
    lab.run("guest", "a", *KINDS[name].guest)
    lab.forget_recordings()
    if not KINDS[name].starts_recorders:
        start_recorders(lab, *KINDS[name].record)
    KINDS[name].run(lab)
    for recorder in lab.recorders.values():
        recorder.end()
    return lab.recordings


def was_missed(name, recordings):
    """Whether the case, which is a race with a process of the hosts, did not come about."""
    return KINDS[name].missed != "" and KINDS[name].missed.encode() in recordings[-1].raw()


def destroy_all(lab):
    """So that the next one is alone, and beats."""
    for host in "ab":
        with contextlib.suppress(RuntimeError):
            for name in virsh(lab, host, "list", "--name").split():
                virsh(lab, host, "destroy", name)


def needs_own_lab(name):
    return KINDS[name].up or KINDS[name].is_last
