#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What was done to a migration on purpose is found again: as a part of the downtime, and as a finding."""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from e2e_test import report
from faults import FAULTS
from kinds import destroy_all, start_recorders
from lab import Lab
from tap import Tap

# The quick ones; all of them where KINDS is "all".
OFTEN = ["traced", "qmp-held", "slow-link"]
MARK = "<!-- made by `make faults-table` -->\n"
HEAD = "| fault | found first | of the time | part | others |\n|---|---|---|---|---|\n"
TRIES = 3
rows = []


def record(lab, name):
    """Does it, recorded on both hosts. Returns the migrations, and what report said besides."""
    lab.environment["LAB_GUEST"] = name
    lab.run("guest", "a", *FAULTS[name].guest)
    lab.forget_recordings()
    start_recorders(lab)
    FAULTS[name].run(lab)
    for recorder in lab.recordings:
        recorder.end()
    return report(*(recorder.file.name for recorder in lab.recordings))


def longest(migration, side, names):
    """Of the parts that may be it: on a busy machine any other may be longer."""
    parts = [p for p in migration["breakdown"] if p["side"] == side and p["name"].startswith(names or "")]
    return max(parts, key=lambda part: part["duration"]["est_ns"], default=None)


def share_ms(finding):
    return f"{finding['share']['est_ns'] / 1e6:.0f} ms" if finding["share"] else "-"


def row_add(name, findings):
    first, *others = findings
    rows.append(f"| {FAULTS[name].what} | {first['code']} {first['name']} | {share_ms(first)} | {first['part'] or '-'} | "
                f"{', '.join(f['code'] + ' ' + f['name'] for f in others) or '-'} |")


def is_made(name, migration):
    part = longest(migration, FAULTS[name].side, FAULTS[name].names)
    return not FAULTS[name].side or (part and FAULTS[name].at_least_s * 10**9 <= part["duration"]["est_ns"])


def is_missed(name, migrations):
    """Its part is not as it was made, which is a race with a process; or the machine was too busy, which is found rightly."""
    findings = [finding["name"] for migration in migrations for finding in migration["findings"][:1]]
    return not all(is_made(name, migration) for migration in migrations) or (
        {"no-cpu", "brownout"} & set(findings) - set(FAULTS[name].codes))


def check_finding(tap, name, findings):
    """The right one comes first, and explains as much as was made."""
    wanted = FAULTS[name]
    tap.true(f"{name}: {' or '.join(wanted.codes)} is found first", findings and findings[0]["name"] in wanted.codes,
             findings)
    tap.true(f"{name}: and explains what was done", not wanted.at_least_s or (
        findings and findings[0]["share"] and wanted.at_least_s * 10**9 <= findings[0]["share"]["hi_ns"]), findings)


def fault(tap, name, migrations, done):
    tap.equal(f"{name}: one whole migration", (len(migrations), done.returncode, done.stderr), (1, 0, ""))
    if FAULTS[name].side:
        tap.equal(f"{name}: the parts add up", sum(p["duration"]["est_ns"] for p in migrations[0]["breakdown"]),
                  migrations[0]["downtime"]["est_ns"])
    check_finding(tap, name, migrations[0]["findings"])
    if migrations[0]["findings"]:
        row_add(name, migrations[0]["findings"])


def fault_try(tap, name):
    """Returns whether it came about, or has to be made once more."""
    with Lab(*FAULTS[name].up) as lab:
        migrations, done = record(lab, name)
        destroy_all(lab)
    if is_missed(name, migrations):
        return False
    fault(tap, name, migrations, done)
    return True


def faults(tap, name):
    came = any(fault_try(tap, name) for _ in range(TRIES))
    tap.true(f"{name}: its part is there, by its name, and as long as it was made", came, f"not in {TRIES} tries")


def table_write(path):
    """TABLE=docs/findings.md: what was measured in this run takes the place of what was."""
    before, _, rest = path.read_text().partition(MARK)
    _, _, after = rest.partition(MARK)
    path.write_text(before + MARK + HEAD + "\n".join(rows) + "\n" + MARK + after)


def main():
    tap = Tap()
    for name in sys.argv[1:] or (FAULTS if os.environ.get("KINDS") == "all" else OFTEN):
        tap.run(faults, name)
    if os.environ.get("TABLE"):
        table_write(pathlib.Path(os.environ["TABLE"]))
    tap.end()


if __name__ == "__main__":
    main()
