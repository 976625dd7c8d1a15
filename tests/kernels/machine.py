# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual machines that run Debian's kernels on this machine's own root file system."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).parent.absolute()
BUILD = pathlib.Path(os.environ.get("O", "build")).absolute()
CACHE = pathlib.Path(os.environ.get("MIGTRACE_CACHE", "/var/cache/migtrace"))
DAMAGED_S = 60  # given to a machine that has shown an oops
# One emulated CPU of the hammered ones is the recorder's; tcg, as kvm is not to be had everywhere.
QEMU = ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-no-reboot",
        "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2"]


def fetch(series):
    """Of each series its version and None, or None and why there is no such kernel."""
    done = subprocess.run([HERE / "fetch", CACHE / "kernels", *series], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        return {name: (None, done.stderr.strip().splitlines()[-1]) for name in series}
    found = (line.split(" ", 2) for line in done.stdout.splitlines())
    return {name: (None, rest[1]) if rest[0] == "-" else (rest[0], None) for name, *rest in found}


class Machine:
    """One that runs one scenario of inside.py, and is gone when result() has returned."""

    def __init__(self, version, parameters, scenario, *arguments, memory=2048, devices=()):
        self.out = pathlib.Path(tempfile.mkdtemp(prefix="migtrace-kernels-"))
        self.version = version
        kernel = CACHE / "kernels" / version
        command = [HERE / "inside.py", BUILD, kernel / "lib/modules" / version, scenario, *arguments]
        self.process = subprocess.Popen(
            [*QEMU, "-m", str(memory), "-serial", f"file:{self.out}/console",
             "-kernel", kernel / "vmlinuz", "-initrd", kernel / "initramfs.gz",
             "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap",
             "-virtfs", f"local,path={self.out},mount_tag=out,security_model=none", *devices,
             "-append", " ".join(["console=ttyS0 loglevel=4 panic=-1 mitigations=off no_timer_check", *parameters,
                                  "--", *map(str, command)])],
            stdin=subprocess.DEVNULL)

    def console(self):
        path = self.out / "console"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait(self, timeout_s):
        """Until it has ended; one whose kernel is damaged may never do so."""
        deadline = time.monotonic() + timeout_s
        while self.process.poll() is None and time.monotonic() < deadline:
            if "Oops" in self.console():
                deadline = min(deadline, time.monotonic() + DAMAGED_S)
            time.sleep(0.5)
        self.process.kill()
        self.process.wait()

    def result(self, timeout_s):
        """What inside.py found, and what the console shows if it found nothing."""
        self.wait(timeout_s)
        found = self.out / "result.json"
        if found.exists():
            return json.loads(found.read_text())
        return {"error": f"no result; the console:\n{self.console()[:3000]}"}

    def lines(self, name):
        """A recording that it made, raw and read."""
        raw = (self.out / name).read_bytes()
        return raw, [json.loads(line) for line in raw.splitlines()]

    def remove(self):
        shutil.rmtree(self.out)
