#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each call of what reads, reports and keeps fails once: the same is said as ever, or it is said why not; nothing else.

EVERY=1 fails each call with each error, in place of a sample; ONLY is a regular expression of what is tried."""
import concurrent.futures
import errno
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import typing

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from recorder import BUILD
from tap import Tap
from waiting import HANGS_S

REPLAY = pathlib.Path(__file__).parent.parent / "replay"
MIGTRACE = BUILD / "sanitized/migtrace"
INJECT = BUILD / "inject/inject.so"
A, B = REPLAY / "p2p/1-a.jsonl", REPLAY / "p2p/1-b.jsonl"
SUPPRESSED = pathlib.Path(__file__).parent / "suppressions"  # what json-c itself leaks without memory
SAMPLE = 160
SAID = ("migtrace: ", '{"schema":"migtrace.error/1"')
SANITIZER = 99  # the status of a program that one of them has ended
USAGE, INCOMPLETE = 2, 3
CALLS = re.findall(r'^\t\{"(\w+)", \S+\},', (pathlib.Path(__file__).parent / "inject.c").read_text(), re.M)
READ_ERRORS, WRITE_ERRORS = ("EIO", "EINTR", "half"), ("ENOSPC", "EIO", "EDQUOT", "EINTR", "half")
ERRORS = {
    "read": READ_ERRORS, "pread": READ_ERRORS, "write": WRITE_ERRORS, "writev": WRITE_ERRORS,
    "open": ("EMFILE", "EACCES", "EINTR"), "close": ("EIO",), "fsync": ("EIO", "ENOSPC"), "fdatasync": ("EIO", "EDQUOT"),
    "rename": ("ENOSPC", "EROFS"), "unlink": ("EIO", "EROFS"), "truncate": ("EIO",), "readdir": ("EIO",),
    "stat": ("EIO",), "fstat": ("EIO",), "seek": ("EIO",), "lock": ("ENOLCK",), "mkdir": ("ENOSPC",), "dup": ("EMFILE",),
    "pipe": ("EMFILE",), "statfs": ("EIO",), "access": ("EIO",), "link": ("ENOSPC",), "malloc": ("ENOMEM",),
    "fork": ("EAGAIN",)}
REPORTED = [f"--reported-{side}={REPLAY}/p2p/reported-{side}" for side in ("source", "destination")]
READERS = {
    **{f"report, {form}": ("report", "--format", form, A, B) for form in ("text", "json", "html", "perfetto", "csv", "otlp")},
    "report, libvirt's numbers": ("report", "--format", "json", *REPORTED, A, B),
    **{f"verify, {form}": ("verify", "--format", form, *REPORTED, A, B) for form in ("text", "json", "junit")},
}
KEEPERS = {
    "list": ("list", "--store", "STORE", "--json"), "last": ("last", "--store", "STORE", "p2p"),
    "history": ("history", "--store", "STORE", "p2p"), "report of ids": ("report", "--format", "json", "--store", "STORE", "IDS"),
    "diff": ("diff", "--store", "STORE", "IDS,"), "export": ("export", "--store", "STORE", "-o", "STORE/../out", "IDS"),
    "import": ("import", "--store", "STORE", REPLAY / "cancelled/1-a.jsonl"),
    "import into nothing": ("import", "--store", "STORE/../new-store", A),
}


class Done(typing.NamedTuple):
    status: int
    out: str
    err: str
    failed: int
    calls: dict


def run(directory, arguments, inject="all:0:0"):
    """Runs it with the call that fails; what it says of the directory is made the same everywhere."""
    count = pathlib.Path(directory) / "count"
    count.write_bytes(bytes(4 * (1 + len(CALLS))))
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC", "LD_PRELOAD": str(INJECT), "INJECT": inject,
                   "INJECT_COUNT": str(count), "UBSAN_OPTIONS": "print_stacktrace=1",
                   "LSAN_OPTIONS": f"print_suppressions=0:suppressions={SUPPRESSED}",
                   "ASAN_OPTIONS": f"verify_asan_link_order=0:allocator_may_return_null=1:exitcode={SANITIZER}"}
    done = subprocess.run([MIGTRACE, *map(str, arguments)], capture_output=True, stdin=subprocess.DEVNULL, check=False,
                          env=environment, timeout=HANGS_S, cwd=directory)
    failed, *calls = struct.unpack(f"{1 + len(CALLS)}I", count.read_bytes())
    out, err = (text.decode(errors="replace").replace(str(directory), "DIRECTORY") for text in (done.stdout, done.stderr))
    return Done(done.returncode, out, err, failed, dict(zip(CALLS, calls)))


def plain(directory, *arguments):
    done = subprocess.run([MIGTRACE, *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.replace(str(directory), "DIRECTORY"), done.stderr


class Command:
    """A command, in a directory with a store of its own each time that it is run."""

    def __init__(self, name, words, store=None, ids=()):
        self.name, self.words, self.store, self.ids = name, words, store, ids
        with self.place() as directory:
            self.good = run(directory, self.arguments(directory))
            self.kept = self.rows(directory)

    def place(self):
        place = tempfile.TemporaryDirectory(prefix="inject-")
        if self.store:
            shutil.copytree(self.store, pathlib.Path(place.name) / "store")
        return place

    def arguments(self, directory):
        words = []
        for word in map(str, self.words):
            words += {"IDS": self.ids, "IDS,": [",".join(self.ids)] * 2}.get(word, [word.replace("STORE", f"{directory}/store")])
        return words

    def folder(self, directory):
        store = [word for word in self.arguments(directory) if word.startswith(str(directory)) and word.endswith("store")]
        return store[0] if store else None

    def rows(self, directory):
        """What the store has in the end, if there is one."""
        folder = self.folder(directory)
        status, rows, said = plain(directory, "list", "--json", "--store", folder or "/none")
        return rows, "" if status == INCOMPLETE or not folder or not os.path.isdir(folder) else said


def known(value, path=()):
    """The bounds of all figures that a document knows, by where they stand."""
    if isinstance(value, dict):
        own = {path: (value["lo_ns"], value["hi_ns"])} if None not in (value.get("lo_ns"), value.get("hi_ns")) else {}
        return {**own, **{k: v for key in value for k, v in known(value[key], path + (key,)).items()}}
    if isinstance(value, list) and "breakdown" not in path:
        return {k: v for i, one in enumerate(value) for k, v in known(one, path + (i,)).items()}
    return {}


def says_less(out, good):
    """Whether it is the beginning of what is said else, or has no figure but one that may be the same.

    JSON is judged; of text it is enough that it says what it does not know, or how well."""
    if good.startswith(out.rstrip("\n")):
        return True
    try:
        pairs = list(zip(map(json.loads, out.splitlines()), map(json.loads, good.splitlines()), strict=True))
    except ValueError:
        return "unknown" in out or "+-" in out or not re.search(r"\d ms", out)
    return all(path not in known(whole) or lo <= known(whole)[path][1] and hi >= known(whole)[path][0]
               for part, whole in pairs for path, (lo, hi) in known(part).items())


def fault(command, done):
    """What is wrong with it, or None."""
    good = command.good
    if done.status < 0 or done.status == SANITIZER or "Sanitizer" in done.err or "runtime error" in done.err:
        return "it crashed"
    if (done.status, done.out) == (good.status, good.out):
        return None
    if done.status == good.status and says_less(done.out, good.out):  # bounds that are wider, say
        return None
    if done.status == 0 or done.status == USAGE:
        return "no failure, but another output"
    if not done.err or not all(line.startswith(SAID) for line in done.err.splitlines()):
        return "it does not say why"
    return None if says_less(done.out, good.out) else "it says something else"


def store_fault(command, directory, done):
    """The same of what is kept: all of it, or less, and what is there is whole; and it can be made good."""
    rows, said = command.rows(directory)
    if said:
        return f"the store is damaged: {said}"
    if done.status == 0 and rows != command.kept[0]:
        return f"not all is kept: {rows}"
    if not set(rows.splitlines()) <= set(command.kept[0].splitlines()):
        return f"something else is kept: {rows}"
    for row in map(json.loads, rows.splitlines()):
        status, _, said = plain(directory, "export", "--store", command.folder(directory), "-o", "/dev/null", row["id"])
        if status:
            return f"{row['id']} cannot be read: {said}"
    status, _, said = plain(directory, *command.arguments(directory))
    return None if status == command.good.status else f"it cannot be done again: {said}"


def case(command, call, number, error):
    """Returns how it went, where that is wrong."""
    code = 0 if error == "half" else getattr(errno, error)
    with command.place() as directory:
        done = run(directory, command.arguments(directory), f"{call}:{number}:{code}")
        wrong = fault(command, done)
        if not wrong and command.name.startswith("import"):
            wrong = store_fault(command, directory, done)
    what = f"{command.name}: {call} {number} of {command.good.calls[call]}, {error}"
    return wrong and f"{what}: {wrong}: status {done.status}, {done.err[:3000]!r}, {done.out[:300]!r}"


def cases(command):
    return [(command, call, number, error) for call in CALLS for number in range(1, command.good.calls[call] + 1)
            for error in ERRORS[call]]


def main():
    tap = Tap()
    only = re.compile(os.environ.get("ONLY", ""))
    with tempfile.TemporaryDirectory() as directory, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        store = pathlib.Path(directory) / "store"
        plain(directory, "import", "--store", store, A, B)
        ids = [json.loads(line)["id"] for line in plain(directory, "list", "--json", "--store", store)[1].splitlines()]
        tap.equal("a store to begin with", len(ids), 2)
        commands = [*(Command(name, words) for name, words in READERS.items()),
                    *(Command(name, words, store, ids) for name, words in KEEPERS.items())]
        for command in commands:
            tap.true(f"{command.name}: does what it should", command.good.status == 0 and command.good.err.count(
                "Sanitizer") == 0, command.good)
        tried = [one for command in commands for one in cases(command) if only.search(f"{one[0].name}: {one[1]} {one[3]}")]
        every = int(os.environ.get("EVERY", max(1, len(tried) // SAMPLE)))
        tried = tried[every // 2::every]
        wrong = list(filter(None, pool.map(lambda one: case(*one), tried)))
        tap.equal(f"{len(tried)} calls that fail: nothing is said that is not so", wrong, [])
    tap.end()


if __name__ == "__main__":
    main()
