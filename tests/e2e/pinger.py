# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's pinger, which asks the guest for an answer each ms, and what it has printed."""
import contextlib
import pathlib
import re
import tempfile

from waiting import need


class Pings:
    """When frames left by a port of the switch, and when they came back by one; by host and number."""

    def __init__(self, path):
        self.left, self.back, sent = {"a": {}, "b": {}}, {"a": {}, "b": {}}, set()
        for line in pathlib.Path(path).read_text().rpartition("\n")[0].splitlines():
            what, number, at, *port = line.split()
            if what in "|<":
                (self.left if what == "|" else self.back)[port[0][-1]][int(number)] = int(at)
            else:
                sent.add(int(number))
        self.unseen = sent - self.left["a"].keys() - self.left["b"].keys()  # to leave by any port

    def left_between(self, host, begin, end):
        return {n: at for n, at in self.left[host].items() if begin <= at < end}

    def is_back_since(self, host, begin):
        """Whether the guest has answered by that host's port what was sent there since then."""
        return any(self.left[host].get(n, 0) > begin for n in self.back[host])


def guest_address(lab, host="a", name="beat"):
    """Of the guest's network card."""
    return re.search(r"mac address='(.*)'", lab.run("exec", host, "virsh", "dumpxml", name))[1]


@contextlib.contextmanager
def pinging(lab, address):
    """Asks as long as the context, from the first answer of host a's guest on; the file of what is printed."""
    with tempfile.NamedTemporaryFile("w+", suffix=".pings") as file:
        with lab.running("ping", address, stdout=file):
            need("an answer", lambda: Pings(file.name).back["a"])
            yield file.name
