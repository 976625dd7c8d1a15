#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What runs in a test's virtual machine: one scenario, of which the results go to its host."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import traceback

import host

OUT = pathlib.Path("/run/out")
BUILD = pathlib.Path("/run/build")
RECORDINGS = pathlib.Path("/run/recordings")
HERE = pathlib.Path(__file__).parent
MIGTRACE = BUILD / "migtrace"
PROCESSES, THREADS, QEMUS = 3, 4, 3


def mount(kind, source, directory, options="defaults"):
    os.makedirs(directory, exist_ok=True)
    subprocess.run(["mount", "-t", kind, "-o", options, source, directory], check=True)


def prepare(build, modules):
    """Files that are probed lie in memory: those of the host's root come over a slow line."""
    mount("tmpfs", "tmpfs", "/run")
    mount("9p", "out", OUT, "trans=virtio,version=9p2000.L,msize=512000")
    BUILD.mkdir()
    RECORDINGS.mkdir()
    RECORDINGS.chmod(0o777)
    for name in ("migtrace", "bpf", "kernels", "lab"):
        source = pathlib.Path(build) / name
        if source.exists():
            (shutil.copytree if source.is_dir() else shutil.copy)(source, BUILD / name)
    mount("tmpfs", "tmpfs", "/dev/shm")
    mount("devpts", "devpts", "/dev/pts")
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink("/proc/self/fd" + target, f"/dev/{name}")
    os.makedirs("/lib/modules", exist_ok=True)
    os.symlink(modules, f"/lib/modules/{os.uname().release}")
    mount("debugfs", "debugfs", "/sys/kernel/debug")
    mount("securityfs", "securityfs", "/sys/kernel/security")


def preempt():
    """As the kernel says it, of what can be chosen: none voluntary (full) lazy."""
    path = pathlib.Path("/sys/kernel/debug/sched/preempt")
    return path.read_text().strip() if path.exists() else None


def dmesg():
    return subprocess.run(["dmesg", "--notime"], capture_output=True, text=True,
                          check=True).stdout.splitlines()


class Hammer:
    """One stand-in; a line on its stdin and it goes on."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.expect("ready")

    def expect(self, word):
        line = self.process.stdout.readline()
        assert line == word + "\n", f"{self.process.args}: {line!r}, not {word}"

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def counts(self):
        lines = self.process.stdout.read().split("\n")
        return self.process.wait(), [line.split() for line in lines if line]


class Refused(Exception):
    """The recorder does not begin: what it said."""


class Recorder:
    def __init__(self, name, *options, before=()):
        self.path, self.file = OUT / name, RECORDINGS / name
        start = time.monotonic()
        # With its host only at the end: the line to it is slow.
        self.process = subprocess.Popen([*before, MIGTRACE, "record", "-o", self.file, *options],
                                        stderr=subprocess.PIPE, text=True)
        while not self.file.exists() or b'"kind":"clock"' not in self.file.read_bytes():
            if self.process.poll() is not None or time.monotonic() > start + 120:
                raise Refused(self.process.stderr.read())
            time.sleep(0.01)
        self.attach_s = time.monotonic() - start

    def end(self):
        start = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        said = self.process.communicate()[1]
        self.detach_s = time.monotonic() - start
        shutil.copy(self.file, self.path)
        return self.process.returncode, said


def hammer(seconds, *options):
    """Stand-ins that are hit without a pause, by many threads on one CPU, with one recorder."""
    kernels = BUILD / "kernels"
    hammers = [Hammer(kernels / "hammer", str(n), str(THREADS), seconds) for n in range(PROCESSES)]
    hammers += [Hammer(kernels / "qemu-system-hammer", "-uuid",
                       f"{n:02x}0203aa-0506-0708-090a-0b0c0d0e0fbb", seconds)
                for n in range(QEMUS)]
    before = dmesg()
    recorder = Recorder("hammer.jsonl", *options)
    for one in hammers:
        one.go_on()
        one.expect("begins")
    for one in hammers:
        one.go_on()
    counts = [one.counts() for one in hammers]
    status, said = recorder.end()
    return {"counts": [line for _, lines in counts for line in lines],
            "ended": [code for code, _ in counts], "recorder": status, "said": said,
            "attach_s": recorder.attach_s, "detach_s": recorder.detach_s,
            "dmesg": dmesg()[len(before):]}


def tried(*prefix, options=()):
    """What a recorder and doctor say, and how they exit, where they are run so."""
    said = {}
    for command in (["record", "--duration", "1s", "-o", "/run/tried.jsonl", *options], ["doctor"]):
        pathlib.Path("/run/tried.jsonl").unlink(missing_ok=True)
        done = subprocess.run([*prefix, MIGTRACE, *command], capture_output=True, text=True, timeout=300,
                              check=False)
        said[command[0]] = {"status": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
    return said


def hidden(directory):
    """A command before which an empty directory is over that one."""
    return ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs "$0" && exec "$@"', directory]


def harden():
    for name, value in (("net/core/bpf_jit_harden", 2), ("kernel/yama/ptrace_scope", 3),
                        ("kernel/perf_event_paranoid", 4), ("kernel/unprivileged_bpf_disabled", 1)):
        path = pathlib.Path("/proc/sys") / name
        if path.exists():
            path.write_text(str(value))


def lock_down(how):
    pathlib.Path("/sys/kernel/security/lockdown").write_text(how)


def environments():
    """Where the kernel gives less than usual; what is locked down stays so, and is last."""
    Hammer(BUILD / "kernels/hammer", "0", "1", "1")
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    said = {"plain": tried(), "no BTF": tried(*hidden("/sys/kernel/btf")), "no /sys": tried(*hidden("/sys")),
            "no privilege": tried(*nobody),
            "own PID namespace": tried("unshare", "--pid", "--fork", "--mount-proc")}
    said["private stacks"] = tried(options=["--test-private-stack"])
    harden()
    said["hardened sysctls"] = tried()
    for how in ("integrity", "confidentiality"):
        lock_down(how)
        said[f"lockdown={how}"] = tried()
    return {"environments": said}


# What facts of the kernels say that it takes, and no more; no CAP_SYS_ADMIN.
CAPABILITIES = ",".join(f"+{name}" for name in ("bpf", "perfmon", "sys_ptrace", "dac_read_search",
                                                "checkpoint_restore"))
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps",
          f"-all,{CAPABILITIES}", "--ambient-caps", f"-all,{CAPABILITIES}", "--bounding-set",
          f"-all,{CAPABILITIES}", "--no-new-privs"]


def lab(*command):
    environment = os.environ | {"LAB": "/tmp/lab", "LAB_BUILD": str(BUILD / "lab")}
    done = subprocess.run([HERE.parent / "lab/lab", *command], capture_output=True, text=True,
                          check=False, env=environment)
    assert done.returncode == 0, f"lab {' '.join(command)}: {done.stderr}"
    return done.stdout.strip()


def report(*recordings):
    done = subprocess.run([MIGTRACE, "report", "--format", "json", *recordings], capture_output=True,
                          text=True, check=False)
    return {"status": done.returncode, "stderr": done.stderr,
            "migrations": [json.loads(line) for line in done.stdout.splitlines()]}


def migration():
    """A guest of real QEMUs and libvirts there and back, recorded by nobody with five capabilities."""
    lab("up", "--type", "qemu")
    lab("guest", "a")
    recorders = [Recorder(f"{host}.jsonl", "--netns", lab("netns", host), before=NOBODY)
                 for host in "ab"]
    lab("migrate", "a")
    ended = [recorder.end() for recorder in recorders]
    beats = pathlib.Path("/tmp/lab/beats.log").read_text().splitlines()
    lab("down")
    return {"recorders": ended, "capabilities": CAPABILITIES, "beats": beats,
            "report": report(*(recorder.path for recorder in recorders))}


def one_host(letter):
    """One of two hosts that are machines of their own; a's guest leaves it."""
    shared = host.Shared()
    host.start_host(letter)

    @contextlib.contextmanager
    def record():
        recorded = {}
        recorder = Recorder(f"{letter}.jsonl")
        try:
            yield recorded
        finally:
            recorded["recorder"] = recorder.end()

    return (host.source(shared, BUILD / "lab/guest.elf", record) if letter == "a"
            else host.destination(shared, record))


def stand_in(*names):
    """Tests of those names on the stand-in daemon: each event and each byte."""
    environment = os.environ | {"O": str(BUILD), "PYTHONDONTWRITEBYTECODE": "1"}
    with (OUT / "tap").open("w") as out:  # for who looks how far it has come
        done = subprocess.run([HERE.parent / "bpf/bpf_test.py", *names], stdout=out, stderr=subprocess.PIPE, text=True,
                              check=False, env=environment)
    doctor = subprocess.run([MIGTRACE, "doctor", *sorted((BUILD / "bpf").glob("libvirt*.so*"))], capture_output=True,
                            text=True, check=False)
    return {"status": done.returncode, "tap": (OUT / "tap").read_text(), "stderr": done.stderr, "doctor": doctor.stdout}


SCENARIOS = {"stand-in": stand_in, "hammer": hammer, "environments": environments, "migration": migration,
             "host": one_host}


def main():
    build, modules, scenario, *arguments = sys.argv[1:]
    prepare(build, modules)
    result = {"release": os.uname().release, "version": os.uname().version, "preempt": preempt()}
    try:
        result |= SCENARIOS[scenario](*arguments)
    except Refused as reason:
        result |= {"refused": str(reason)}
    except Exception:  # the host is to know it
        result |= {"error": traceback.format_exc(), "dmesg": dmesg()[-60:]}
    (OUT / "result.new").write_text(json.dumps(result))
    os.rename(OUT / "result.new", OUT / "result.json")
    os.sync()
    pathlib.Path("/proc/sysrq-trigger").write_text("o")
    time.sleep(60)


if __name__ == "__main__":
    main()
