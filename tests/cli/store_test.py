#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A store of real migrations: what goes in comes out again, whatever happens to it in between."""
import contextlib
import gzip
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from recorder import MIGTRACE
from schema import Schema
from tap import Tap
from waiting import need

REPLAY = pathlib.Path(__file__).parent.parent / "replay"
TOOLS = pathlib.Path(__file__).parent.parent.parent / "tools"
A, B = REPLAY / "p2p/1-a.jsonl", REPLAY / "p2p/1-b.jsonl"
P2P = "20261125T031922-7993455c"
FAILURE, USAGE, INCOMPLETE = 1, 2, 3
NONE = {"dumped", "saved", "snapshot"}  # no migrations


def migtrace(*arguments, **options):
    done = subprocess.run([MIGTRACE, *arguments], capture_output=True, check=False, text=True, **options)
    return done.returncode, done.stdout, done.stderr


def store_of(folder, *files, options=()):
    return migtrace("import", "--store", folder, *options, *files)


def rows(folder, *arguments):
    return [json.loads(line) for line in migtrace("list", "--store", folder, "--json", *arguments)[1].splitlines()]


def ids(folder):
    return [row["id"] for row in rows(folder)]


def comes_out_again(tap, folder):
    """Of each kind of migration the halves' report is the one that the whole recordings have."""
    for directory in sorted(path for path in REPLAY.iterdir() if path.is_dir() and path.name not in NONE):
        store = pathlib.Path(folder) / directory.name
        status, _, _ = store_of(store, *sorted(directory.glob("*.jsonl")))
        reported = [f"--reported-{side}={directory}/reported-{side}"
                    for side in ("source", "destination") if (directory / f"reported-{side}").exists()]
        _, out, _ = migtrace("report", "--explain-clock", *reported, "--store", store, *ids(store))
        expected = (directory / "report.text").read_text()
        tap.equal(f"{directory.name}: the halves have the same report", (status, out), (0, expected))
        tap.equal(f"{directory.name}: nothing is left over", sorted(
            path.name for path in store.iterdir() if not path.name.endswith(".jsonl.gz")),
            ["current.jsonl", "index", "lock"])


def lists(tap, folder):
    store = pathlib.Path(folder) / "lists"
    status, out, err = store_of(store, A, B, *sorted((REPLAY / "cancelled").glob("*.jsonl")))
    tap.equal("each half is said when it is kept", (status, out, [line.rpartition(" ")[2] for line in err.splitlines()]),
              (0, "", [f"{P2P}-src", f"{P2P}-dst", "20261125T033809-876c0c58-src", "20261125T033809-876c0c58-dst"]))
    tap.equal("list: a row each", migtrace("list", "--store", store), (0, (
        "MIGRATION                     OUTCOME         DOWNTIME       ELAPSED  DOMAIN\n"
        "20261125T031922-7993455c-src  completed   >   19.29 ms  > 1156.11 ms  p2p\n"
        "20261125T031922-7993455c-dst  completed   >    5.98 ms  >    5.98 ms  p2p\n"
        "20261125T033809-876c0c58-src  cancelled              -             -  cancelled\n"
        "20261125T033809-876c0c58-dst  unknown                -             -  cancelled\n"), ""))
    tap.equal("list: JSON is by the schema", Schema("half").faults(
        migtrace("list", "--store", store, "--json")[1].splitlines()), [])
    wanted = {
        ("p2p",): 2, ("7993455C-09a0-4e31-a3dd-878464072951",): 2, ("none",): 0, ("--since", "1m"): 0,
        ("--since", "2026-11-25T03:30"): 2, ("--since", "2026-11-25"): 4,
        ("--worse-than", "downtime>10ms"): 1, ("--worse-than", "downtime>19.3ms"): 0,
        ("--worse-than", "downtime>5ms", "--worse-than", "elapsed>1s"): 1, ("--worse-than", "downtime<1h"): 0,
    }
    for arguments, count in wanted.items():
        tap.equal(f"list {' '.join(arguments)}: {count}", len(rows(store, *arguments)), count)
    tap.equal("list: none is a status of its own", migtrace("list", "--store", store, "none"),
              (INCOMPLETE, "", f"migtrace: no such migration in {store}\n"))
    for arguments, said in ((("--since", "yesterday"), "invalid time"), (("--since", "-1h"), "invalid time"),
                            (("--worse-than", "x>1s"), "invalid condition"), (("a", "b"), "one domain")):
        status, out, err = migtrace("list", "--store", store, *arguments)
        tap.equal(f"list {' '.join(arguments)}: wrong usage", (status, out, said in err), (USAGE, "", True))


def reports(tap, folder):
    store = pathlib.Path(folder) / "lists"
    whole = migtrace("report", A, B)
    tap.equal("last DOMAIN: both halves' report", migtrace("last", "--store", store, "p2p"), whole)
    tap.equal("last: of any domain the last one", migtrace("last", "--store", store)[1].splitlines()[0].split()[0],
              "cancelled")
    tap.equal("last of a domain that never moved", migtrace("last", "--store", store, "none"),
              (INCOMPLETE, "", f"migtrace: no such migration in {store}\n"))
    tap.equal("report takes ids", migtrace("report", "--store", store, f"{P2P}-src", f"{P2P}-dst"), whole)
    tap.equal("an id and a file", migtrace("report", "--store", store, f"{P2P}-src", B), whole)
    tap.equal("verify takes ids", migtrace("verify", "--store", store, f"{P2P}-src", f"{P2P}-dst"),
              migtrace("verify", A, B))
    tap.equal("an id that is none", migtrace("report", "--store", store, f"{P2P}-xyz"),
              (FAILURE, "", f"migtrace: {P2P}-xyz: No such file or directory\n"))
    file = pathlib.Path(folder) / "exported"
    tap.equal("export writes one recording", migtrace("export", "--store", store, "-o", file, f"{P2P}-src", f"{P2P}-dst"),
              (0, "", ""))
    tap.equal("which is read as they are", migtrace("report", file), whole)
    for name in ("../../etc/passwd", "/etc/passwd", "", "-", "x/y"):
        status, out, err = migtrace("export", "--store", store, "--", name)
        tap.equal(f"export of {name!r}: refused", (status, out, "not a migration's id" in err), (USAGE, "", True))
    tap.equal("for a peer: what ran then", migtrace("export", "--store", store, "--uuid", "7993455c-09a0-4e31-a3dd-878464072951",
                                                   "--overlaps", "1795576762,1795576763", "-o", file), (0, "", ""))
    tap.equal("which are its halves", migtrace("report", file), whole)
    for span in ("1795577662,1795577663", "1,2"):
        status, out, err = migtrace("export", "--store", store, "--uuid", "7993455c-09a0-4e31-a3dd-878464072951",
                                    "--overlaps", span)
        tap.equal(f"for a peer: nothing ran at {span}", (status, out), (INCOMPLETE, ""))
    for span in ("x", "2,1", "-1,2", "1,9999999999999999999"):
        tap.equal(f"for a peer: {span} is no span", migtrace(
            "export", "--store", store, "--uuid", "7993455c-09a0-4e31-a3dd-878464072951", "--overlaps", span)[0], USAGE)


DIFF = """\
A  p2p, host-a -> host-b, 2026-11-25 03:19:22 UTC
B  cancelled, host-a -> host-b, 2026-11-25 03:38:09 UTC

               A               B           B - A  figure
  1162.8 ms ±0.2         unknown               ?  elapsed
       1162.1 ms         unknown               ?  elapsed_net
     0.7 ms ±0.2         unknown               ?  transfer
    26.0 ms ±0.2         unknown               ?  downtime
         25.3 ms         unknown               ?  downtime_net
    26.4 ms ±0.2         unknown               ?  blackout
"""


def diffs(tap, folder):
    store = pathlib.Path(folder) / "lists"
    p2p, other = f"{P2P}-src,{P2P}-dst", "20261125T033809-876c0c58-src,20261125T033809-876c0c58-dst"
    status, out, err = migtrace("diff", "--store", store, p2p, other)
    tap.equal("diff: what is not known of one is not compared", (status, out[:len(DIFF)], err), (0, DIFF, ""))
    _, out, _ = migtrace("diff", f"{A},{B}", f"{REPLAY}/vcpus-8/1-a.jsonl,{REPLAY}/vcpus-8/1-b.jsonl")
    tap.true("diff: what changed, by name, the largest first", re.search(
        r"B - A  parts .*\n +6\.0 ms +3\.6 ms +-2\.5 ms  source: wait for destination\n"
        r" +2\.6 ms +0\.4 ms +-2\.2 ms  destination: QMP query-charde\n", out), out)
    tap.equal("diff: no line is too long", [line for line in out.splitlines() if len(line) > 79], [])
    _, out, _ = migtrace("diff", f"{A},{B}", f"{A},{B}")
    tap.equal("diff of one and the same: nothing is sure to have changed",
              re.findall(r"[-+]\d.*", re.sub(r"\d+-\d+-\d+", "", out)), [])
    several = sorted(map(str, (REPLAY / "retried").glob("*.jsonl")))
    for arguments, status, said in (
            ((p2p,), USAGE, "diff takes two migrations"), ((str(A),), USAGE, "diff takes two migrations"), ((p2p, other, other), USAGE, "diff takes two migrations"),
            ((p2p, ",".join(several)), INCOMPLETE, "migrations in it, of which one has to be named"),
            ((p2p, f"{REPLAY}/saved/1-a.jsonl"), INCOMPLETE, "no migration in it"),
            ((p2p, "none"), FAILURE, "none: No such file"), ((p2p, ""), FAILURE, "No such file"),
            ((p2p, ","), FAILURE, "No such file")):
        got = migtrace("diff", "--store", store, *arguments)
        tap.equal(f"diff {' '.join(arguments)[-30:]}: {said}", (got[0], got[1], said in got[2]), (status, "", True))


USUAL = """\
A  what is usual: the last 2 before it, host-a -> 192.168.77.2
B  vcpus-8, host-a -> 192.168.77.2, 2026-11-25 03:34:33 UTC

               A               B           B - A  figure
       1156.1 ms        571.8 ms       -584.3 ms  elapsed here
"""


def usual(tap, folder):
    """A half beside what was usual between its hosts before it."""
    store = pathlib.Path(folder) / "usual"
    store_of(store, A, A, B, REPLAY / "vcpus-8/1-a.jsonl")
    *before, last = ids(store)
    status, out, err = migtrace("diff", "--store", store, last)
    tap.equal("diff of one: with what is usual between its hosts", (status, out[:len(USUAL)], err), (0, USUAL, ""))
    tap.true("diff of one: the part that changed, by name", re.search(
        r"\n +6\.0 ms +3\.6 ms +-2\.5 ms  source: wait for destination\n", out), out)
    status, out, err = migtrace("diff", "--store", store, before[0])
    tap.equal("diff of the first one: nothing is usual yet", (status, out, "no migration before it from host-a to" in err),
              (INCOMPLETE, "", True))
    tap.equal("diff of one that is none", migtrace("diff", "--store", store, f"{P2P}-xyz"),
              (INCOMPLETE, "", f"migtrace: {P2P}-xyz: no such half in {store}\n"))
    for hosts, count in ((("host-a", "192.168.77.2"), "3 migrations seen by their source"),
                         (("192.168.77.2", "host-a"), "3 migrations seen by their source"),
                         (("host-b", "host-a"), "1 migrations seen by their destination")):
        status, out, _ = migtrace("history", "--store", store, "--pair", *hosts)
        tap.true(f"history --pair {' '.join(hosts)}: {count}", status == 0 and count in out and out.count("seen by") == 1, out)
    tap.equal("history --pair: no such hosts", migtrace("history", "--store", store, "--pair", "x", "y"),
              (INCOMPLETE, "", f"migtrace: no such migration in {store}\n"))
    tap.equal("history --pair: of one host", migtrace("history", "--store", store, "--pair", "x"),
              (USAGE, "", "migtrace: history --pair takes two hosts\n"))


def judged(tap, folder):
    """wait takes what is over, too."""
    store = pathlib.Path(folder) / "usual"
    row = "03:19:22  p2p              downtime here 19.3 ms, elapsed here 1156.1 ms\n"
    for arguments, expected in (
            ((f"{P2P}-src",), (0, row, "")),
            ((f"{P2P}-src", "--fail-if", "downtime>10ms"),
             (5, row, "migtrace: downtime>10ms holds: downtime is at least 19.30 ms\n")),
            ((f"{P2P}-src", f"{P2P}-dst", "--fail-if", "downtime>1s"),
             (0, "03:19:22  p2p              downtime 26.0 ms ±0.2, elapsed 1162.8 ms ±0.2\n", "")),
            ((A, B, "--fail-if", "downtime>1s"),
             (0, "03:19:22  p2p              downtime 26.0 ms ±0.2, elapsed 1162.8 ms ±0.2\n", ""))):
        got = migtrace("wait", "--store", store, *map(str, arguments), env={**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8"})
        tap.equal(f"wait {' '.join(map(str, arguments))[-50:]}", got, expected)


def examined(tap, folder):
    """What doctor says of the service, and that it ends with what mends what is wrong."""
    store = pathlib.Path(folder) / "usual"
    _, out, _ = migtrace("doctor", "--pid", "1", "--store", store, "--fix-hints")
    size = sum(file.stat().st_size for file in store.glob("*.gz"))
    tap.true("doctor: what the service keeps", f"  {store}: 4 halves, {size // 1024} KiB; the first is of 2026-11-25 " in out and
             "  at most 64 MiB and 90 days\n  nobody adds to it now\n" in out, out)
    if not os.geteuid():
        tap.equal("doctor: a verdict, and the command that mends it", out.splitlines()[-3:], [
            "", "Downtime CANNOT be measured here: no libvirt daemon runs. Mend it by:", "    systemctl start libvirtd"])
        tap.true("doctor --fix-hints: a command for each", "\nto do\n  no libvirt daemon runs\n      systemctl start libvirtd\n" in out, out)
    with begun(store, A.read_text()) as process:
        tap.true("doctor: it is being added to", "  it is being added to now\n" in migtrace(
            "doctor", "--pid", "1", "--store", store)[1], "")
        process.communicate()
    index = store / "index"
    index.write_text(index.read_text().replace("completed", "comp\tleted", 1))
    _, out, err = migtrace("doctor", "--pid", "1", "--store", store, "--fix-hints")
    tap.true("doctor: an index that is damaged, and what mends it", "1 lines of its index are damaged" in out and
             "      systemctl restart migtrace.service\n" in out and "1 damaged lines skipped" in err, (out, err))
    _, out, _ = migtrace("doctor", "--pid", "1", "--store", store / "none")
    tap.true("doctor: no store", f"  {store}/none: No such file or directory\n" in out, out)


def histories(tap, folder):
    """Of an index that is made up: what is told is told by it alone."""
    store = pathlib.Path(folder) / "history"
    store.mkdir()

    def made(downtimes, locale="C.UTF-8"):
        rows = [[f"20261101T{i:06d}-7993455c-src", "7993455c-09a0-4e31-a3dd-878464072951", "source", outcome, "-", "a", "b",
                 "web1", (1790000000 + 3600 * i) * 10**9, (1790000001 + 3600 * i) * 10**9, 1000,
                 10**9, 10**9, -1, -1, -1, -1, ms * 10**6, -1, -1, -1, -1, -1] for i, (ms, outcome) in enumerate(downtimes)]
        (store / "index").write_text("migtrace.index/1\n" + "".join("\t".join(map(str, row)) + "\n" for row in rows))
        return migtrace("history", "--store", store, "web1", env={**os.environ, "LC_ALL": locale})

    usual = [(20 + i * 7 % 5, "completed") for i in range(40)]
    status, out, err = made(usual + [(99999, "failed")])
    tap.equal("history: the usual, and that of those that completed", (status, out, err), (0, (
        "web1: 41 migrations seen by their source, 40 completed\n"
        "from 2026-09-21 14:13 UTC to 2026-09-23 06:13 UTC\n\n"
        "                    median           p95         worst   the last 23, from 0 on\n"
        "elapsed         1000.00 ms    1000.00 ms    1000.00 ms  " + 23 * "█" + "\n"
        "downtime     >    22.00 ms >    24.00 ms >    24.00 ms  " + "█▇▇▆▇█▇▇▆▇█▇▇▆▇█▇▇▆▇█▇▇" + "\n\n"), ""))
    _, out, _ = made([(ms, "completed") for ms in (0, 20, 35, 50, 65, 80, 95, 110)], "C")
    tap.true("history: of fewer than fit, in ASCII where there is nothing else", "   the last 8, from 0 on\n" in out and
             re.search(r"^downtime .* _\.,-=\+\*#$", out, re.M), out)
    _, out, _ = made(usual + [(ms + 30, "completed") for ms, _ in usual])
    tap.true("history: when it changed, by which test, and how sure that is", re.search(
        r"downtime rises \(Mann-Kendall test, p < 0.01\)\n"
        r"downtime changed at 2026-09-23 06:13 UTC \(Pettitt's test, p < \S+e-\d+\)\n"
        r"  median before: > +22.00 ms, since then: > +52.00 ms\n", out), out)
    tap.equal("history: no line is too long", [line for line in out.splitlines() if len(line) > 79], [])
    tap.equal("history of a domain that never moved", migtrace("history", "--store", store, "none"),
              (INCOMPLETE, "", f"migtrace: no such migration in {store}\n"))


def hostile_names(tap, folder):
    store = pathlib.Path(folder) / "hostile"
    file = pathlib.Path(folder) / "hostile.jsonl"
    file.write_text(A.read_text().replace("<name>p2p<", "<name>a\\tb\\nc\\u001b[2J../../x<").replace(
        '"name":"p2p"', '"name":"a\\tb\\nc\\u001b[2J../../x"'))
    store_of(store, file)
    row, = rows(store)
    tap.equal("a hostile name is in no file's name, and breaks no row",
              (row["id"], row["name"], sorted(path.name for path in store.iterdir() if path.name.endswith("gz"))),
              (f"{P2P}-src", "a?b?c?[2J../../x", [f"{P2P}-src.jsonl.gz"]))
    again = store_of(store, A)
    tap.equal("the same once more has an id of its own", (again[0], ids(store)), (0, [f"{P2P}-src", f"{P2P}-src-2"]))


def damaged(tap, folder):
    """A store is never made worse than it is, and what can be read is read."""
    store = pathlib.Path(folder) / "damaged"
    store_of(store, A, B)
    index = store / "index"
    good = index.read_text()
    index.write_text(good[:-40])
    status, out, err = migtrace("list", "--store", store)
    tap.equal("a line that was cut off: the others are listed, and it is said", (status, out.count(P2P), err),
              (0, 1, f"migtrace: {index}: 1 damaged lines skipped\n"))
    store_of(store, *sorted((REPLAY / "cancelled").glob("*a.jsonl")))
    tap.equal("the next one that adds mends it, by the files", [row["id"] for row in rows(store)],
              [f"{P2P}-dst", f"{P2P}-src", "20261125T033809-876c0c58-src"])
    tap.equal("with the lines that it had", sorted(index.read_text().splitlines())[:2], sorted(good.splitlines()[1:]))
    rubbish = {
        "binary": bytes(range(256)) * 9 + b"\n", "long": b"x" * 2**20 + b"\n", "tabs": b"\t" * 99 + b"\n",
        "an id that leads out": good.splitlines()[1].replace(f"{P2P}-src", "../../etc/x").encode() + b"\n",
        "a number that is none": good.splitlines()[1].replace("\t-1", "\t-x").encode() + b"\n",
        "a number too large": good.splitlines()[1].replace("\t-1", "\t99999999999999999999").encode() + b"\n",
    }
    for name, line in rubbish.items():
        index.write_bytes(good.encode() + line + good.splitlines()[2].encode() + b"\n")
        tap.equal(f"a damaged line, {name}: passed over", [row["id"] for row in rows(store)],
                  [f"{P2P}-src", f"{P2P}-dst", f"{P2P}-dst"])
    index.write_text(good.replace("index/1", "index/2"))
    for arguments in (("list", "--store", store), ("import", "--store", store, A)):
        tap.equal(f"a newer migtrace's index: {arguments[0]} leaves it alone", migtrace(*arguments),
                  (FAILURE, "", f"migtrace: {index}: of a newer migtrace\n"))
    tap.equal("and nothing was changed", index.read_text(), good.replace("index/1", "index/2"))
    index.write_text("rubbish\n")
    tap.equal("no index at all: said", migtrace("list", "--store", store), (FAILURE, "", f"migtrace: {index}: damaged\n"))
    status, _, err = store_of(store, A)
    tap.equal("it is put aside when something is added, and made anew", (
        status, (store / "index.damaged").read_text(), len(rows(store)), "the index was made anew: 3 halves, 3 of them" in err),
              (0, "rubbish\n", 4, True))
    mends(tap, store)
    gone = rows(store)[0]["id"]
    (store / f"{gone}.jsonl.gz").unlink()
    tap.equal("a half whose file has gone", migtrace("report", "--store", store, gone)[0], FAILURE)
    tap.equal("no store", migtrace("list", "--store", store / "none"),
              (FAILURE, "", f"migtrace: {store}/none: No such file or directory\n"))


def mends(tap, store):
    """A store whose index and files do not agree."""
    before = (store / "index").read_text()
    (store / "index").unlink()
    broken = store / "20261125T031922-7993455c-src-9.jsonl.gz"
    broken.write_bytes(b"\x1f\x8b rubbish")
    _, _, err = store_of(store)
    tap.equal("import of nothing is wrong usage", "no recording given" in err, True)
    status, _, err = store_of(store, REPLAY / "saved/1-a.jsonl")
    tap.equal("an index that was lost is made anew: the same lines", (status, sorted((store / "index").read_text().splitlines())), (0, sorted(before.splitlines())))
    tap.equal("a half that is damaged is named, and left alone", (f"{broken.name[:-9]}: not put into the index: damaged" in err,
                                                                broken.read_bytes()), (True, b"\x1f\x8b rubbish"))
    broken.unlink()
    (store / f"{P2P}-src.jsonl.gz").unlink()
    _, _, err = store_of(store, REPLAY / "saved/1-a.jsonl")
    tap.equal("a half whose file has gone is in it no more", (f"{P2P}-src" in ids(store), "1 left out" in err), (False, True))
    _, _, err = store_of(store, REPLAY / "saved/1-a.jsonl")
    tap.equal("of an index that is whole nothing is said", err, "")


def secret(files, folder):
    """Copies of recordings in which every name is one that stands nowhere else; and what must not get out."""
    secrets, copies = set(), []
    for number, file in enumerate(files):
        text = file.read_text()
        for name in set(re.findall(r"<name>([^<]+)</name>", text)):
            text = text.replace(f"<name>{name}</name>", f"<name>Geheim&amp;{name}</name>")
            text = text.replace(f'"comm":"vm-{name[:12]}"', f'"comm":"vm-Geheim-{name}"'[:23] + '"')
        text = text.replace('"host":"lab"', '"host":"Geheim-lab"')
        text = re.sub(r'"text":"(\{[^"]*\\"data\\": \{)(\\"status)', r'"text":"\1\\"Geheim\\": \\"Geheim-qmp\\", \2', text)
        secrets |= set(re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", text))
        secrets |= set(re.findall(r'"(?:local|peer)":"(?:::ffff:)?([^"]+)"', text)) - {"127.0.0.1", "::1"}
        secrets |= set(re.findall(r'"(?:message|error)":"([^"]+)"', text)) | set(re.findall(r'"hash":"([1-9a-f][^"]+)"', text))
        secrets |= {one for pair in re.findall(r'"host":"([^"]+)"|<hostname>([^<]+)<', text) for one in pair if one}
        secrets |= set(re.findall(r'"file":"([^"]+)"', text)) | {"Geheim"}
        secrets |= set(re.findall(r'"(?:interface|address|disk)":"([^"]+)"', text))
        copies.append(pathlib.Path(folder) / f"{number}.jsonl")
        copies[-1].write_text(text)
    return copies, {one for one in secrets if one != "00000000-0000-0000-0000-000000000000"}


def without_names(value, secrets):
    """What a report says, but for texts that name somebody, or have a number in the place of a name."""
    if isinstance(value, dict):
        return {key: without_names(one, secrets) for key, one in value.items()}
    if isinstance(value, list):
        return [without_names(one, secrets) for one in value]
    if isinstance(value, str) and (re.search(r"\b(domain|host|vm|thread|error|word|file|interface|disk)[- ]\d+|^02:00(:[0-9a-f]{2}){4}$|^vd[a-z]+$", value) or
                                   any(one in value for one in secrets)):
        return "somebody"
    return value


def differences(a, b, where=""):
    if isinstance(a, dict) and isinstance(b, dict):
        return [one for key in sorted(set(a) | set(b)) for one in differences(a.get(key), b.get(key), f"{where}.{key}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [one for i, pair in enumerate(zip(a, b)) for one in differences(*pair, f"{where}[{i}]")]
    return [] if a == b else [(where, a, b)]


def anonymous(tap, folder):
    """Of each kind of migration: nothing that names anybody is in the file, and its report has the same figures."""
    zero = "00000000-0000-0000-0000-000000000000"
    for directory in sorted(path for path in REPLAY.iterdir() if path.is_dir() and path.name not in NONE):
        store, file = pathlib.Path(folder) / "secret" / directory.name, pathlib.Path(folder) / "anonymous.gz"
        store.mkdir(parents=True)
        copies, secrets = secret(sorted(directory.glob("*.jsonl")), store)
        store_of(store, *copies)
        said = migtrace("export", "--anonymous", "--store", store, "-o", file, *ids(store))
        text = gzip.decompress(file.read_bytes()).decode()
        tap.equal(f"{directory.name}: anonymous: no name, UUID, address or message is left",
                  (said, sorted(one for one in secrets if one in text)), ((0, "", ""), []))
        shown = [migtrace("report", "--format", "json", "--store", store, *names)[1].splitlines()
                 for names in (ids(store), [file])]
        uuids = set(re.findall(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", "".join(shown[1]))) - {zero}
        before, after = ([without_names(json.loads(line), secrets | uuids) for line in lines] for lines in shown)
        tap.equal(f"{directory.name}: anonymous: the report has the same figures", differences(before, after), [])
    names = set(re.findall(r"<name>([^<]+)</name>", text)) | set(re.findall(r"domain-\d+", text))
    tap.equal("the same name is the same one wherever it stands", len(names), 1)
    again = pathlib.Path(folder) / "again.gz"
    migtrace("export", "--anonymous", "--store", store, "-o", again, *ids(store))
    tap.true("another file has other UUIDs: they are of no two domains the same", not uuids & set(re.findall(
        r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", gzip.decompress(again.read_bytes()).decode())), uuids)
    half = next(store.glob("*.gz"))
    half.write_bytes(half.read_bytes()[:-200])
    status, _, err = migtrace("export", "--anonymous", "--store", store, "-o", again, *ids(store))
    tap.equal("a half that is damaged: said", (status, err), (FAILURE, f"migtrace: {half.name[:-9]}: damaged or cut short\n"))


def begun(store, text):
    """A keeper that has read so much, and waits for more."""
    process = subprocess.Popen([MIGTRACE, "import", "--store", store, "-"], stdin=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    process.stdin.write(text)
    process.stdin.flush()
    size = len(text.encode())
    need("what was read is in the file", lambda: (store / "current.jsonl").exists() and
         (store / "current.jsonl").stat().st_size >= size)
    return process


def interrupted(tap, folder):
    store = pathlib.Path(folder) / "killed"
    lines = A.read_text().splitlines(keepends=True)
    run = next(i for i, line in enumerate(lines) if '"event":"run","edge":"return"' in line)
    with begun(store, "".join(lines[:run])) as process:
        tap.equal("two at once: the second one is refused", store_of(store, B),
                  (FAILURE, "", f"migtrace: {store}: another migtrace adds to this store\n"))
        process.kill()
    tap.equal("killed: nothing is in the index", rows(store), [])
    with open(store / "current.jsonl", "a", encoding="utf-8") as current:
        current.write(lines[run][:50])  # as where the power was cut
    status, _, _ = store_of(store, B)
    tap.equal("the next one keeps what the first one had", (status, [(row["id"], row["outcome"]) for row in rows(store)]),
              (0, [(f"{P2P}-src", "unfinished"), (f"{P2P}-dst", "completed")]))
    store = pathlib.Path(folder) / "emptied"
    with begun(store, "".join(lines[:run])) as process:
        os.truncate(store / "current.jsonl", 0)  # by whoever may write there
        err = process.communicate()[1]
    tap.equal("what cannot be read back is no half: said, and nothing is kept that is not whole",
              (process.returncode, "its source's half is lost: Input/output error" in err, rows(store),
               list(store.glob("*.gz"))), (FAILURE, True, [], []))
    store = pathlib.Path(folder) / "waiting"
    with begun(store, "".join(line for line in lines if '"kind":"end"' not in line)) as process:
        need("a half that is over is kept while the recording goes on", lambda: rows(store))
        need("then the file is as good as empty", lambda: (store / "current.jsonl").stat().st_size < 2000)
        process.stdin.close()
        process.wait()
    tap.equal("once", ids(store), [f"{P2P}-src"])
    tap.equal("and whole", migtrace("report", "--store", store, f"{P2P}-src", B), migtrace("report", A, B))


def limits(tap, folder):
    store = pathlib.Path(folder) / "limits"
    for _ in range(5):
        store_of(store, A, options=["--max-size", "12K"])
    sizes = sum(path.stat().st_size for path in store.glob("*.gz"))
    tap.equal("no more than it may take: the newest", (ids(store), sizes <= 12288, len(list(store.glob("*.gz")))),
              ([f"{P2P}-src-3", f"{P2P}-src-4", f"{P2P}-src"], True, 3))
    old = (time.time() - 1795576764) + 3600
    store_of(store, B, options=["--max-age", f"{int(old)}s"])
    kept = len(rows(store))
    store_of(store, A, options=["--max-age", "1s"])
    tap.equal("what is too old goes, also what has just come", (kept > 2, rows(store), list(store.glob("*.gz"))),
              (True, [], []))
    for arguments in (("--max-size", "0"), ("--max-size", "1X"), ("--max-size", "-1M"), ("--max-age", "0"),
                      ("--max-age", "x")):
        tap.equal(f"{' '.join(arguments)}: wrong usage", store_of(store, A, options=arguments)[0], USAGE)


def clocks(tap, folder):
    """What was kept while the wall clock was wrong: the order in which halves ended says how old they are."""
    store = pathlib.Path(folder) / "clocks"
    store_of(store, A)
    head, line = (store / "index").read_text().splitlines()
    ends = {"of-the-future": time.time() + 5e9, "old": 4e7, "young": time.time() - 3600, "set-back": 4e7}
    fields = line.split("\t")
    for name, end in ends.items():
        (store / f"{name}.jsonl.gz").touch()
    (store / "index").write_text("\n".join([head, *("\t".join([name, *fields[1:9], str(int(end)) + "000000000", *fields[10:]])
                                                  for name, end in ends.items()), line, ""]))
    store_of(store, B, options=["--max-age", "4000d"])
    tap.equal("by age only what is old goes, not what came behind what is young", ids(store),
              ["of-the-future", "young", "set-back", f"{P2P}-src", f"{P2P}-dst"])


def fill(store):
    """To the last block of its disk."""
    with contextlib.suppress(OSError), open(store / "filler", "ab", buffering=0) as filler:
        while True:
            filler.write(b"x" * 512)


def disk(tap, folder):
    """A file system that is full, or may only be read."""
    if os.geteuid():
        tap.skip("a full disk", "not root")
        return
    store = pathlib.Path(folder) / "disk"
    store.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", store], check=True)
    try:
        store_of(store, A)
        fill(store)
        status, _, err = store_of(store, B)
        tap.equal("a full disk: the oldest half makes room, and nothing is lost", (
            status, err.count("kept"), ids(store), sorted(path.name for path in store.glob("*new*")),
            migtrace("report", "--store", store, A, *ids(store))), (0, 0, [f"{P2P}-dst"], [], migtrace("report", A, B)))
        (store / f"{P2P}-dst.jsonl.gz").unlink()
        (store / "index").unlink()
        fill(store)
        status, _, err = store_of(store, B)
        tap.equal("where none can: said, and no file is left that is not whole", (
            status, "its destination's half is lost: No space left on device" in err,
            sorted(path.name for path in store.glob("*.gz"))), (FAILURE, True, []))
        (store / "filler").unlink()
        tap.equal("with room again it goes on", (store_of(store, B)[0], ids(store)), (0, [f"{P2P}-dst"]))
        subprocess.run(["mount", "-o", "remount,ro", store], check=True)
        status, _, err = store_of(store, A)
        tap.equal("read-only: said", (status, "Read-only file system" in err), (FAILURE, True))
        tap.true("and listed", bool(rows(store)), rows(store))
    finally:
        subprocess.run(["umount", store], check=True)


def very_many(tap, folder):
    store = pathlib.Path(folder) / "many"
    store_of(store, A)
    line = (store / "index").read_text().splitlines(keepends=True)
    (store / "index").write_text(line[0] + line[1] * 100000)
    status, out, _ = migtrace("list", "--store", store)
    tap.equal("10^5 halves are listed", (status, out.count("\n")), (0, 100001))


def configured(tap, folder):
    """Options from files, for the service."""
    config = pathlib.Path(folder) / "migtrace.conf"
    more = pathlib.Path(folder) / "migtrace.conf.d"
    more.mkdir()
    (more / "10-x.conf").write_text("max-size = 1X\n")
    (more / "ignored").write_text("rubbish\n")
    for text in ("# a comment\n[record]\n\nmax-age = 2d\nbest-effort = no\n", "; nothing\n",
                 (TOOLS / "package/migtrace.conf").read_text().replace("# max", "max")):
        config.write_text(text)
        status, _, err = migtrace("record", "--config", config)
        tap.equal(f"{text!r}: read, and what is wrong with the next file is told",
                  (status, "1X: invalid size" in err), (USAGE, True))
    said = {
        "": "1X: invalid size",
        "pid = x\n": "x: invalid",
        "rubbish\n": f"{config}:1: rubbish: no KEY = VALUE",
        "no-such = 1\n": f"{config}:1: no-such: no such option",
        "config = x\n": f"{config}:1: config: no such option",
        "format = json\n": f"{config}:1: format: no such option",
        "\nbest-effort = maybe\n": f"{config}:2: best-effort: yes or no",
        "store =\n": f"{config}:1: store: needs a value",
    }
    for text, message in said.items():
        config.write_text(text)
        status, out, err = migtrace("record", "--config", config)
        tap.equal(f"{text!r}: {message}", (status, out, message in err), (USAGE, "", True))
    for text, status in (("max-size = 1M\n", 0), ("max-size = 1X\n", USAGE)):
        (more / "10-x.conf").write_text(text)
        config.write_text("max-age = 2d\n")
        got, out, err = migtrace("record", "--config", config, "--check-config")
        tap.equal(f"--check-config of {text!r}", (got, out, "1X: invalid size" in err), (status, "", status == USAGE))
    tap.equal("no such file", migtrace("record", f"--config={folder}/none"),
              (USAGE, "", f"migtrace: {folder}/none: No such file or directory\n"))
    tap.true("of a command that takes none: wrong usage", migtrace("report", "--config", config, A)[0] == USAGE, "")


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        for test in (comes_out_again, anonymous, lists, reports, diffs, usual, judged, examined, histories, hostile_names, damaged, interrupted, limits, clocks, disk, very_many,
                     configured):
            tap.run(test, folder)
    tap.end()


if __name__ == "__main__":
    main()
