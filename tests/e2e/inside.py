#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A migration in this PID namespace, recorded from within as in a pod: by all that is seen, and by --pid."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from e2e_test import report
from kinds import P2P, daemon_pid
from lab import Lab
from recorder import Recorder


def main():
    with Lab() as lab:
        lab.run("guest", "a", "inside")
        pids = [daemon_pid(lab, host) for host in "ab"]
        with Recorder() as recorder, Recorder("--pid", str(pids[0])) as of_a:
            print("recording", flush=True)
            sys.stdin.readline()
            lab.run("migrate", "a", *P2P, guest="inside")
            lines = recorder.end()
            migrations, said = report(recorder.file.name)
            lines_of_a = of_a.end()
    last = int(pathlib.Path("/proc/loadavg").read_text().split()[-1])
    json.dump({"pids": pids, "last_pid": last, "lines": lines, "lines_of_a": lines_of_a, "migrations": migrations,
               "said": said.stderr}, sys.stdout)


if __name__ == "__main__":
    main()
