# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual machine with a Debian of its own, which is told what to do by QEMU's guest agent."""
import base64
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import time

from waiting import need

ROOT = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("O", "build")).absolute()
HANGS_S = 3600  # an emulated machine on a busy one takes a quarter of an hour to boot
QEMU = ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-no-reboot", "-cpu", "max", "-smp", "2", "-m", "3072"]


def eventually(what, condition, every_s=0.2):
    """With the patience that a machine takes."""
    return need(what, condition, every_s=every_s, hangs_s=HANGS_S)


class Machine:
    """Its disk is a copy of an image's, in the folder, and outlives its boots."""

    def __init__(self, image, folder, shares, accelerator):
        self.image, self.folder, self.shares, self.accelerator = image, pathlib.Path(folder), shares, accelerator
        self.disk, self.process, self.agent, self.boots = self.folder / "disk", None, None, 0
        subprocess.run(["cp", "--sparse=always", image / "disk", self.disk], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.power_off()

    def console(self):
        return self.folder / f"console-{self.boots}"

    def boot(self):
        """Returns once its agent answers; the shares are mounted then."""
        self.boots += 1
        address = self.folder / "agent"
        address.unlink(missing_ok=True)
        shares = [word for tag, path in self.shares.items() for word in (
            "-virtfs", f"local,path={path},mount_tag={tag},security_model=none,readonly=on,multidevs=remap")]
        self.process = subprocess.Popen(
            [*QEMU, "-accel", self.accelerator, "-serial", f"file:{self.console()}",
             "-kernel", self.image / "kernel", "-initrd", self.image / "initrd",
             "-append", "root=/dev/vda rw console=ttyS0 panic=-1 mitigations=off no_timer_check",
             "-drive", f"file={self.disk},format=raw,if=virtio,cache=writeback,discard=unmap",
             "-device", "virtio-serial", "-chardev", f"socket,id=agent,path={address},server=on,wait=off",
             "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0", *shares],
            stdin=subprocess.DEVNULL)
        eventually("the agent answers", lambda: self.connect(address))
        for tag in self.shares:
            self.run(f"mkdir -p /{tag} && mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=512000 {tag} /{tag}")

    def connect(self, address):
        if self.process.poll() is not None:
            raise RuntimeError(f"the machine has ended: {self.console().read_text(errors='replace')[-3000:]}")
        self.disconnect()
        with contextlib.suppress(OSError, json.JSONDecodeError):
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(2)
            connection.connect(str(address))
            self.connection, self.agent = connection, connection.makefile("rw", encoding="utf-8")
            number = time.monotonic_ns()
            self.say("guest-sync", id=number)
            while json.loads(self.agent.readline())["return"] != number:
                pass
            connection.settimeout(HANGS_S)
            return True
        return False

    def disconnect(self):
        if self.agent:
            self.agent.close()
            self.connection.close()
        self.agent = None

    def say(self, command, **arguments):
        self.agent.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.agent.flush()

    def ask(self, command, **arguments):
        self.say(command, **arguments)
        answer = json.loads(self.agent.readline())
        if "error" in answer:
            raise RuntimeError(f"{command}: {answer['error']}")
        return answer["return"]

    def begin(self, script):
        """Runs a shell's script; returns what finish() and has_finished() take."""
        return self.ask("guest-exec", path="/bin/sh", arg=["-euc", script], **{"capture-output": True},
                        env=["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8",
                             "DEBIAN_FRONTEND=noninteractive"])["pid"]

    def status(self, pid):
        """Returns its exit status and what it printed; None: it runs."""
        answer = self.ask("guest-exec-status", pid=pid)
        if not answer["exited"]:
            return None
        out, err = (base64.b64decode(answer.get(name, "")).decode(errors="replace") for name in ("out-data", "err-data"))
        return answer.get("exitcode", -answer.get("signal", 0)), out, err

    def finish(self, pid):
        return eventually("it ends", lambda: self.status(pid), every_s=0.05)

    def tried(self, script):
        """Returns the script's exit status, stdout and stderr."""
        return self.finish(self.begin(script))

    def run(self, script):
        """Returns what it printed; a failure is none of the test's."""
        status, out, err = self.tried(script)
        if status:
            raise RuntimeError(f"{script}: {status}: {out}{err}")
        return out.strip()

    def wait(self, what, script):
        """Until the script succeeds."""
        eventually(what, lambda: self.tried(script)[0] == 0)

    def reboot(self):
        self.begin("systemctl reboot")
        eventually("it ends", lambda: self.process.poll() is not None)
        self.disconnect()
        self.boot()

    def power_off(self):
        """As when the power fails: what it has not written to its disk is lost."""
        self.disconnect()
        if self.process:
            self.process.kill()
            self.process.wait()


def image_of(suite, deb):
    """Returns the image's folder; the first time that takes minutes."""
    done = subprocess.run([ROOT / "tests/package/image", BUILD / "roots", suite, deb], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return BUILD / "roots" / f"{suite}-image"


def accelerator():
    """Emulated where /dev/kvm is not by the CPU's own means: a kernel that does not know of that takes hours to boot."""
    flags = pathlib.Path("/proc/cpuinfo").read_text().split()
    has_kvm = os.access("/dev/kvm", os.W_OK) and ("vmx" in flags or "svm" in flags)
    return os.environ.get("ACCEL", "kvm" if has_kvm else "tcg,thread=multi")
