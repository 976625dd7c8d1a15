# SPDX-License-Identifier: GPL-2.0-or-later
"""Which tests of this folder run, and the tables that they make in docs/hosts.md.

Names may be given. SHAPES=all: all, else the quick ones; TABLE: the file whose tables are made anew."""
import os
import pathlib
import sys

ALL = os.environ.get("SHAPES") == "all"
CLAIMS = ("| | | claims that hold |", "|---|---|---|")


def is_chosen(name, is_quick):
    return name in sys.argv[1:] or (len(sys.argv) == 1 and (ALL or is_quick))


def table_write(test, head, rows, target="check-hosts"):
    """Between the two marks of that test."""
    if not os.environ.get("TABLE") or not ALL or len(sys.argv) > 1:  # of some alone there is no table
        return
    path, mark = pathlib.Path(os.environ["TABLE"]), f"<!-- {test}, by `make {target}` -->\n"
    before, _, rest = path.read_text().partition(mark)
    _, _, after = rest.partition(mark)
    lines = [*head, *(f"| {' | '.join(row)} |" for row in rows)]
    path.write_text(before + mark + "\n".join(lines) + "\n" + mark + after)


def run_each(tap, test, functions, quick, *arguments):
    """Runs those that are chosen; each makes a row of what it says of itself, and how many claims hold."""
    rows = []
    for function in functions:
        if not is_chosen(function.__name__, function in quick):
            continue
        count, failed = tap.count, tap.failed
        tap.run(function, *arguments)
        claims, wrong = tap.count - count, tap.failed - failed
        rows.append((function.__name__.replace("_", " "), " ".join(function.__doc__.split()), f"{claims - wrong} of {claims}"))
    if not tap.failed:
        table_write(test, CLAIMS, rows)
