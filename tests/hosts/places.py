# SPDX-License-Identifier: GPL-2.0-or-later
"""Whose daemons the guest is with: each place is a context of a lab that starts it, migrates it, and knows the daemons."""
import contextlib
import pathlib
import subprocess

from kinds import ADDRESSES, daemon_pid
from shapes_test import of_user, session_uri, sessions
from waiting import need

PORT = 49555  # which QEMU listens to for the other one


class System:
    """The hosts' own."""

    def __init__(self, lab):
        self.lab = lab

    def guest(self):
        self.lab.run("guest", "a")

    def migrate(self, host, *options):
        self.lab.run("migrate", host, *options)

    def pid(self, host):
        return daemon_pid(self.lab, host)


class Session(System):
    """A user's, which others know nothing of; its QEMU has no KVM."""

    def guest(self):
        directory = pathlib.Path(self.lab.directory)
        (directory / "guest.elf").chmod(0o644)
        (directory / "beats.sock").chmod(0o666)
        subprocess.run(["virsh", "-c", session_uri(self.lab, "a"), "create", "/dev/stdin"], text=True, capture_output=True,
                       input=of_user(self.lab, f"type='unix'><source mode='connect' path='{directory}/beats.sock'/>"),
                       check=True)
        need("beats", lambda: "steady" in (directory / "beats.log").read_text())

    def migrate(self, host, *options):
        there = {"a": "b", "b": "a"}[host]
        subprocess.run(["virsh", "-c", session_uri(self.lab, host), "migrate", *options, "users",
                        session_uri(self.lab, there), "--migrateuri", f"tcp://{ADDRESSES[there]}:{PORT}"],
                       capture_output=True, check=True)

    def pid(self, host):
        return int(pathlib.Path(f"{self.lab.directory}/{host}/user/run/libvirt/libvirtd.pid").read_text())


@contextlib.contextmanager
def system(lab):
    yield System(lab)


@contextlib.contextmanager
def session(lab):
    with sessions(lab):
        yield Session(lab)
