#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a collector, and a host of its own store, tell Prometheus: scraped by a real one, asked for by its API."""
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from fleet import HOSTS, REPLAY, Collector, Postgres, halves, report, run, ship, stores_of
from prometheus import Prometheus, free_port, promtool
from recorder import MIGTRACE
from tap import Tap
from waiting import eventually, need

KINDS = ["p2p", "direct", "postcopy", "split-brain", "source-qemu-killed", "cancelled"]
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
# What may stand in braces: no name of a guest, of a host or of a migration, but in an exemplar.
LABELS = {"outcome", "flavour", "le", "on", "field", "verdict", "kind", "reason", "result"}


def reports_of(stores):
    """The report of each migration, of its two halves."""
    paths = {letter: halves(store) for letter, store in stores.items()}
    return [json.loads(line) for both in zip(*paths.values()) for line in report(*both)]


def with_statistics(folder):
    """Stores of a p2p migration whose recordings have libvirt's numbers, as a recorder asks for them."""
    for letter, side in (("a", "source"), ("b", "destination")):
        lines = (REPLAY / f"p2p/1-{letter}.jsonl").read_text().splitlines()
        last = [json.loads(line) for line in lines if '"domain-job' in line or '"rpc-server-send"' in line][-1]
        fields = {name: int(number) for name, number in
                  re.findall(r"^(\w+): (\d+)$", (REPLAY / f"p2p/reported-{side}").read_text(), re.M)}
        lines.insert(-2, json.dumps({
            "kind": "stats", "uuid": last["uuid"], "pid": last["pid"], "end_ktime_ns": last["ktime_ns"] + 1000,
            "from": "event", "libvirt": 9000000, "type": 3, "fields": fields}, separators=(",", ":")))
        recording = folder / f"{letter}.jsonl"
        recording.write_text("\n".join(lines) + "\n")
        status, _, err = run("import", "--store", folder / letter, recording, program=MIGTRACE)
        if status:
            raise RuntimeError(err)
    return {letter: folder / letter for letter in HOSTS}


def formats(tap, collector):
    text, opened = collector.get("/metrics"), collector.get("/metrics", Accept=OPEN)
    tap.equal("promtool has nothing to say of the text", promtool("check", "metrics", stdin=text), (0, "", ""))
    tap.true("which has no exemplars", "migration_id" not in text, text)
    tap.true("OpenMetrics has, and its end", "migration_id" in opened and opened.endswith("\n# EOF\n"), opened)
    labels = {name for line in text.splitlines() if not line.startswith("#") for name in re.findall(r'(\w+)="', line)}
    tap.equal("no label names a guest or a host", labels - LABELS, set())
    tap.equal("and no value does", [line for line in text.splitlines() if any(
        name in line.partition("}")[0] for name in (*HOSTS.values(), *KINDS[3:5]))], [])
    names = re.findall(r"^# TYPE (\w+)", text, re.M)
    tap.equal("a family is there once", len(names), len(set(names)))


def buckets(reports, figure, bounds):
    """How many of each outcome and flavour are not above each bound."""
    middle = [((m["outcome"], m["flavour"]["control"] + ("_postcopy" if m["flavour"]["postcopy"] else "")),
               (m[figure]["lo_ns"] + m[figure]["hi_ns"]) / 2e9) for m in reports if "lo_ns" in m[figure]]
    return {(*series, bound): float(sum(of == series and value <= bound for of, value in middle))
            for series in {of for of, _ in middle} for bound in bounds}


def values(tap, prometheus, collector, reports):
    need("a scrape after the last one", lambda: prometheus.value("sum(migtrace_migrations_total)") == len(reports))
    tap.equal("scraped without an error, as OpenMetrics", prometheus.target()["lastError"], "")
    bounds = [1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, float("inf")]
    got = {(labels["outcome"], labels["flavour"], float(labels["le"])): number
           for labels, number in prometheus.query("migtrace_guest_downtime_seconds_bucket")}
    tap.equal("downtime by outcome and flavour, as the reports have it", got, buckets(reports, "downtime", bounds))
    known = [m["downtime"] for m in reports if "lo_ns" in m["downtime"]]
    tap.true("the width of its bounds", abs(prometheus.value("sum(migtrace_guest_downtime_bounds_seconds_sum)") - sum(
        of["hi_ns"] - of["lo_ns"] for of in known) / 1e9) < 1e-9, known)
    wanted = {"migtrace_guests_in_danger_total": sum(any(advice["urgent"] for advice in m["advice"]) for m in reports),
              "migtrace_migrations_downtime_unknown_total": len(reports) - len(known),
              "migtrace_migrations_of_one_half_total": 0,
              "sum(migtrace_migrations_with_losses_total)": 0,
              'migtrace_guests_left_total{on="both"}': 1,
              'sum(migtrace_migrations_total{outcome="failed"})': 2,
              'migtrace_migrations_total{outcome="failed",flavour="direct"}': 0,
              'migtrace_collector_messages_total{kind="half"}': 2 * len(reports),
              "migtrace_collector_store_delay_seconds_count": len(reports),
              "migtrace_collector_partitions": 64, "migtrace_database_up": 1, "migtrace_database_senders": 2,
              "migtrace_database_halves_waiting": 0, "migtrace_database_numbers_missing": 0}
    tap.equal("counters and gauges", {name: prometheus.value(name) for name in wanted}, wanted)
    tap.equal("two guests are in danger", wanted["migtrace_guests_in_danger_total"], 2)
    check_exemplars(tap, prometheus, collector)


def check_exemplars(tap, prometheus, collector):
    migrations = {migration["id"]: migration for migration in collector.migrations()}
    found = prometheus.exemplars("migtrace_guest_downtime_seconds_bucket")
    tap.equal("the exemplars are the migrations", sorted(labels["migration_id"] for _, labels, _ in found),
              sorted(id for id, migration in migrations.items() if migration["downtime_lo_ns"] is not None))
    for series, labels, value in found:
        migration = migrations[labels["migration_id"]]
        tap.true(f"{migration['name']}: its value, in a bucket of its series",
                 migration["downtime_lo_ns"] / 1e9 - 1e-9 <= value <= migration["downtime_hi_ns"] / 1e9 + 1e-9 and
                 value <= float(series["le"]) and
                 (series["outcome"], series["flavour"]) == (migration["outcome"], migration["flavour"]),
                 (series, value, migration))


def real(tap, folder):
    stores = stores_of(folder, KINDS)
    reports = reports_of(stores)
    tap.equal("of each kind a report of both halves", len(reports), len(KINDS))
    with Collector(folder / "data") as collector, \
            Prometheus(folder / "prometheus", [collector.url.partition("//")[2]]) as prometheus:
        need("a scrape before", lambda: prometheus.value("migtrace_guests_in_danger_total") == 0)
        tap.equal("shipped", [ship(collector, letter, stores[letter]) for letter in HOSTS], [(0, "", "")] * 2)
        need("all", lambda: len(collector.migrations()) == len(KINDS))
        formats(tap, collector)
        values(tap, prometheus, collector, reports)


def verdicts(tap, folder):
    stores = with_statistics(folder)
    [of] = reports_of(stores)
    with Collector(folder / "data") as collector:
        for letter in HOSTS:
            ship(collector, letter, stores[letter])
        need("it", collector.migrations)
        found = re.findall(r'^migtrace_libvirt_figures_total{field="(.*)",verdict="(.*)"} ([1-9]\d*)$',
                           collector.get("/metrics"), re.M)
        pairs = [(verdict["field"], verdict["verdict"]) for verdict in of["verdicts"]]
        tap.equal("libvirt's numbers by what is wrong with them", sorted(found),
                  sorted((*pair, str(pairs.count(pair))) for pair in set(pairs)))
        tap.true("some agree", any(verdict == "agrees" for _, verdict in pairs), pairs)


def waiting(tap, folder):
    """What has come of one host alone, and with a gap."""
    stores = stores_of(folder, KINDS)
    with Collector(folder / "data", "--expire", "1h") as collector:
        ship(collector, "a", stores["a"])
        eventually(lambda: collector.metric("migtrace_database_halves_waiting") == len(KINDS))
        tap.equal("halves that wait", collector.metric("migtrace_database_halves_waiting"), float(len(KINDS)))
        tap.equal("none is unread", [collector.metric(f"migtrace_database_{name}") for name in (
            "halves_unread", "oldest_unread_seconds")], [0.0, 0.0])
    with Collector(folder / "data", "--expire", "1ms") as collector:
        eventually(lambda: collector.metric("migtrace_migrations_of_one_half_total") == len(KINDS))
        tap.equal("halves that have waited in vain", [collector.metric(name) for name in (
            "migtrace_migrations_of_one_half_total", "migtrace_database_halves_waiting")], [float(len(KINDS)), 0.0])


def missing(tap, folder):
    """A number in the midst is lost, as by a database that was put back; it was of the version before."""
    stores = stores_of(folder, KINDS)
    with Collector(folder / "data") as collector:
        ship(collector, "a", stores["a"])
    with sqlite3.connect(folder / "data/migrations.sqlite") as database:
        database.execute("DELETE FROM half WHERE number = 2")
        database.execute("UPDATE sender SET up_to = 1")
        database.execute("DROP INDEX sender_lacks")
        database.execute("ALTER TABLE sender DROP COLUMN lacks")
        database.execute("DROP TABLE trace")
        database.execute("UPDATE schema_version SET version = 1")
    database.close()
    with Collector(folder / "data") as collector:
        tap.equal("a number that is missing", collector.metric("migtrace_database_numbers_missing"), 1.0)
        ship(collector, "a", stores["a"])
        tap.equal("is asked for", collector.metric("migtrace_database_numbers_missing"), 0.0)
    with sqlite3.connect(folder / "data/migrations.sqlite") as database:
        tap.equal("the tables are this version's", database.execute("SELECT version FROM schema_version").fetchone(), (3,))
    database.close()


def postgres(tap, folder):
    """The same of the other kind of database, until it is gone."""
    stores = stores_of(folder, KINDS)
    names = ["migtrace_database_up", "migtrace_database_senders", "migtrace_database_halves_waiting",
             "migtrace_database_numbers_missing"]
    with Postgres(folder / "postgres") as server, \
            Collector(folder / "data", "--database", server.uri) as collector:
        ship(collector, "a", stores["a"])
        eventually(lambda: collector.metric("migtrace_database_halves_waiting") == len(KINDS))
        tap.equal("PostgreSQL is asked the same", [collector.metric(name) for name in names],
                  [1.0, 1.0, float(len(KINDS)), 0.0])
        server.kill()
        tap.equal("where it does not answer, that is told, and nothing else of it",
                  [collector.metric(name) for name in names], [0.0, None, None, None])
        tap.equal("the rest is", promtool("check", "metrics", stdin=collector.get("/metrics")), (0, "", ""))


def textfile(tap, folder):
    """What a host says of its own store: read by node-exporter, scraped by Prometheus."""
    stores, port = stores_of(folder, KINDS), free_port()
    halves_of = [json.loads(line) for line in run("list", "--json", "--store", stores["a"], program=MIGTRACE)[1].splitlines()]
    done = run("list", "--metrics", "--store", stores["a"], program=MIGTRACE)
    tap.equal("promtool has nothing to say of a store's", (done[0], done[2], promtool("check", "metrics", stdin=done[1])),
              (0, "", (0, "", "")))
    tap.equal("rows or metrics, not both", run("list", "--metrics", "--json", program=MIGTRACE),
              (2, "", '{"schema":"migtrace.error/1","error":"list: --json or --metrics"}\n'))
    some = run("list", "--metrics", "--store", stores["a"], "p2p", program=MIGTRACE)[1]
    tap.true("of one domain", 'role="source",outcome="completed"} 1\n' in some and 'outcome="failed"} 0\n' in some, some)
    texts = folder / "texts"
    texts.mkdir()
    (texts / "migtrace.prom").write_text(done[1])
    exporter = subprocess.Popen(
        ["prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
         f"--collector.textfile.directory={texts}", f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
    try:
        with Prometheus(folder / "prometheus", [f"127.0.0.1:{port}"]) as prometheus:
            need("a scrape", lambda: prometheus.value("migtrace_store_bytes"))
            tap.equal("node-exporter finds nothing wrong with it", prometheus.value("node_textfile_scrape_error"), 0)
            parts = sorted(half["downtime"]["lo_ns"] for half in halves_of if half["downtime"]["lo_ns"] is not None)
            wanted = {"migtrace_store_bytes": sum(half["bytes"] for half in halves_of),
                      'migtrace_store_halves{role="source",outcome="failed"}': 2,
                      "sum(migtrace_store_halves)": len(KINDS),
                      'migtrace_store_findings{finding="MT010"}': sum(half["finding"] == "MT010" for half in halves_of),
                      "migtrace_store_downtime_part_worst_seconds": parts[-1] / 1e9,
                      "migtrace_store_downtime_part_median_seconds": parts[(len(parts) - 1) // 2] / 1e9,
                      "round(migtrace_store_last_end_timestamp_seconds * 1000)":
                      round(max(half["end_real_ns"] for half in halves_of) / 1e6)}
            tap.equal("Prometheus has what list has", {name: prometheus.value(name) for name in wanted}, wanted)
    finally:
        exporter.terminate()
        exporter.wait()


def main():
    tap = Tap()
    for test in (real, verdicts, waiting, missing, postgres, textfile):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder).chmod(0o755)  # PostgreSQL runs as another user
            tap.run(test, pathlib.Path(folder))
    tap.end()


if __name__ == "__main__":
    main()
