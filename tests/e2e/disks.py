# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lab guest tells of its disks: when it asked and when it had an answer, by one clock, each within bounds."""
import contextlib
import os
import select
import socket
import threading
import time
from typing import NamedTuple

from waiting import need


class Told(NamedTuple):
    """A letter that came from one of the QEMUs: it was sent between the two."""

    letter: str
    qemu: int
    after: int
    by: int


class Disks:
    """Listens to the guest, whichever QEMU it is in: a guest is in one at a time."""

    def __init__(self, lab):
        self.listener = socket.socket(socket.AF_UNIX)
        self.path = os.path.join(lab.directory, "disks.sock")
        self.listener.bind(self.path)
        self.listener.listen()
        self.told, self.ends = [], os.pipe()
        self.thread = threading.Thread(target=self._listen)

    def _take(self, connection, qemu, empty):
        letters = connection.recv(4096).decode("ascii")
        now = time.monotonic_ns()
        self.told.extend(Told(letter, qemu, empty, now) for letter in letters)
        return letters

    def _listen(self):
        """What has come is read until nothing is left: what comes next was sent later."""
        poll, connections, numbers, empty = select.poll(), {}, {}, {}
        for file in (self.listener.fileno(), self.ends[0]):
            poll.register(file, select.POLLIN)
        while True:
            for file, _ in poll.poll():
                if file == self.ends[0]:
                    return
                if file == self.listener.fileno():
                    connection, _ = self.listener.accept()
                    connections[connection.fileno()] = connection
                    numbers[connection.fileno()] = len(numbers) and max(numbers.values()) + 1
                    empty[connection.fileno()] = 0
                    poll.register(connection, select.POLLIN)
                elif not self._take(connections[file], numbers[file], empty[file]):
                    poll.unregister(file)
                    connections.pop(file).close()
            for file in connections:
                before = time.monotonic_ns()
                if not select.select([file], [], [], 0)[0]:
                    empty[file] = before

    def await_answers(self, count):
        """As many more as there are, of any disk."""
        before = len(self.told)
        need("the guest's disks", lambda: sum(t.letter.islower() for t in self.told[before:]) >= count)

    def requests(self, disk):
        """Of each in turn (asked, answered); the last one's may be None."""
        told = [t for t in list(self.told) if t.letter.lower() == "abcd"[disk]]
        return list(zip(told[::2], told[1::2]))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        os.write(self.ends[1], b"\n")
        self.thread.join()
        self.listener.close()
        os.unlink(self.path)


@contextlib.contextmanager
def listening(lab):
    with Disks(lab) as disks:
        yield disks
