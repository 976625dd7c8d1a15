# SPDX-License-Identifier: GPL-2.0-or-later
"""The two-host lab (tests/lab/lab) as a Python object."""
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

from recorder import BUILD
from waiting import HANGS_S

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the lab is taken down
LAB = pathlib.Path(__file__).parent.parent / "lab/lab"
DAEMONS = BUILD / "daemons"  # of tests/matrix/build-daemons
TIMEOUT = 5 * HANGS_S  # its own waits come first, and tell what they waited for


def lacks_daemons(tap, name):
    """Debian ships no virtqemud: it was built, if that was possible; else the test is skipped."""
    if (DAEMONS / "version").exists():
        return False
    failed = DAEMONS / "failed"
    tap.skip(name, failed.read_text().strip() if failed.exists() else "virtqemud is not built: make check does that")
    return True


class Lab:
    """Use it as a context: however the tests end, the lab is taken down."""

    def __init__(self, *options):
        self.options = options
        self.directory = tempfile.mkdtemp(prefix="mt")
        self.recorders = {}  # of each host, where a test has some
        self.recordings = []  # all recorders of one test
        self.environment = dict(os.environ, LAB=self.directory, LAB_BUILD=str(BUILD / "lab"),
                                LAB_DAEMONS=str(DAEMONS))

    def run(self, *command, guest=None):
        environment = {**self.environment, **({"LAB_GUEST": guest} if guest else {})}
        try:
            done = subprocess.run([LAB, *command], env=environment, text=True,
                                  capture_output=True, timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"lab {' '.join(command)}: takes too long") from error
        if done.returncode:
            raise RuntimeError(f"lab {' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    @contextlib.contextmanager
    def running(self, *command, stdout=None):
        """A command of the lab that runs as long as the context."""
        process = subprocess.Popen([LAB, *command], env=self.environment, stdout=stdout)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()

    def __enter__(self):
        try:
            self.run("up", *self.options)
        except BaseException:
            self.run("down")
            raise
        return self

    def forget_recordings(self):
        """Also where the test before failed, and did not end them."""
        for recorder in self.recordings:
            recorder.kill()
        self.recordings = []

    def __exit__(self, *exception):
        self.forget_recordings()
        self.run("down")

    def stats(self, host):
        """libvirt's own numbers as a dict, or None where it has none."""
        try:
            lines = self.run("stats", host).splitlines()
        except RuntimeError:
            return None
        pairs = (line.split(": ") for line in lines if ": " in line)
        return {key: int(value) for key, value in pairs if value.isdigit()}

    def host_changes(self):
        """
        Of each: how long the guest's beats paused at most, ns. Not from when the last one was read, but from
        when it was not there yet: who reads may be late, and a pause would seem too short.
        """
        lines = (line.split() for line in self.run("beats").splitlines() if line[0] != "#")
        return [int(l[1]) - int(l[5]) for l in lines if l[3] != l[4]]
