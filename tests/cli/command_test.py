#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands themselves: help, version, and what is said of a word that is none of them."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from recorder import BUILD
from tap import Tap

MIGTRACE = BUILD / "migtrace"
VERSION = re.search(r'MIGTRACE_VERSION "(.*)"', (ROOT / "src/version.h").read_text()).group(1)


def migtrace(*arguments):
    done = subprocess.run([MIGTRACE, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def version(tap):
    tap.true("a version is three numbers", re.fullmatch(r"\d+\.\d+\.\d+", VERSION), VERSION)
    tap.equal("--version", migtrace("--version"), (0, f"migtrace {VERSION}\n", ""))


def main():
    tap = Tap()
    tap.run(version)
    tap.end()


if __name__ == "__main__":
    main()
