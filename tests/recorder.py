# SPDX-License-Identifier: GPL-2.0-or-later
"""A running `migtrace record` and what it has written."""
import atexit
import json
import os
import pathlib
import signal
import subprocess
import tempfile

from waiting import need

BUILD = pathlib.Path(os.environ.get("O", "build")).absolute()
MIGTRACE = BUILD / "migtrace"


class Recorder:
    """Use it as a context where what comes in between may fail: nothing is left running."""

    def __init__(self, *options, prefix=()):
        self.file = tempfile.NamedTemporaryFile(suffix=".jsonl")
        self.process = subprocess.Popen(
            [*prefix, MIGTRACE, "record", "-o", self.file.name, *options],
            stderr=subprocess.PIPE, text=True)
        atexit.register(self.kill)  # also where a test fails in between
        # The first clock line comes after all probes are attached.
        try:
            need("a recorder's first line", lambda: self.is_probing() or self.process.poll() is not None)
        except RuntimeError:
            self.kill()
            raise
        if self.process.poll() is not None:
            raise RuntimeError("recorder: " + self.process.stderr.read())

    def is_probing(self):
        return b'"kind":"clock"' in self.raw()

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

    def so_far(self):
        """Of a recorder that still writes: the last line may not be whole yet."""
        return [json.loads(line) for line in self.raw().rpartition(b"\n")[0].splitlines()]

    def lines(self):
        return [json.loads(line) for line in self.raw().splitlines()]
