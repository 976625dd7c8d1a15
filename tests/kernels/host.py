# SPDX-License-Identifier: GPL-2.0-or-later
"""A libvirt host in a machine of its own, with memory that it shares with the other host's machine."""
import mmap
import os
import pathlib
import struct
import subprocess
import threading
import time

OTHER = {"a": "b", "b": "a"}
ADDRESS = {"a": "192.168.77.1", "b": "192.168.77.2"}
GUEST = """<domain type='qemu'><name>beat</name><uuid>6d696774-7261-4365-8001-000000000001</uuid>
<memory unit='MiB'>64</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type><kernel>{kernel}</kernel></os>
<devices><controller type='usb' model='none'/><memballoon model='none'/><serial type='null'/></devices>
</domain>"""
QEMU_CONF = """user = "root"
group = "root"
security_driver = "none"
dynamic_ownership = 0
remember_owner = 0
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
migration_address = "{address}"
migration_host = "{address}"
"""
LIBVIRTD_CONF = """listen_tls = 0
listen_tcp = 1
listen_addr = "{address}"
auth_tcp = "none"
auth_unix_rw = "none"
host_uuid = "6d696774-7261-4365-8000-00000000000{letter}"
"""
DOWNTIME_MS = 30000
# Words of the shared memory.
ASKED, ANSWERED, STAMP, READY, DONE = range(5)


class Shared:
    """The ivshmem device's memory, in words of 8 bytes."""

    def __init__(self):
        device = next(d for d in pathlib.Path("/sys/bus/pci/devices").iterdir()
                      if (d / "device").read_text().strip() == "0x1110")
        (device / "enable").write_text("1")
        with open(device / "resource2", "r+b", buffering=0) as file:
            self.memory = mmap.mmap(file.fileno(), 4096)

    def get(self, word):
        return struct.unpack_from("q", self.memory, word * 8)[0]

    def set(self, word, value):
        struct.pack_into("q", self.memory, word * 8, value)

    def wait(self, word, value, timeout_s=300):
        deadline = time.monotonic() + timeout_s
        while self.get(word) != value:
            assert time.monotonic() < deadline, f"word {word} is not {value} in {timeout_s} s"
            time.sleep(0.0002)


def ask(shared, stop, exchanges):
    """The offset's truth: of each exchange when it was asked, answered there, and the answer seen."""
    number = 0
    while not stop.is_set():
        number += 1
        asked = time.monotonic_ns()
        shared.set(ASKED, number)
        while shared.get(ANSWERED) != number and not stop.is_set():
            pass
        exchanges.append((asked, shared.get(STAMP), time.monotonic_ns()))
        time.sleep(0.002)


def answer(shared, stop):
    last = 0
    while not stop.is_set():
        asked = shared.get(ASKED)
        if asked != last:
            shared.set(STAMP, time.monotonic_ns())
            shared.set(ANSWERED, asked)
            last = asked
        time.sleep(0.0002)


def start_host(letter):
    """Its network, and its libvirtd."""
    def run(*command):
        subprocess.run(command, check=True)

    run("modprobe", "virtio_net")
    pathlib.Path("/proc/sys/kernel/hostname").write_text(f"host-{letter}")
    for name in ("lo", "eth0"):
        run("ip", "link", "set", name, "up")
    run("ip", "address", "add", f"{ADDRESS[letter]}/24", "dev", "eth0")
    etc = pathlib.Path("/etc/libvirt")
    etc.mkdir(exist_ok=True)
    (etc / "qemu.conf").write_text(QEMU_CONF.format(address=ADDRESS[letter]))
    (etc / "libvirtd.conf").write_text(LIBVIRTD_CONF.format(address=ADDRESS[letter], letter=letter))
    os.makedirs("/run/libvirt", exist_ok=True)
    run("libvirtd", "-l", "-d", "-p", "/run/libvirt/libvirtd.pid")
    virsh("domcapabilities", "--virttype", "qemu")  # QEMU is tried out now, not in the migration


def virsh(*command):
    done = subprocess.run(["virsh", "-q", "-c", "qemu:///system", *command], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, f"virsh {command[0]}: {done.stderr}"


def migrate():
    """
    The guest dirties its memory faster than an emulated machine copies it: once it is on its way, it
    may stand still for as long as what is left takes.
    """
    command = ["virsh", "-q", "-c", "qemu:///system", "migrate", "--live", "--p2p", "beat",
               f"qemu+tcp://{ADDRESS['b']}/system"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as migration:
        while migration.poll() is None:
            subprocess.run(["virsh", "-q", "-c", "qemu:///system", "migrate-setmaxdowntime", "beat",
                            str(DOWNTIME_MS)], capture_output=True, check=False)
            time.sleep(1)
        assert migration.returncode == 0, f"virsh migrate: {migration.stderr.read()}"


def start_guest(kernel):
    path = pathlib.Path("/run/guest.xml")
    path.write_text(GUEST.format(kernel=kernel))
    virsh("create", str(path))


def await_more(exchanges, count=100, timeout_s=120):
    """Until so many more exchanges are there: the truth is taken from those before and behind."""
    enough, deadline = len(exchanges) + count, time.monotonic() + timeout_s
    while len(exchanges) < enough:
        assert time.monotonic() < deadline, f"{len(exchanges)} exchanges, not {enough}, in {timeout_s} s"
        time.sleep(0.01)


def source(shared, kernel, record):
    """Starts the guest and migrates it away, while the offset is measured."""
    exchanges, stop = [], threading.Event()
    asking = threading.Thread(target=ask, args=(shared, stop, exchanges))
    start_guest(kernel)
    shared.wait(READY, 1)
    with record() as recorded:
        asking.start()
        try:
            await_more(exchanges)
            migrate()
            await_more(exchanges)
        finally:
            shared.set(DONE, 1)
            stop.set()
            asking.join()
    return {"exchanges": exchanges, **recorded}


def destination(shared, record):
    stop = threading.Event()
    answering = threading.Thread(target=answer, args=(shared, stop))
    with record() as recorded:
        answering.start()
        shared.set(READY, 1)
        try:
            shared.wait(DONE, 1)
        finally:
            stop.set()
            answering.join()
    return recorded
