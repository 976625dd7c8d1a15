#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest whose migration fails again and again, with addresses or ports translated on the way: which attempt is which."""
import pathlib
import sys

TESTS = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "e2e")]
import ways
from kinds import P2P
from lab import Lab
from retry_test import retried
from rows import run_each
from tap import Tap


def attempts(tap, name, way, *up):
    with Lab(*up) as lab, way(lab) as options:
        retried(tap, lab, name, (*P2P, *options["a"]))


def other_ports(tap):
    """Each host's own firewall gives its connections other ports."""
    attempts(tap, "other-ports", ways.other_ports)


def translated(tap):
    """Both addresses are translated on the way."""
    attempts(tap, "translated", ways.translated, "--router")


def proxied(tap):
    """A TCP proxy between, which each host is connected to."""
    attempts(tap, "proxied", ways.proxied, "--router")


def main():
    tap = Tap()
    tests = (other_ports, translated, proxied)
    run_each(tap, "retried_test", tests, ())
    tap.end()


if __name__ == "__main__":
    main()
