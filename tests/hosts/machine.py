# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine of its own, as far as a recorder sees: its processes, and the libvirt and QEMU that are installed."""
import os
import pathlib
import shutil
import subprocess
import sys

MACHINE = f"/usr/lib/{os.uname().machine}-linux-gnu"
INSTALLED = [pathlib.Path(path).resolve() for path in
             (f"{MACHINE}/libvirt.so.0", f"{MACHINE}/libvirt/connection-driver/libvirt_driver_qemu.so",
              f"/usr/bin/qemu-system-{os.uname().machine}")]
# /usr can be written to there, and nothing of that is seen elsewhere. The shell is the init: libvirt waits until
# a QEMU that ended is reaped.
ENTER = """mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work &&
mount -t overlay -o lowerdir=/usr,upperdir=/mnt/upper,workdir=/mnt/work overlay /usr && "$@"; exit $?"""


def run_inside():
    """Runs this program there, as MACHINE=1 tells it. Returns its exit status."""
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", ENTER, "sh",
               sys.executable, *sys.argv]
    return subprocess.run(command, env={**os.environ, "MACHINE": "1"}, check=False).returncode


def is_inside():
    return os.environ.get("MACHINE") == "1"


def upgrade():
    """As dpkg does: what is new takes the old one's name, and who runs the old one goes on with it."""
    for path in INSTALLED:
        new = path.with_name(path.name + ".dpkg-new")
        shutil.copy2(path, new)
        new.rename(path)


def program_of(pid):
    try:
        return pathlib.Path(os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")).name
    except OSError:  # it has ended
        return ""


def daemons():
    """The pids of all libvirt daemons of the machine."""
    pids = [int(path.name) for path in pathlib.Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if program_of(pid) in ("libvirtd", "virtqemud")]
