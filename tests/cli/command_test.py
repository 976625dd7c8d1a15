#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands themselves: help, version, and what is said of a word that is none of them."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from recorder import BUILD
from tap import Tap

MIGTRACE = BUILD / "migtrace"
VERSION = re.search(r'MIGTRACE_VERSION "(.*)"', (ROOT / "src/base/version.h").read_text()).group(1)
COLUMNS = 79
TRY = "Try `migtrace help' for more information.\n"


def migtrace(*arguments):
    done = subprocess.run([MIGTRACE, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def commands():
    return re.findall(r"^  ([a-z]+) ", migtrace("--help")[1], re.M)


def version(tap):
    tap.true("a version is three numbers", re.fullmatch(r"\d+\.\d+\.\d+", VERSION), VERSION)
    # Of a folder that git does not know nobody can say the commit.
    commit = r" \([0-9a-f]{12}\+?\)" if (ROOT / ".git").exists() else ""
    said = migtrace("version")
    tap.true("version and commit", said[0] == 0 and not said[2] and
             re.fullmatch(rf"migtrace {re.escape(VERSION)}{commit}\n", said[1]), said)
    tap.equal("--version and -V are version", [w for w in ("--version", "-V") if migtrace(w) != said], [])


def helps(tap):
    listed = migtrace("help")
    tap.equal("help lists all commands", commands(), [
        "live", "wait", "record", "report", "verify", "list", "last", "diff", "history", "import", "export", "explain", "doctor", "schema", "help", "version"])
    tap.equal("help: status, and nothing on stderr", (listed[0], listed[2]), (0, ""))
    tap.equal("--help and -h are help", [w for w in ("--help", "-h") if migtrace(w) != listed], [])
    tap.true("help is under 80 columns", max(map(len, listed[1].splitlines())) <= COLUMNS, listed[1])
    for command in commands():
        tap.equal(f"help {command} is {command} --help", migtrace("help", command), migtrace(command, "--help"))


def mistakes(tap):
    for wrong, right in (("recrod", "record"), ("verfy", "verify"), ("sch", "schema"), ("hlep", "help")):
        said = (2, "", f"migtrace: {wrong}: no such command; did you mean {right}?\n{TRY}")
        tap.equal(f"{wrong}: {right} is meant", migtrace(wrong), said)
        tap.equal(f"help {wrong}: {right} is meant", migtrace("help", wrong), said)
    tap.equal("a word that is near to none", migtrace("web1"), (2, "", f"migtrace: web1: no such command\n{TRY}"))
    tap.equal("an argument too many", migtrace("version", "2"), (2, "", "migtrace: 2: unexpected argument\n"))
    tap.equal("another one", migtrace("help", "wait", "2"), (2, "", "migtrace: 2: unexpected argument\n"))
    lines = [json.loads(line) for line in migtrace("recrod", "--json")[2].splitlines()]
    tap.equal("with --json it is an error in JSON", lines[0], {
        "schema": "migtrace.error/1", "error": "recrod: no such command; did you mean record?"})


def option_mistakes(tap):
    for words, command, wrong, right in (
            (("record", "--durration", "5s"), "record", "durration", "duration"),
            (("--durration=5s",), "live", "durration", "duration"),
            (("report", "x", "--formta", "json"), "report", "formta", "format"),
            (("record", "--stats", "--ouput", "x"), "record", "ouput", "output"),
            (("doctor", "--hlep"), "doctor", "hlep", "help")):
        status, out, err = migtrace(*words)
        tap.equal(f"{command} --{wrong}: --{right} is meant", (status, out, err.splitlines()[0]), (
            2, "", f"migtrace {command}: unrecognized option '--{wrong}'; did you mean --{right}?"))
    for words, command, said in (
            (("report", "--zzzz"), "report", "unrecognized option '--zzzz'"),
            # Tests alone take those: nobody meant them.
            (("record", "--test-entires", "3"), "record", "unrecognized option '--test-entires'"),
            # Another's option, and what is the value of one.
            (("report", "--netns", "1"), "report", "unrecognized option '--netns'"),
            (("verify", "--connect", "--formta", "--uuid", "x"), "verify", "x: invalid UUID"),
            (("verify", "-f", "json", "--uuid", "--formta"), "verify", "--formta: invalid UUID"),
            (("verify", "--toler", "x", "--", "--formta"), "verify", "x: invalid duration (expected e.g. 90s, 500ms, 5m)")):
        status, out, err = migtrace(*words)
        tap.equal(f"{' '.join(words)}: nothing is suggested", (status, out, err.splitlines()[0]),
                  (2, "", f"migtrace {command}: {said}"))


def explains(tap):
    """Each finding by its code and by its name, in a page for a terminal."""
    listed = re.findall(r"^(MT\d{3})  ([a-z-]+) ", migtrace("explain")[1], re.M)
    tap.equal("explain: codes in order", [code for code, _ in listed],
              [f"MT{number:03}" for number in range(1, len(listed) + 1)])
    pages = {code: migtrace("explain", code) for code, _ in listed}
    tap.equal("explain: a page for each, also by name and in small letters", [
        (code, name) for code, name in listed
        if not pages[code] == migtrace("explain", name) == migtrace("explain", code.lower())], [])
    tap.equal("explain: what it means, by what it is found, its limits, what to do", [
        code for code, (status, page, err) in pages.items()
        if (status, err) != (0, "") or re.findall(r"^  ([a-z].{13}) ?", page, re.M) != [
            "means         ", "found by      ", "limits        ", "to do         "]], [])
    tap.true("explain: under 80 columns", max(
        len(line) for _, page, _ in pages.values() for line in page.splitlines()) <= COLUMNS, pages)
    tap.equal("explain: no such finding", migtrace("explain", "MT999"), (
        2, "", "migtrace: MT999: no such finding; `migtrace explain' lists all\n"))
    tap.equal("explain: two of them", migtrace("explain", "MT001", "MT002"), (
        2, "", "migtrace: explain takes one code, or none\n"))


def man_pages():
    """Returns the text of each page, by its command; of migtrace(1) by "". """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([ROOT / "tools/make-man", MIGTRACE, folder], check=True)
        return {page.stem.removeprefix("migtrace").removeprefix("-"):
                page.read_text().replace("\\-", "-").replace("\\e", "\\").replace("\\&", "")
                for page in pathlib.Path(folder).iterdir()}


def man_page(tap):
    """Made of what --help says: each option with its whole text, each status that the documents have."""
    pages = man_pages()
    tap.equal("man: a page for each command, and one for all", sorted(pages), sorted(["", *commands()]))
    for command in commands():
        plain = " ".join(re.sub(r"\\f[BIR]", "", pages[command]).split())
        said = migtrace(command, "--help")[1]
        options = re.findall(r"^ {2,6}(-.*?)(?: {2,}|\n +)(.*(?:\n {20,}.*)*)", said, re.M)
        wanted = [f".TP {name} {' '.join(text.split())}" for name, text in options
                  if not re.search("--(help|usage)$", name)]
        tap.equal(f"man: the options of {command}", [w for w in wanted if w not in plain], [])
        examples = said.split("Examples:\n")[1].splitlines()
        tap.equal(f"man: the examples of {command}", [e for e in examples if f"\n    {e}\n" not in pages[command]], [])
    statuses = re.findall(r"^\| (\d+) \|", (ROOT / "docs/exit-status.md").read_text(), re.M)
    found = {command: re.findall(r"^\.B (\d+)$", page, re.M) for command, page in pages.items()}
    tap.equal("man: all exit statuses", found[""], statuses)
    tap.equal("man: of a command none that is another's", (found["verify"], found["wait"]),
              ([s for s in statuses if s != "5"], [s for s in statuses if s != "6"]))
    tap.true("man: there are some", len(statuses) > 6, statuses)
    tap.equal("man: the version", [c for c, page in pages.items() if f'"migtrace {VERSION}"' not in page], [])
    tap.equal("man: all commands in the overview", re.findall(r"^\.BR migtrace-([a-z]+) ", pages[""], re.M), commands())


def columns(tap):
    tap.true("all help is under 80 columns", max(len(line) for c in commands() for line in
             migtrace(c, "--help")[1].splitlines()) <= COLUMNS, "")


def main():
    tap = Tap()
    tap.run(version)
    tap.run(helps)
    tap.run(explains)
    tap.run(mistakes)
    tap.run(man_page)
    tap.run(columns)
    tap.run(option_mistakes)
    tap.end()


if __name__ == "__main__":
    main()
