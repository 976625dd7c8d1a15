# SPDX-License-Identifier: GPL-2.0-or-later
"""Every kind of migration that the lab can make, and every way to have it fail."""
import contextlib
import os
import signal
import threading
import time

SLOW = ["--bandwidth", "1"]  # MiB/s: long enough to do something to it meanwhile
MEANWHILE_S = 0.5  # after which a slow one is in its first pass


def virsh(lab, host, *arguments):
    return lab.run("exec", host, "virsh", "-c", "qemu:///system", *arguments)


def guest(lab):
    return lab.environment["LAB_GUEST"]


def qemu_pid(lab, host):
    return int(lab.run("exec", host, "cat", f"/run/libvirt/qemu/{guest(lab)}.pid"))


def migrate(*options):
    return lambda lab: lab.run("migrate", "a", *options)


def meanwhile(action, *options):
    """Does something while a slow migration runs, which may fail of it."""
    def run(lab):
        def slow():
            with contextlib.suppress(RuntimeError):
                lab.run("migrate", "a", *(options or ("--live", "--p2p")), *SLOW)

        thread = threading.Thread(target=slow)
        thread.start()
        time.sleep(MEANWHILE_S)
        action(lab)
        thread.join()
    return run


def abort(lab):
    virsh(lab, "a", "domjobabort", guest(lab))


def kill_qemu(host):
    return lambda lab: os.kill(qemu_pid(lab, host), signal.SIGKILL)


def kill_daemon(host):
    return lambda lab: os.kill(int(lab.run("pid", host)), signal.SIGKILL)


def first(*steps):
    def run(lab):
        for step in steps:
            step(lab)
    return run


def refused(lab):
    """The destination has the name already, of another guest."""
    with contextlib.suppress(RuntimeError):
        lab.run("migrate", "a", "--live", "--p2p", "--dname", "taken")


def save_and_restore(lab):
    """QEMU does the same as for a migration, to a file."""
    image = f"{lab.directory}/saved"
    virsh(lab, "a", "save", guest(lab), image)
    virsh(lab, "a", "restore", image)


def stop_guest(lab):
    virsh(lab, "a", "suspend", guest(lab))


def destroy_guest(lab):
    virsh(lab, "a", "destroy", guest(lab))


def to_postcopy(lab):
    virsh(lab, "a", "migrate-postcopy", guest(lab))


P2P, LIVE = ["--live", "--p2p"], ["--live"]

KINDS = {
    "p2p": migrate(*P2P),
    "direct": migrate(*LIVE),
    "not-live": migrate("--p2p"),
    "tunnelled": migrate(*P2P, "--tunnelled"),
    "multifd": migrate(*P2P, "--parallel"),
    "compressed": migrate(*P2P, "--compressed"),
    "auto-converge": migrate(*P2P, "--auto-converge"),
    "undefined": migrate(*P2P, "--persistent", "--undefinesource"),
    "postcopy": meanwhile(to_postcopy, *P2P, "--postcopy"),
    "suspended": migrate(*P2P, "--suspend"),
    "paused": first(stop_guest, migrate(*P2P)),
    "offline": first(destroy_guest, migrate("--offline", "--persistent", "--p2p")),
    "offline-direct": first(destroy_guest, migrate("--offline", "--persistent")),
    "cancelled": meanwhile(abort),
    "cancelled-direct": meanwhile(abort, *LIVE),
    "retried": first(meanwhile(abort), migrate(*P2P)),
    "retried-direct": first(meanwhile(abort, *LIVE), migrate(*LIVE)),
    "destination-qemu-killed": meanwhile(kill_qemu("b")),
    "source-qemu-killed": meanwhile(kill_qemu("a")),
    "destination-daemon-killed": meanwhile(kill_daemon("b")),
    "source-daemon-killed": meanwhile(kill_daemon("a")),
    "saved": save_and_restore,
}
