#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Completion: what the program offers, in real shells too; zsh and fish where they are installed."""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from recorder import BUILD
from tap import Tap

REPLAY = ROOT / "tests/replay"
SCRIPTS = ROOT / "tools/completion"
WITH_ALL_SHELLS = os.environ.get("SHELLS") == "all"
OF_FLEET = ["collect", "ship"]  # which migtrace-fleet has, and completes
FINDS = 20  # seconds until a shell has to have answered


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def offered(*words, program=BUILD / "migtrace"):
    """Returns what the program offers for the last of the words, without what it says of it."""
    return [line.split("\t")[0] for line in run(program, "complete", "--", *words).stdout.splitlines()]


def commands():
    return re.findall(r"^  ([a-z]+) ", run(BUILD / "migtrace", "help").stdout, re.M)


def offers(tap):
    tap.equal("no word: the commands, and those of the program beside it", sorted(offered()),
              sorted([*commands(), *OF_FLEET]))
    for words, expected in (
            (("re",), ["record", "report"]),
            (("--ve",), ["--version"]),
            (("--min",), ["--min-downtime"]),
            (("nonsense", ""), []),
            (("report", "--format", ""), ["text", "json", "html", "perfetto", "csv", "virsh", "otlp"]),
            (("report", "-f", "c"), ["csv"]),
            (("verify", "--format=j"), ["json", "junit"]),
            (("report", ""), ["@file"]),
            (("report", "a.jsonl", ""), ["@file"]),
            (("report", "--", "--x"), ["@file"]),
            (("verify", ""), ["@domain", "@file"]),
            (("verify", "web1", ""), ["@file"]),
            (("verify", "--connect", "qemu:///sy"), ["qemu:///system"]),
            (("wait", ""), ["@domain"]),
            (("list", "--store", "/nowhere", ""), []),
            (("sh",), ["ship"]),
            (("ship", "--to", ""), []),
            (("ship", "--key", ""), ["@file"]),
            (("ship", "--store="), ["@directory"]),
            (("collect", ""), ["@host", "@directory"]),
            (("collect", "--replay", "stores/a", ""), ["@host", "@directory"]),
            (("collect", "--config", ""), ["@file"]),
            (("wait", "web1", "--fail-if", "elapsed"), ["elapsed", "elapsed_net"]),
            (("--name", ""), ["@domain"]),
            (("--peer", "x"), ["@host"]),
            (("record", "-o", ""), ["@file"]),
            (("record", "-o", "x", ""), []),
            (("record", "--devices", "--dev"), ["--devices"]),
            (("explain", "mt"), []),
            (("explain", "MT00"), [f"MT00{digit}" for digit in range(1, 10)]),
            (("schema", "verify"), ["verify", "verify.summary"]),
            (("help", "ver"), ["verify", "version"])):
        tap.equal(f"{' '.join(words)!r}", offered(*words), expected)


def kept(tap):
    """What is in a store: of that the guests that run now say nothing."""
    with tempfile.TemporaryDirectory() as folder:
        store = f"{folder}/store"
        run(BUILD / "migtrace", "import", "--store", store, *(REPLAY / "p2p").glob("1-?.jsonl"),
            *(REPLAY / "cancelled").glob("1-?.jsonl"))
        of_p2p = [f"20261125T031922-7993455c-{side}" for side in ("dst", "src")]
        for words, expected in (
                (("report", "--store", store, "20261125T0319"), ["@file", *of_p2p]),
                (("verify", f"--store={store}", "web1", "20261125T0319"), ["@file", *of_p2p]),
                (("wait", "--store", store, "20261125T0319"), ["@domain", *of_p2p]),
                (("wait", "--store", store, of_p2p[0], "20261125T0319"), of_p2p),
                (("export", "--store", store, of_p2p[0], "20261125T0319"), of_p2p),
                (("diff", "--store", store, "20261125T0319"), ["@file", *of_p2p]),
                (("diff", "--store", store, of_p2p[0], "20261125T0319"), ["@file", *of_p2p]),
                (("list", "--store", store, ""), ["cancelled", "p2p"]),
                (("last", "--store", store, "p"), ["p2p"]),
                (("last", "--store", store, "p2p", ""), []),
                (("history", "--store", store, "p"), ["p2p"]),
                (("history", "--pair", "--store", store, "host"), ["host-a", "host-b"])):
            tap.equal(f"of a store: {words[0]} {words[-1]!r}", sorted(offered(*words)), sorted(expected))
        said = run(BUILD / "migtrace", "complete", "--", "export", "--store", store, of_p2p[0]).stdout
        tap.equal("an id has its domain and outcome beside it", said, f"{of_p2p[0]}\tp2p, completed\n")


def options(tap):
    """Exactly the options that the command takes: those of its help, and it refuses none of them."""
    for command in [*commands(), *OF_FLEET]:
        has = run(BUILD / "migtrace", "help", command).stdout
        shown = set(re.findall(r"^ {2,6}(?:-., +)?(--[a-z-]+)", has, re.M)) - {"--usage"}
        tap.equal(f"the options of {command}", sorted(offered(command, "--")), sorted(shown))
    tap.equal("without a command: those of live", sorted(offered("--")), sorted([*offered("live", "--"), "--version"]))


def reader(tap):
    program = BUILD / "report/migtrace"
    tap.equal("the program that only reads: its commands", offered(program=program),
              [c for c in commands() if c not in ("live", "wait", "record", "import", "doctor")])
    tap.equal("no options of a command that it has not", offered("record", "--", program=program), ["--help"])
    tap.equal("nor arguments", offered("wait", "", program=program), [])


def plain(shown):
    """Without bells, and without what a backspace takes away."""
    shown = shown.replace("\a", "")
    while (shorter := re.sub("[^\b]\b", "", shown)) != shown:
        shown = shorter
    return shown


class Place:
    """A folder with two recordings, and a virsh that knows two domains."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        path = pathlib.Path(self.folder.name)
        (path / "bin").mkdir()
        (path / "bin/migtrace").symlink_to(BUILD / "migtrace")
        virsh = path / "bin/virsh"
        virsh.write_text('#!/bin/sh\n[ "$3" = list ] || exit 1\n[ "$4" = --name ] && printf "web1\\nweb2\\n\\n"\n')
        virsh.chmod(0o755)
        run(BUILD / "migtrace", "import", "--store", path / "kept", *(REPLAY / "p2p").glob("1-?.jsonl"))
        (path / "host a.jsonl").touch()
        (path / "host-b.jsonl").touch()
        self.environment = {**os.environ, "PATH": f"{path}/bin:{os.environ['PATH']}", "HOME": str(path), "TERM": "dumb",
                            "LC_ALL": "C.UTF-8"}
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def typed(self, shell, line, wanted):
        """Types the line and a TAB into a real shell. Returns what it shows until it has what is wanted."""
        child, master = pty.fork()
        if not child:
            os.chdir(self.folder.name)
            os.execvpe(shell[0], shell, self.environment)
        shown = ""
        end = time.monotonic() + FINDS
        sent = False
        while wanted not in shown and time.monotonic() < end:
            if select.select([master], [], [], 0.1)[0]:
                try:
                    shown = plain(shown + os.read(master, 4096).decode(errors="replace"))
                except OSError:
                    break
            if "ready>" in shown and not sent:
                shown, sent = "", True
                os.write(master, line.encode())
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(master)
        return shown


CASES = (("migtrace rep\t", "migtrace report "),
         ("migtrace report --format=h\t", "--format=html "),
         ("migtrace report --form\tperf\t", "--format perfetto "),
         ("migtrace verify w\t1\t", "web1 "),
         ("migtrace wait w\t1\t", "web1 "),
         ("migtrace --name=web\t2\t", "--name=web2 "),
         ("migtrace report host-\t", "host-b.jsonl "),
         ("migtrace export --store kept 2\ts\t", "20261125T031922-7993455c-src "),
         ("migtrace report --store kept 2\td\t", "20261125T031922-7993455c-dst "),
         ("migtrace last --store kept p\t", "p2p "),
         ("migtrace report host\\ \t", "host\\ a.jsonl "),
         ("migtrace report -f html host-\t", "host-b.jsonl "))


def shell_test(tap, name, start):
    with Place() as place:
        for line, wanted in CASES:
            shown = place.typed(start(place), line, wanted)
            tap.true(f"{name}: {line!r}", wanted in shown, repr(shown))


def bash_start(place):
    file = pathlib.Path(place.folder.name) / "bashrc"
    file.write_text(f"PS1='ready> '\n. {SCRIPTS}/migtrace.bash\nbind 'set enable-bracketed-paste off'\n")
    return ["bash", "--noprofile", "--rcfile", str(file), "-i"]


def zsh_start(place):
    path = pathlib.Path(place.folder.name)
    (path / ".zshrc").write_text(f"fpath=({SCRIPTS} $fpath)\nautoload -U compinit\ncompinit -u -d {path}/dump\n"
                                 "PS1='ready> '\nunsetopt zle_bracketed_paste 2>/dev/null\n")
    place.environment["ZDOTDIR"] = str(path)
    return ["zsh", "-d", "-i"]


def bash(tap):
    shell_test(tap, "bash", bash_start)


def zsh(tap):
    if shutil.which("zsh"):
        shell_test(tap, "zsh", zsh_start)
    else:
        tap.skip("zsh", "not installed")


def fish(tap):
    """fish says by itself what it would offer."""
    if not shutil.which("fish"):
        tap.skip("fish", "not installed")
        return
    with Place() as place:
        for line, expected in (("migtrace re", ["record", "report"]),
                               ("migtrace report --format=h", ["--format=html"]),
                               ("migtrace wait w", ["web1", "web2"]),
                               ("migtrace --name=w", ["--name=web1", "--name=web2"]),
                               ("migtrace export --store kept 2", [f"20261125T031922-7993455c-{side}" for side in ("dst", "src")]),
                               ("migtrace report host", ["host a.jsonl", "host-b.jsonl"])):
            done = run("fish", "--no-config", "-c", f"source {SCRIPTS}/migtrace.fish; complete -C '{line}'",
                       env=place.environment, cwd=place.folder.name)
            tap.equal(f"fish: {line!r}", [one.split("\t")[0] for one in done.stdout.splitlines()], expected)


def main():
    tap = Tap()
    tap.run(offers)
    tap.run(kept)
    tap.run(options)
    tap.run(reader)
    tap.run(bash)
    if WITH_ALL_SHELLS:
        tap.run(zsh)
        tap.run(fish)
    tap.end()


if __name__ == "__main__":
    main()
