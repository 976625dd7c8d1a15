#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reports take time that is linear in files and in lines: counted in instructions, on any machine."""
import json
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from gate import Gate
from recorder import BUILD
from tap import Tap

REPLAY = pathlib.Path(__file__).parent.parent / "replay/p2p"
MIGTRACE = BUILD / "migtrace"
COUNTED = BUILD / "unfiltered/migtrace"
MOST = 2.5  # twice as much may take so many times as long: n log n is 2.2, a square is 4
ENDS = {"a": "1-a.jsonl", "b": "1-b.jsonl"}


def instructions(files):
    """Without what the dynamic linker does before main()."""
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=main",
                           COUNTED, "report", *files], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    counted = re.search(r"Collected : (\d+)", done.stderr)
    assert counted, done.stderr
    return int(counted.group(1))


def uuid_of(number):
    return f"00000000-0000-0000-0000-{number:012x}"


def write(path, records):
    path.write_text("".join(json.dumps(r, separators=(",", ":")) + "\n" for r in records))
    return path


def files(directory, count):
    """Of as many hosts; a few lines each, so that what each file costs all others would show."""
    made = []
    for i in range(count):
        header = {"kind": "header", "schema": "migtrace.record/1", "id": uuid_of(i), "host": f"host-{i}",
                  "boot_id": uuid_of(i)}
        clocks = [{"kind": "clock", "mono_before_ns": ns, "raw_ns": ns, "real_ns": ns + i, "mono_after_ns": ns + 1,
                   "lost": 0} for ns in range(1000, 9000, 1000)]
        made.append(write(directory / f"{i}.jsonl", [header, *clocks]))
    return made


def hosts_files(directory, count):
    """The same, of one host and its daemon, one after the other."""
    made = files(directory, count)
    for i, path in enumerate(made):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        lines[0]["boot_id"] = uuid_of(0)
        for line in lines[1:]:
            for key in ("mono_before_ns", "raw_ns", "mono_after_ns"):
                line[key] += 10000 * i
        write(path, [lines[0], {"kind": "daemon", "pid": 7, "host": "a", "hostuuid": None}, *lines[1:]])
    return made


def repeated(directory, kinds, vary):
    """A migration's recordings, with events of those kinds again and again after the first ones."""
    made = []
    for end, name in ENDS.items():
        records = [json.loads(line) for line in (REPLAY / name).read_text().splitlines()]
        first = {kind: next(r for r in records if r.get("event") == kind) for kind in kinds[end]}
        at = max(records.index(r) for r in first.values())
        more = [{**first[kind], "ktime_ns": records[at]["ktime_ns"] + i, **extra} for i, extra in vary(end)
                for kind in first]
        made.append(write(directory / name, records[:at + 1] + more + records[at + 1:]))
    return made


def calls(directory, count):
    return repeated(directory, {"a": ["rpc-client-send", "rpc-client-receive"], "b": ["rpc-server-send"]},
                    lambda end: ((i, {"serial": 1000 + i}) for i in range(count)))


def same_calls(directory, count):
    """All of them alike, as nobody would send them."""
    return repeated(directory, {"a": ["rpc-client-send", "rpc-client-receive"], "b": ["rpc-server-send"]},
                    lambda end: ((i, {"serial": 1000}) for i in range(count)))


def connections(directory, count):
    def ends(end, i):
        own = [("::ffff:10.9.0.1", 1000 + i), ("::ffff:10.9.0.2", 5)][::1 if end == "a" else -1]
        return {"old": 2 if end == "a" else 3, "new": 1, "local": own[0][0], "local_port": own[0][1],
                "peer": own[1][0], "peer_port": own[1][1]}
    return repeated(directory, {"a": ["tcp-state"], "b": ["tcp-state"]},
                    lambda end: ((i, ends(end, i)) for i in range(count)))


def linear(tap, name, make, count):
    with tempfile.TemporaryDirectory() as directory:
        once, twice = (instructions(make(pathlib.Path(directory), n)) for n in (count, 2 * count))
    tap.true(f"{name}: twice as much, {twice / once:.2f} times the instructions ({once / 1e6:.0f} to "
             f"{twice / 1e6:.0f} million)", twice < MOST * once, f"expected less than {MOST}")


def as_before(tap):
    """One fixed recording of two hosts."""
    ends = [REPLAY / name for name in ENDS.values()]
    Gate("report").check(tap, "report", {name: instructions(["--format", name, *ends])
                                         for name in ("text", "json", "csv", "html")})


def few_open(tap):
    """More files than may be open: each is opened when it is read."""
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
    with tempfile.TemporaryDirectory() as directory:
        many = [*files(pathlib.Path(directory), 300), *(REPLAY / name for name in ENDS.values())]
        whole, limited = (subprocess.run([MIGTRACE, "report", "--format", "json", *many], capture_output=True,
                                         text=True, check=False, preexec_fn=before) for before in (None, limit))
    tap.equal("302 files where 100 may be open", (limited.returncode, limited.stdout, limited.stderr),
              (0, whole.stdout, ""))
    tap.equal("they hold one migration", len(whole.stdout.splitlines()), 1)


def main():
    tap = Tap()
    tap.run(as_before)
    tap.run(few_open)
    for name, make, count in (("files of as many hosts", files, 100), ("files of one host", hosts_files, 100),
                              ("RPC messages", calls, 500), ("RPC messages that are all the same", same_calls, 500),
                              ("TCP messages", connections, 500)):
        tap.run(linear, name, make, count)
    tap.end()


if __name__ == "__main__":
    main()
