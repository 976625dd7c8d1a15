# SPDX-License-Identifier: GPL-2.0-or-later
"""A running `migtrace record` and what it has written."""
import atexit
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

BUILD = pathlib.Path(os.environ.get("O", "build")).absolute()
MIGTRACE = BUILD / "migtrace"


class Recorder:
    """Use it as a context where what comes in between may fail: nothing is left running."""

    def __init__(self, *options):
        self.file = tempfile.NamedTemporaryFile(suffix=".jsonl")
        self.process = subprocess.Popen(
            [MIGTRACE, "record", "-o", self.file.name, *options],
            stderr=subprocess.PIPE, text=True)
        atexit.register(self.kill)  # also where a test fails in between
        # The first clock line comes after all probes are attached.
        deadline = time.monotonic() + 30
        while b'"kind":"clock"' not in pathlib.Path(self.file.name).read_bytes():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("recorder: " + self.process.stderr.read())
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def end(self, sig=signal.SIGINT):
        self.process.send_signal(sig)
        self.process.wait()
        self.process.stderr.close()
        return self.lines()

    def raw(self):
        return pathlib.Path(self.file.name).read_bytes()

    def lines(self):
        return [json.loads(line) for line in self.raw().splitlines()]
