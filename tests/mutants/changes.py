# SPDX-License-Identifier: GPL-2.0-or-later
"""Single changes of C sources, as a mistake would make them: which there are, and which of them are drawn."""
import dataclasses
import random
import re

SWAPS = [("source", "destination"), ("lo_ns", "hi_ns"), ("lo", "hi"), ("lower", "upper"), ("first", "last"), ("from", "to"),
         ("true", "false"), ("began", "ended"), ("ANSWER_YES", "ANSWER_NO"), ("RUNS_YES", "RUNS_NO"), ("min", "max"),
         ("CLOCK_FORWARD", "CLOCK_BACKWARD"), ("BPF_ANY", "BPF_NOEXIST")]
SIDES = {a: b for pair in SWAPS for a, b in (pair, pair[::-1])}
TOKENS = {" < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ", " == ": " != ", " != ": " == ", " + ": " - ",
          " - ": " + ", " += ": " -= ", " -= ": " += ", " && ": " || ", " || ": " && ", " & ": " | ", " | ": " & "}
TOKEN = re.compile("(?= ({}) )".format("|".join(re.escape(token.strip()) for token in TOKENS)))
NUMBER = re.compile(r"(?<![\w.])\d+(?=u?l{0,2}\b)(?![.x])")
RETURNED = re.compile(r"(?<=\breturn )(0|-?1)(?=;)")
DATA = re.compile(r'^\s*(\[\w+\] = |\{?"|__uint\()')
ASSERT = re.compile(r"^\s*(static_)?assert\(")
NEGATION = re.compile(r"(?<=[( ])!(?=[\w(])")
CHECK = re.compile(r"^(\s+(?:else )?(?:if|while) \()(.*)(\))$")
ELSE_OTHER = re.compile(r"\? ([\w.>-]+) : ([\w.>-]+)")
HIDDEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^#(?:\\\n|[^\n])*', re.S | re.M)


@dataclasses.dataclass(frozen=True)
class Change:
    """One line of one file, before and after: where it stands in the file is no part of what it is."""
    file: str
    before: str
    after: str
    line: int = dataclasses.field(compare=False)

    def apply(self, text):
        lines = text.splitlines(keepends=True)
        assert lines[self.line - 1] == self.before + "\n"
        lines[self.line - 1] = self.after + "\n"
        return "".join(lines)

    def __str__(self):
        return f"{self.file}:{self.line}: {self.before.strip()} -> {self.after.strip()}"


def _code(text):
    """The text with blanks for comments, strings and the preprocessor's lines: each byte stays at its place."""
    return HIDDEN.sub(lambda hidden: re.sub(r"[^\n]", " ", hidden.group()), text)


def _changed(line, code):
    """Yields the line with one change of each kind, at each place of its code."""
    def put(start, end, new):
        return line[:start] + new + line[end:]

    for found in TOKEN.finditer(code):
        token = f" {found.group(1)} "
        yield put(found.start(), found.start() + len(token), TOKENS[token])
    for found in RETURNED.finditer(code):
        yield put(*found.span(), "1" if found.group() == "0" else "0")
    for found in NUMBER.finditer(RETURNED.sub(lambda found: " " * len(found.group()), code)):
        yield put(*found.span(), str(int(found.group()) + 1))
    for found in NEGATION.finditer(code):
        yield put(*found.span(), "")
    for found in re.finditer(r"\w+", code):
        if found.group() in SIDES:
            yield put(*found.span(), SIDES[found.group()])
    for found in ELSE_OTHER.finditer(code):
        yield put(*found.span(), "? {1} : {0}".format(*found.groups()))
    found = CHECK.match(code)
    if found and found.group(2).count("(") == found.group(2).count(")"):
        yield put(found.end(1), found.end(2), f"0 && ({line[found.end(1):found.end(2)]})")


def all_of(file, text):
    """All changes of a file, in its order. The rows of tables are data: a test of them would be a copy; assertions
    are tests themselves."""
    changes = []
    for number, (line, code) in enumerate(zip(text.splitlines(), _code(text).splitlines()), 1):
        if not DATA.match(line) and not ASSERT.match(line):
            changes += [Change(file, line, after, number) for after in _changed(line, code)]
    return changes


def drawn(texts, count, seed):
    """Yields so many lists of changes, by file: by its length, at least one; the first of a list that compiles counts.

    What is drawn of a file depends on that file alone."""
    changes = {file: all_of(file, text) for file, text in sorted(texts.items())}
    changes = {file: of_file for file, of_file in changes.items() if of_file}
    whole = sum(map(len, changes.values()))
    shares = {file: max(1, round(count * len(of_file) / whole)) for file, of_file in changes.items()}
    for file, of_file in changes.items():
        mixed = random.Random(f"{seed} {file}").sample(of_file, len(of_file))
        for i in range(min(shares[file], len(mixed))):
            yield mixed[i::shares[file]]
