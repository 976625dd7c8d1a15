# SPDX-License-Identifier: GPL-2.0-or-later
"""A running `migtrace live` or `wait`: each line that it prints, and when it came."""
import json
import signal
import subprocess
import threading
import time

from recorder import MIGTRACE
from waiting import HANGS_S


class Live:
    """Use it as a context: nothing is left running."""

    def __init__(self, *options, command=("live",), environment=None, program=MIGTRACE):
        self.lines = []  # (CLOCK_MONOTONIC in ns, text)
        self.said = []  # on stderr
        self.started_ns = time.monotonic_ns()
        self.process = subprocess.Popen([program, *command, *map(str, options)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env=environment)
        self.threads = [threading.Thread(target=self._read, args=(stream, lines)) for stream, lines
                        in ((self.process.stdout, self.lines), (self.process.stderr, self.said))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.append((time.monotonic_ns(), line.rstrip("\n")))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()

    def text(self):
        return [text for _, text in self.lines]

    def errors(self):
        return [text for _, text in self.said]

    def wait_for(self, *words, lines=None, count=1):
        """Waits for so many lines with all these words; returns the last of them, or (0, "")."""
        until = time.monotonic() + HANGS_S
        while time.monotonic() < until:
            found = [line for line in (lines if lines is not None else self.lines)
                     if all(word in line[1] for word in words)]
            if len(found) >= count:
                return found[count - 1]
            if self.process.poll() is not None and not any(t.is_alive() for t in self.threads):
                break
            time.sleep(0.005)
        print(f"# in vain: waited for {count} of {words}")
        return (0, "")

    def end(self, sig=signal.SIGINT):
        """Returns the exit status; all lines are there then."""
        if sig:
            self.process.send_signal(sig)
        status = self.process.wait(timeout=HANGS_S)
        for thread in self.threads:
            thread.join()
        return status

    def reports(self):
        objects = [json.loads(text) for text in self.text()]
        return [o for o in objects if o["schema"] == "migtrace.migration/1"]
