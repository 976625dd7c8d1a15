# SPDX-License-Identifier: GPL-2.0-or-later
"""Many containers of one image on a node: a real libvirtd in each, which migrates nothing."""
import contextlib
import pathlib
import shutil
import subprocess
import tempfile

from waiting import need

# As a container runtime makes one: namespaces of its own, and an overlay over the image, which is our own /usr.
CONTAINER = """mount --make-rprivate / && mount -t overlay -o "lowerdir=/usr:$1/none" overlay /usr &&
for directory in /run /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; do
	mount -t tmpfs -o size=4m tmpfs "$directory"
done &&
mount --bind "$1/etc" /etc/libvirt && mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group &&
mount -t proc proc /proc && hostname "pod-$2" && exec libvirtd >/dev/null 2>&1"""
NAMESPACES = ["--mount", "--net", "--uts", "--pid", "--fork", "--kill-child"]
QEMU_CONF = """user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
"""


def image(directory):
    """What all of them have besides /usr; libvirt looks its user up, whichever it is to take."""
    for name in ("none", "etc"):
        (directory / name).mkdir()
    (directory / "etc/qemu.conf").write_text(QEMU_CONF)
    for name, line in (("passwd", "libvirt-qemu:x:64055:64055::/:/bin/false\n"), ("group", "libvirt-qemu:x:64055:\n")):
        (directory / name).write_text(pathlib.Path("/etc", name).read_text() + line)


def daemon(container):
    """The pid of its libvirtd when that has its driver, else None."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, IndexError):
        pid = pathlib.Path(f"/proc/{container.pid}/task/{container.pid}/children").read_text().split()[0]
        if "libvirt_driver_qemu.so" in pathlib.Path(f"/proc/{pid}/maps").read_text():
            return int(pid)
    return None


@contextlib.contextmanager
def pods(count):
    """As many of them, as long as the context; gives the pids of their daemons."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="mtpods"))
    image(directory)
    containers = []
    try:
        for number in range(count):
            containers.append(subprocess.Popen(["unshare", *NAMESPACES, "sh", "-c", CONTAINER, "pod", directory,
                                                str(number)]))
            if number % 8 == 7:  # no more at once than a small machine can start
                need("the pods' daemons", lambda: all(map(daemon, containers)), every_s=0.1)
        need("the pods' daemons", lambda: all(map(daemon, containers)), every_s=0.1)
        yield [daemon(container) for container in containers]
    finally:
        for container in containers:
            container.kill()
            container.wait()
        shutil.rmtree(directory)
