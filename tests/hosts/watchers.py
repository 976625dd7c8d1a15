# SPDX-License-Identifier: GPL-2.0-or-later
"""Whoever records a machine, in each way that there is: what it has open, what it found, and what it said."""
import contextlib
import gzip
import json
import os
import pathlib
import signal
import tempfile

from e2e_test import report
from live import Live
from live_test import is_recording
from recorder import MIGTRACE, Recorder
from service_test import Service, is_idle, migtrace, rows
from waiting import need


def tree(pid):
    """The process and all that it has started."""
    found = [pid]
    with contextlib.suppress(OSError):  # it has ended
        for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += tree(int(child))
    return found


def held_by(pid):
    """How many files each of them has open, and how many of the kernel's links to probes all have."""
    pids, links = tree(pid), 0
    for one in pids:
        for info in pathlib.Path(f"/proc/{one}/fdinfo").iterdir():
            with contextlib.suppress(OSError):
                links += "uprobe_multi" in info.read_text()
    return [len(os.listdir(f"/proc/{one}/fd")) for one in pids], links


class Record:
    """`record`"""
    recorders = 1

    def __init__(self, _directory):
        self.recorder = Recorder()
        self.process = self.recorder.process

    def settle(self, _count):
        """Waits until it has nothing to do any more with so many migrations."""

    def end(self, _count):
        """Returns the migrations, what was said, and the exit status."""
        self.process.send_signal(signal.SIGINT)
        said = self.process.communicate()[1]
        migrations, done = report(self.recorder.file.name)
        return migrations, said + done.stderr, self.process.returncode

    def lines(self):
        """All that was recorded."""
        return self.recorder.lines()

    def kill(self):
        self.recorder.kill()


class Watch:
    """`live`"""
    recorders, options, files = 1, (), ("",)

    def __init__(self, directory):
        self.live = Live("--json", "--record", f"{directory}/r", *self.options)
        self.process = self.live.process
        self.paths = [pathlib.Path(f"{directory}/r{end}") for end in self.files]
        need(f"{self.__doc__}: it records", is_recording, *self.paths)

    def settle(self, count):
        self.live.wait_for("migtrace.migration/1", count=count)

    def end(self, count):
        self.settle(count)
        status = self.live.end()
        return self.live.reports(), "\n".join(self.live.errors()), status

    def lines(self):
        return list(map(json.loads, self.paths[-1].read_text().splitlines()))

    def kill(self):
        self.live.__exit__()


class Peer(Watch):
    """`live` with a peer"""
    recorders = 2
    options = ("--netns", "/proc/self/ns/net", "--peer-command", f"{MIGTRACE} record -o - --answer")
    files = ("", ".peer-1")


class Keep:
    """the service"""
    recorders = 1

    def __init__(self, directory):
        self.store = pathlib.Path(directory) / "store"
        self.service = Service(self.store)
        self.process = self.service.process

    def settle(self, count):
        need("both halves of each are kept", lambda: len(rows(self.store)) == 2 * count)
        need("it is idle", is_idle, self.store)

    def end(self, count):
        self.settle(count)
        status, said = self.service.end()
        _, out, err = migtrace("report", "--store", self.store, "--format", "json", *(row["id"] for row in rows(self.store)))
        migrations = sorted(map(json.loads, out.splitlines()), key=lambda m: m["started_real_ns"])
        # It says which half it has kept, as there is no journal.
        return migrations, "".join(line for line in said.splitlines(True) if "beat" not in line) + err, status

    def lines(self):
        """Of each half what came meanwhile is kept, of the other one, too: all once."""
        every = {line for row in rows(self.store) for line in gzip.open(self.store / f"{row['id']}.jsonl.gz", "rt")}
        return sorted(map(json.loads, every), key=lambda line: line.get("ktime_ns", 0))

    def kill(self):
        self.service.__exit__()


ALL = (Record, Watch, Peer, Keep)


@contextlib.contextmanager
def recording(kind):
    with tempfile.TemporaryDirectory() as directory:
        one = kind(directory)
        try:
            yield one
        finally:
            one.kill()
