# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual machines that run Debian's kernels on this machine's own root file system, or on one for arm64."""
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
ARCHITECTURE = os.environ.get("ARCHITECTURE", "amd64")  # as Debian calls it
# Its QEMU, the kernels' folder, the root, and what the kernel is told of the machine. Pointers are signed as arm64's CPUs do it, but fast.
QEMU, KERNELS, ROOT, CONSOLE = {
    "amd64": (["qemu-system-x86_64", "-cpu", "max"], CACHE / "kernels", pathlib.Path("/"),
              "console=ttyS0 no_timer_check"),
    "arm64": (["qemu-system-aarch64", "-M", "virt,gic-version=3", "-cpu", "max,pauth-impdef=on"],
              CACHE / "kernels-arm64", CACHE / "arm64/root", "console=ttyAMA0"),
}[ARCHITECTURE]
# One emulated CPU of the hammered ones is the recorder's; tcg, as kvm is not to be had everywhere.
QEMU += ["-nodefaults", "-display", "none", "-no-reboot", "-accel", "tcg,thread=multi", "-smp", "2"]


def fetch(series):
    """Of each series its version and None, or None and why there is no such kernel."""
    done = subprocess.run([HERE / "fetch", KERNELS, *series], capture_output=True, text=True, check=False,
                          env=os.environ | {"ARCHITECTURE": ARCHITECTURE, "BUSYBOX": str(ROOT / "bin/busybox")})
    if done.returncode:
        return {name: (None, done.stderr.strip().splitlines()[-1]) for name in series}
    found = (line.split(" ", 2) for line in done.stdout.splitlines())
    return {name: (None, rest[1]) if rest[0] == "-" else (rest[0], None) for name, *rest in found}


def shared(tag, path, *options):
    return ["-virtfs", ",".join(["local", f"path={path}", f"mount_tag={tag}", "security_model=none", *options])]


def trees(*paths):
    """What a root that is not this machine's does not have, at the same place: QEMU's options, the kernel's."""
    if ROOT == pathlib.Path("/"):
        return [], []
    options = [shared(f"tree{i}", path, "readonly=on", "multidevs=remap") for i, path in enumerate(paths)]
    return sum(options, []), ["trees=" + ":".join(map(str, paths))]


class Machine:
    """One that runs one scenario of inside.py, and is gone when result() has returned."""

    def __init__(self, version, parameters, scenario, *arguments, memory=2048, devices=()):
        self.out = pathlib.Path(tempfile.mkdtemp(prefix="migtrace-kernels-"))
        self.version = version
        kernel = KERNELS / version
        options, words = trees(HERE.parent, BUILD, kernel)
        command = [HERE / "inside.py", BUILD, kernel / "lib/modules" / version, scenario, *arguments]
        self.process = subprocess.Popen(
            [*QEMU, "-m", str(memory), "-serial", f"file:{self.out}/console",
             "-kernel", kernel / "vmlinuz", "-initrd", kernel / "initramfs.gz",
             *shared("root", ROOT, "readonly=on", "multidevs=remap"), *shared("out", self.out), *options, *devices,
             "-append", " ".join([f"{CONSOLE} loglevel=4 panic=-1 mitigations=off", *words,
                                  *parameters, "--", *map(str, command)])],
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
